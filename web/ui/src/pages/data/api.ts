// What the pages of data ask of the server. Live: topic "views/NAME" tells that a view has changed; what is shown is then asked for anew.
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useRef } from 'react';
import { type Schemas, useCatalog } from '../../api';
import { useLiveEvent } from '../../live';
import { at, get } from '../shared/http';

export type Kind = 'topic' | 'view' | 'seed';

// Entry is what GET /api/catalog gives: web.Table and what the window wants beside it.
export type Entry = Omit<Schemas['Table'], 'kind'> & { kind: Kind; rows?: number; bytes?: number; newest?: string; late?: boolean; file?: string };

export interface Column { name: string; type: string }
export interface UsedBy { kind: 'stream' | 'dashboard' | 'query' | 'group'; name: string; title?: string }
export interface TableDetail extends Entry {
  sql?: string; // of a view
  preview: { columns: readonly Column[]; rows: readonly (readonly unknown[])[] }; // the newest 100 rows; a value is JSON, a BIGINT that JSON cannot hold and a DECIMAL are text
  used_by: readonly UsedBy[];
}

export interface Profile {
  name: string;
  type: string;
  rows: number; // that were looked at
  sampled?: boolean; // rows are a sample of all
  nulls: number;
  distinct: number; // approximate above some thousands
  min?: string | number;
  max?: string | number;
  mean?: number;
  top: readonly { value: unknown; count: number }[]; // at most 20
  histogram?: readonly { from: number; to: number; count: number }[]; // numbers, and ms since 1970 for times; at most 48
}

export const useEntries = () => useCatalog() as UseQueryResult<readonly Entry[]>;

const refreshMs = 5000;

// useTable asks anew when the view has changed, but at most every five seconds.
export function useTable(name: string, isView: boolean) {
  const client = useQueryClient();
  const last = useRef(0);
  useLiveEvent(isView ? `views/${name}` : undefined, () => {
    if (Date.now() - last.current < refreshMs) return;
    last.current = Date.now();
    void client.invalidateQueries({ queryKey: ['table', name] });
  });
  return useQuery({ queryKey: ['table', name], queryFn: ({ signal }) => get<TableDetail>(at(['catalog', name]), signal), placeholderData: undefined });
}

export const useProfile = (name: string, column: string, wanted = true) => useQuery({
  queryKey: ['profile', name, column], enabled: wanted, staleTime: 60_000, placeholderData: undefined,
  queryFn: ({ signal }) => get<Profile>(at(['catalog', name, 'profile'], { column }), signal),
});
