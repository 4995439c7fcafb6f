// What the pages of streams ask of the server. Live: topic "streams" sends what GET /api/streams answers; the frame puts it into ['streams'].
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { type Schemas, useStreams } from '../../api';
import { useLiveEvent } from '../../live';
import { at, get, send } from '../shared/http';

// Stream is what the list gives: web.StreamStatus and what the window wants beside it.
export type Stream = Schemas['StreamStatus'] & {
  reads?: readonly string[]; // topics, views and seeds
  watermark_delay_ms?: number; // now − watermark
  delay_ms?: number; // how far it is kept behind by its definition
  checkpoint?: string; // when state was last made durable
};

// wrong is why a stream does not go on. While it is rebuilt its error says how far that is.
export const wrong = (s: Stream) => (s.state === 'rebuilding' ? undefined : s.error);

export interface StreamDetail extends Stream {
  sql?: string; // absent while its file cannot be read
}
export type Operator = Schemas['StreamOperator']; // in the order of the plan's lines that are operators: map, over, aggregate

export type SideRow = Schemas['SideRow'];
export type SideRows = Schemas['SideRows']; // the newest 100

export const useStreamList = () => useStreams() as UseQueryResult<readonly Stream[]>;

const key = (name: string) => ['stream', name] as const;

export function useStream(name: string) {
  const client = useQueryClient();
  useLiveEvent<readonly Stream[]>('streams', data => {
    const mine = Array.isArray(data) ? data.find(s => s.name === name) : undefined;
    if (mine) client.setQueryData<StreamDetail>(key(name), old => (old ? { ...mine, ...(old.sql === undefined ? {} : { sql: old.sql }) } as StreamDetail : old));
  });
  return useQuery({ queryKey: key(name), queryFn: ({ signal }) => get<StreamDetail>(at(['streams', name]), signal), refetchInterval: 5000, placeholderData: undefined });
}

export const useExplain = (name: string) => useQuery({ queryKey: ['stream-explain', name], staleTime: 60_000, placeholderData: undefined, queryFn: ({ signal }) => get<{ name: string; plan: string }>(at(['streams', name, 'explain']), signal) });
export const useSideRows = (name: string, side: 'late' | 'rejected') => useQuery({ queryKey: ['stream-rows', name, side], placeholderData: undefined, queryFn: ({ signal }) => get<SideRows>(at(['streams', name, 'rows'], { side, limit: 100 }), signal), refetchInterval: 5000 });

export const pauseStream = (name: string) => send('POST', at(['streams', name, 'pause']));
export const resumeStream = (name: string) => send('POST', at(['streams', name, 'resume']));
// resetStream throws the state away and builds it anew from the topics. fromRetained: also when they no longer hold the beginning.
export const resetStream = (name: string, fromRetained: boolean) => send('POST', at(['streams', name, 'reset']), fromRetained ? { from_retained: true } : {});
// replayStream builds the view anew beside the old one, which stays readable and whose rows are written to a file, then switches.
export const replayStream = (name: string) => send('POST', at(['streams', name, 'reset']), { keep: true });

export function useStreamsChanged(name: string) {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: ['streams'] }), client.invalidateQueries({ queryKey: key(name) })]);
}
