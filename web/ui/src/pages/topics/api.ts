// What the pages of topics and groups ask of the server. Live: topic "topics" sends what GET /api/topics answers.
import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLiveEvent, useLiveQuery } from '../../live';
import { at, get, send } from '../shared/http';

export interface GroupLag { id: string; lag: number; state: string }
export interface Retention { ms?: number; bytes?: number } // absent: for ever, without a bound

export interface Topic {
  name: string;
  partitions: number;
  records: number;
  bytes: number;
  rate: number; // records a second
  bytes_rate: number;
  newest?: string; // append time of the newest record
  late?: boolean; // older than what usually comes
  groups: readonly GroupLag[];
  retention: Retention;
  declared?: string; // the project's file that declares it: topics/api_log.yaml
  internal?: boolean; // NAME_late, NAME_rejected, __consumer_offsets
}
export interface TopicPartition { partition: number; start: number; end: number; bytes: number; newest?: string; rate: number }
export interface UsedBy { kind: 'stream' | 'collector' | 'dashboard' | 'query' | 'group'; name: string; title?: string }
export interface TopicDetail extends Topic {
  parts: readonly TopicPartition[];
  columns: readonly { name: string; type: string }[];
  used_by: readonly UsedBy[];
}

// Payload is a key, a value or a header's value: text when it is UTF-8, base64 when it is not; absent on both: null (a tombstone).
export interface Payload { text?: string; base64?: string; bytes: number; cut?: boolean } // cut: only the beginning is here; the whole comes with the record alone
export interface TopicRecord {
  partition: number;
  offset: number;
  at: string; // append time
  key?: Payload;
  value?: Payload;
  headers: readonly { name: string; value: Payload }[];
}
export interface Messages {
  records: readonly TopicRecord[]; // newest first
  older?: string; // "at" of the next page into the past; absent: the beginning is reached
  newer: string; // "since" of an answer that has only what came later
  scanned: number; // records that were looked at for the filter
  back?: string; // all since have been looked at; absent: the beginning is reached
  unread?: number; // records that do not fit the columns: a condition is not true for them
  cut?: boolean; // the scan ended at its limit; "older" goes on
}

export interface Group { id: string; state: string; members: number; topics: readonly string[]; lag: number }
export interface GroupMember { id: string; client: string; host: string; assigned: readonly { topic: string; partitions: readonly number[] }[] }
export interface GroupOffset { topic: string; partition: number; start: number; end: number; committed?: number; committed_at?: string; lag: number; member?: string }
export interface GroupDetail extends Group { protocol?: string; members_list: readonly GroupMember[]; offsets: readonly GroupOffset[] }

export interface OffsetReset { to: 'start' | 'end' | 'time' | 'offset'; at?: string; offset?: number; topic?: string; partitions?: readonly number[]; dry_run?: boolean }
export interface OffsetChange { topic: string; partition: number; from?: number; to: number }

export interface NewTopic { name: string; partitions: number; retention: Retention }
export interface NewRecord { partition?: number; key?: string; value: string | null; headers: readonly { name: string; value: string }[] }

const listKey = ['topics'] as const;
const topicKey = (name: string) => ['topic', name] as const;
const groupKey = (id: string) => ['group', id] as const;
interface TopicList { topics: readonly Topic[] }

export function useTopics() {
  useLiveQuery<TopicList>('topics', listKey);
  return useQuery({ queryKey: listKey, queryFn: ({ signal }) => get<TopicList>(at(['topics']), signal) });
}

// useTopic keeps the numbers of the list, which come live, in the detail too.
export function useTopic(name: string) {
  const client = useQueryClient();
  useLiveEvent<TopicList>('topics', data => {
    const mine = data.topics.find(t => t.name === name);
    if (mine) client.setQueryData<TopicDetail>(topicKey(name), old => (old ? { ...old, ...mine } : old));
  });
  return useQuery({ queryKey: topicKey(name), queryFn: ({ signal }) => get<TopicDetail>(at(['topics', name]), signal), refetchInterval: 5000, placeholderData: undefined });
}

export interface MessagesAsk { partition?: number | undefined; at?: string | undefined; filter?: string | undefined; where?: string | undefined; since?: string | undefined }
const pageRows = 50, tailRows = 200;

const messages = (name: string, ask: MessagesAsk, signal: AbortSignal, limit = pageRows) => get<Messages>(at(['topics', name, 'messages'], { partition: ask.partition, at: ask.at, filter: ask.filter, where: ask.where, since: ask.since, limit }), signal);

// useMessages reads backwards from a place, page by page. With tail it asks every second for what came since.
export function useMessages(name: string, ask: MessagesAsk, tail: boolean) {
  const client = useQueryClient();
  const queryKey = ['messages', name, ask.partition, ask.at, ask.filter, ask.where, tail];
  return useInfiniteQuery({
    queryKey,
    queryFn: async ({ pageParam, signal }) => {
      const had = tail ? client.getQueryData<InfiniteData<Messages>>(queryKey)?.pages[0] : undefined;
      const got = await messages(name, { ...ask, at: pageParam, since: had?.newer }, signal);
      if (!had || got.older) return got; // more has come than is shown: the newest of it
      return { ...got, records: [...got.records, ...had.records].slice(0, tailRows), scanned: had.scanned + got.scanned, unread: (had.unread ?? 0) + (got.unread ?? 0), ...(had.back && { back: had.back }), ...(had.older && { older: had.older }) };
    },
    initialPageParam: ask.at,
    getNextPageParam: last => last.older,
    refetchInterval: q => (tail && !(ask.where && q.state.status === 'error') ? 1000 : false), // a condition that is wrong stays so
    refetchOnWindowFocus: false,
    maxPages: tail ? 1 : 0,
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
}

// oneRecord is a record whole.
export const useRecord = (name: string, partition: number, offset: number, wanted: boolean) => useQuery({
  queryKey: ['record', name, partition, offset], enabled: wanted, staleTime: Infinity, placeholderData: undefined,
  queryFn: async ({ signal }) => (await get<Messages>(at(['topics', name, 'messages'], { partition, at: String(offset), limit: 1, whole: true }), signal)).records[0],
});

export const createTopic = (t: NewTopic) => send('POST', at(['topics']), t);
export const changeTopic = (name: string, c: { partitions?: number; retention?: Retention }) => send('PATCH', at(['topics', name]), c);
export const deleteTopic = (name: string) => send('DELETE', at(['topics', name]));
export const produce = (name: string, r: NewRecord) => send<{ partition: number; offset: number }>('POST', at(['topics', name, 'messages']), r);

interface GroupList { groups: readonly Group[] }
export const useGroups = () => useQuery({ queryKey: ['groups'], queryFn: ({ signal }) => get<GroupList>(at(['groups']), signal), refetchInterval: 5000 });
export const useGroup = (id: string) => useQuery({ queryKey: groupKey(id), queryFn: ({ signal }) => get<GroupDetail>(at(['groups', id]), signal), refetchInterval: 2000, placeholderData: undefined });
export const resetOffsets = (id: string, r: OffsetReset) => send<{ changes: readonly OffsetChange[] }>('POST', at(['groups', id, 'reset']), r);

export function useTopicsChanged() {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: listKey }), client.invalidateQueries({ queryKey: ['topic'] }), client.invalidateQueries({ queryKey: ['catalog'] }), client.invalidateQueries({ queryKey: ['group'] }), client.invalidateQueries({ queryKey: ['messages'] })]);
}
