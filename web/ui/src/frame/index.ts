export { type Crumb, Page } from './Page';
export { TimeControl } from './TimeControl';
export { bounds, rangeMs, ranges, type TimeRange, timeSearch, useTimeRange } from './time';
export { openPalette } from './finder';
export * as read from './search';
