// The time range of a page: in the URL as ?range=6h, or ?from=…&to=… (ISO, UTC).
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { serverNow } from '../api';
import { type Raw, text } from './search';

export interface TimeSearch { range?: string | undefined; from?: string | undefined; to?: string | undefined }

export const ranges = ['15m', '1h', '6h', '24h', '7d', '30d'] as const;

const sizes: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

// rangeMs reads "6h"; undefined when it is no range.
export function rangeMs(range: string | undefined): number | undefined {
  const m = /^(\d{1,5})([smhdw])$/.exec(range ?? '');
  const size = m?.[2] ? sizes[m[2]] : undefined;
  return m && size ? Number(m[1]) * size : undefined;
}

export function timeSearch(raw: Raw): TimeSearch {
  const range = text(raw['range']), from = iso(raw['from']), to = iso(raw['to']);
  const none = { range: undefined, from: undefined, to: undefined }; // said, so that what was not understood does not stay
  if (from && to && from < to) return { ...none, from, to };
  return rangeMs(range) ? { ...none, range } : none;
}

function iso(v: unknown): string | undefined {
  const t = typeof v === 'string' ? Date.parse(v) : NaN;
  return Number.isNaN(t) ? undefined : new Date(t).toISOString();
}

export type TimeRange = { range: string; from?: undefined; to?: undefined } | { range?: undefined; from: string; to: string };

// useTimeRange gives the range that holds and a way to change it. now() turns it into two moments.
export function useTimeRange(fallback = '6h') {
  const s = useSearch({ from: '/app' });
  const navigate = useNavigate();
  const time: TimeRange = s.from && s.to ? { from: s.from, to: s.to } : { range: s.range ?? fallback };
  const set = useCallback((t: TimeRange) => {
    void navigate({ to: '.', search: (old: Raw) => ({ ...old, range: t.range, from: t.from, to: t.to }), replace: false } as never);
  }, [navigate]);
  return { time, set };
}

// bounds are the two moments of a range, in ms.
export function bounds(t: TimeRange, now = serverNow()): { from: number; to: number } {
  return t.range !== undefined ? { from: now - (rangeMs(t.range) ?? 0), to: now } : { from: Date.parse(t.from), to: Date.parse(t.to) };
}

// wall writes a moment as "2026-11-23T10:14" of a zone, and moment reads it: what <input type="datetime-local"> speaks.
export function wall(ms: number, zone: string): string {
  return new Date(ms + offset(ms, zone)).toISOString().slice(0, 16);
}
export function moment(text: string, zone: string): number {
  const utc = Date.parse(`${text}Z`);
  const once = utc - offset(utc, zone);
  return utc - offset(once, zone); // again: across a change of summer time the first guess is off
}
function offset(ms: number, zone: string): number {
  const p = Object.fromEntries(new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(ms).map(x => [x.type, Number(x.value)]));
  return Date.UTC(p['year'] ?? 0, (p['month'] ?? 1) - 1, p['day'] ?? 1, p['hour'] ?? 0, p['minute'] ?? 0, p['second'] ?? 0) - Math.floor(ms / 1000) * 1000;
}
