export { type LiveState, liveState, pauseLive, reconnect } from './live';
export { useLive, useLiveEvent, useLiveQuery, useLiveState } from './useLive';
