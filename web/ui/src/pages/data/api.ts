// What the pages of data ask of the server. Live: topic "views/NAME" tells that a view has changed; what is shown is then asked for anew.
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useRef } from 'react';
import { type Schemas, useCatalog } from '../../api';
import { useLiveEvent } from '../../live';
import { at, get } from '../shared/http';

export type Kind = 'topic' | 'view' | 'seed';

// Entry is what GET /api/catalog gives.
export type Entry = Omit<Schemas['Table'], 'kind'> & { kind: Kind };

export interface Column { name: string; type: string }
export type UsedBy = Schemas['UsedBy'];
export interface TableDetail extends Entry {
  sql?: string; // of a view
  preview: { columns: readonly Column[]; rows: readonly (readonly unknown[])[] }; // the newest 100 rows; a value is JSON, a BIGINT that JSON cannot hold and a DECIMAL are text
  preview_error?: string; // why there are none
  used_by: readonly UsedBy[];
}

// Profile is one column as the page draws it.
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

// place is where a bin's end is on an axis: numbers, and times as ms since 1970.
const place = (text: string) => { const n = Number(text); return Number.isNaN(n) ? Date.parse(text) : n; };

function drawn(of: Schemas['TableProfile']): Profile {
  const p = of.columns[0];
  if (!p) throw new Error('a profile without its column');
  return {
    name: p.column, type: p.type, rows: p.rows, sampled: of.sampled, nulls: p.nulls, distinct: p.distinct, top: p.top.map(t => ({ value: t.value, count: t.rows })),
    histogram: p.bins.map(b => ({ from: place(b.from), to: place(b.to), count: b.rows })).filter(b => !Number.isNaN(b.from)),
    ...(p.min === undefined ? {} : { min: p.min }), ...(p.max === undefined ? {} : { max: p.max }), ...(p.mean === undefined ? {} : { mean: p.mean }),
  };
}

export const useProfile = (name: string, column: string, wanted = true) => useQuery({
  queryKey: ['profile', name, column], enabled: wanted, staleTime: 60_000, placeholderData: undefined,
  queryFn: async ({ signal }) => drawn(await get<Schemas['TableProfile']>(at(['catalog', name, 'profile'], { column }), signal)),
});
