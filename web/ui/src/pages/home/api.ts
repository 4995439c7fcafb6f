// What Home asks of the server: GET /api/home, live topic home (the same, whole).
import { useQuery } from '@tanstack/react-query';
import { api, call, type Schemas } from '../../api/client';
import type { Text } from '../../i18n';
import { useLiveQuery } from '../../live';
import type { Slot } from '../../ui';
import { at, get, send } from '../shared/http';

export type FlowKind = 'source' | 'topic' | 'stream' | 'view' | 'dashboard';
export type FlowState = 'ok' | 'waiting' | 'paused' | 'warn' | 'error' | 'unknown';

export interface FlowNode {
  id: string; // unique: "topic:api_log"
  kind: FlowKind;
  name: string;
  title?: Text; // of a dashboard
  state: FlowState;
  why?: string; // the last error, or what it waits for
  rate?: number; // rows a second that come in
  rate_out?: number; // rows a second that a stream gives
  bytes_rate?: number;
  rows?: number; // of a view
  bytes?: number;
  viewers?: number; // of a dashboard: browsers that show it now
  opens?: number; // of a dashboard, today
  lag?: number; // what is not read yet
  lag_unit?: 'records' | 'bytes';
  age_ms?: number; // how old the newest row is
  late?: boolean; // older than it may be
  root?: boolean; // what lies after it is late because of this one
}

export interface FlowEdge {
  from: string;
  to: string;
  rate: number; // rows a second
  late?: boolean; // "to" is behind with reading "from": drawn as a break
}

export interface Attention {
  id: string;
  level: 'error' | 'warn';
  code: 'stream_failed' | 'stream_paused' | 'stream_behind' | 'rows_rejected' | 'rows_late' | 'source_behind' | 'topic_silent' | 'group_behind' | 'disk_low' | 'memory_low' | 'restarts' | 'streams_away' | 'file_problem';
  kind?: 'topic' | 'stream' | 'group' | 'source' | 'view' | 'dashboard' | 'file';
  name?: string;
  since?: string;
  n?: number; // what the code counts: rows, records, restarts, free bytes
  unit?: 'records' | 'bytes';
  age_ms?: number;
  text?: string; // the cause, as the server's log has it; the title too when code is one that the page has no words for
}

export interface Room { used: number; others: number; total: number } // bytes, or CPUs; used: by maru, others: by all else
export interface Headroom { disk?: Room & { days_left?: number }; memory?: Room; cpu?: Room }

export interface Service {
  name: string;
  kind: 'collector' | 'topic' | 'stream' | 'part';
  state: string; // running, rebuilding, waiting, paused, failed
  slots: readonly Slot[]; // the last 24 hours in 48 half hours, oldest first
  rate: readonly (number | null)[]; // rows a second over the same time, at most 96 values; null: no sample
  now?: number; // rows a second
  late?: number; // rows in 24 hours
  lag?: number;
  lag_unit?: 'records' | 'bytes';
  restarts: number; // in 24 hours
}

export interface Home {
  at: string; // when it was measured
  project: string;
  nodes: readonly FlowNode[];
  edges: readonly FlowEdge[];
  attention: readonly Attention[];
  headroom: Headroom;
  services: readonly Service[];
}

const key = ['home'] as const;

export function useHome() {
  useLiveQuery<Home>('home', key);
  return useQuery({ queryKey: key, queryFn: ({ signal }) => get<Home>(at(['home']), signal) });
}

// resumeStream is the action for a paused stream.
export const resumeStream = (name: string) => send('POST', at(['streams', name, 'resume']));

export type SampleStarted = Schemas['SampleStarted'];
// startSample fills an empty project with sample data that goes on.
export const startSample = () => call(api.POST('/api/sample'));
