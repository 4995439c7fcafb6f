// The data of a dashboard's tiles: asked for all at once, and again for those that read what has changed.
import { keepPreviousData, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import type { ChartData, Columns } from '../../chart';
import { rangeMs, type TimeRange } from '../../frame';
import { useLiveEvent } from '../../live';
import { type Answer, type Answers, askData, type Dashboard, type Tile } from './api';
import { iso, movesOn, type Span, spanOf } from './window';

export interface TileData { answer: Answer | undefined; data: ChartData; error: unknown; loading: boolean; old: boolean } // old: of another range or filter

const restMin = 150; // ms between two questions of a lane, or twice what the last one took
const staleMs = 1000; // before the same is asked for again because somebody looks

// Lane is tiles that read the same views and are asked for together, and what is known of the last question.
interface Lane { busy: boolean; due: Set<string>; timer: ReturnType<typeof setTimeout> | undefined; began: number; took: number }

const keptMs = 60_000; // answers of ranges that nobody looks at any more

export interface Tiles { span: Span; shownSpan: Span; // asked for; of what is shown
  of: (t: Tile) => TileData; error: unknown; oldest: number | undefined; refetch: () => void; loading: boolean }

// useTiles: saved is the dashboard as the server has it, shown what is on the page – the same, or somebody's draft of it.
export function useTiles(name: string, saved: Dashboard, shown: Dashboard, time: TimeRange, filters: Record<string, string>): Tiles {
  const client = useQueryClient();
  const [tick, setTick] = useState(0);
  const timeKey = time.range ?? `${time.from}/${time.to}`;
  const span = useMemo(() => spanOf(time), [timeKey, tick]); // eslint-disable-line -- tick moves it on
  const asked = useMemo(() => ({ from: iso(span.from), to: iso(span.to), filters }), [span.from, span.to, filters]);
  const own = useMemo(() => new Map((saved.tiles ?? []).map(t => [t.id, asksOf(t, saved)])), [saved]);
  const stands = JSON.stringify([...own]);
  const key = ['dashboard-data', name, stands, asked] as const;
  const asks = (saved.tiles ?? []).some(t => t.sql);
  const all = useQuery({ queryKey: key, queryFn: ({ signal }) => askData(name, asked, signal), enabled: asks, placeholderData: keepPreviousData, staleTime: staleMs, gcTime: keptMs });

  // Tiles of a draft that ask for something else than the saved ones are asked for one by one: one that is wrong spoils no other.
  const drafts = useMemo(() => (shown === saved ? [] : (shown.tiles ?? []).filter(t => t.sql?.trim() && own.get(t.id) !== asksOf(t, shown))), [shown, saved, own]);
  const answers = useQueries({
    queries: drafts.map(t => ({
      queryKey: ['dashboard-draft', name, t.id, asksOf(t, shown), asked], retry: false, placeholderData: keepPreviousData, staleTime: Infinity, gcTime: keptMs,
      queryFn: ({ signal }: { signal: AbortSignal }) => askData(name, { ...asked, tiles: [t.id], spec: { time: shown.time, title: '-', filters: shown.filters ?? [], tiles: [plain(t)] } }, signal),
    })),
  });

  const lanes = useRef(new Map<string, Lane>());
  // ask brings some tiles anew, one question a lane at a time; what changes meanwhile is asked for in the next.
  const ask = useEffectEvent(async (s: Lane) => {
    s.timer = undefined;
    if (s.busy || document.hidden || s.due.size === 0) return;
    if (all.isFetching) { schedule(s); return; } // all of them are being asked for; what changes meanwhile comes after that
    const next = spanOf(time);
    if (next.from !== span.from || next.to !== span.to) { s.due.clear(); setTick(n => n + 1); return; } // the range has moved on: all of it
    const tiles = [...s.due];
    s.due.clear();
    s.busy = true;
    s.began = performance.now();
    try {
      const got = await askData(name, tiles.length >= own.size ? asked : { ...asked, tiles });
      client.setQueryData<Answers>(key, old => (old ? { ...old, tiles: merged(old.tiles ?? [], got.tiles ?? []) } : old));
    } catch { /* what is shown stays; its age tells */ } finally {
      s.busy = false;
      s.took = performance.now() - s.began;
      if (s.due.size > 0) schedule(s);
    }
  });
  const schedule = useEffectEvent((s: Lane) => { s.timer ??= setTimeout(() => void ask(s), Math.max(0, s.began + Math.max(restMin, 2 * s.took) - performance.now())); });
  // plan asks for tiles by the views that they read: the newest rows of one do not wait for a week's percentiles of another.
  const plan = useEffectEvent((ids: Iterable<string>) => {
    const known = new Map((client.getQueryData<Answers>(key)?.tiles ?? []).map(a => [a.id, (a.reads ?? []).join()]));
    for (const id of ids) {
      const views = known.get(id) ?? '', s = lanes.current.get(views) ?? { busy: false, due: new Set<string>(), timer: undefined, began: -restMin, took: 0 };
      lanes.current.set(views, s);
      s.due.add(id);
    }
    for (const s of lanes.current.values()) if (s.due.size > 0) schedule(s);
  });
  const moving = movesOn(time);
  const live = moving && saved.time.refresh === 'live';
  const seen = useRef<Record<string, number>>({});
  useLiveEvent<{ views?: Record<string, number> | null }>(live ? `dashboards/${name}` : undefined, e => {
    const views = e?.views ?? {};
    const changed = Object.keys(views).filter(v => v in seen.current && seen.current[v] !== views[v]);
    seen.current = { ...seen.current, ...views };
    if (changed.length === 0) return;
    const known = new Map((client.getQueryData<Answers>(key)?.tiles ?? []).map(a => [a.id, a.reads]));
    plan((saved.tiles ?? []).filter(t => t.sql && (known.get(t.id)?.some(v => changed.includes(v)) ?? changed.some(v => reads(t.sql ?? '', v)))).map(t => t.id));
  });
  const every = moving && saved.time.refresh && !live ? rangeMs(saved.time.refresh) : undefined;
  // A timer: what is refreshed by the clock, or moves on with it.
  useEffect(() => {
    const ms = every ?? (live ? span.step : undefined);
    if (ms === undefined) return undefined;
    const t = setInterval(() => plan((saved.tiles ?? []).filter(x => x.sql).map(x => x.id)), Math.max(staleMs, ms));
    return () => clearInterval(t);
  }, [every, live, span.step, saved.tiles]);
  // Hears that the page is looked at again.
  useEffect(() => {
    const f = () => { if (!document.hidden && (every !== undefined || live)) plan((saved.tiles ?? []).map(x => x.id)); };
    const asking = lanes.current;
    document.addEventListener('visibilitychange', f);
    return () => { document.removeEventListener('visibilitychange', f); for (const s of asking.values()) clearTimeout(s.timer); };
  }, [every, live, saved.tiles]);

  const byDraft = new Map(drafts.map((t, i) => [t.id, answers[i]]));
  // What was there last stays, with its own time, until there is something else: also when asking fails.
  const [kept, setKept] = useState(all.data);
  if (all.data && all.data !== kept) setKept(all.data);
  const newest = all.data ?? kept, old = all.isPlaceholderData || (all.data === undefined && kept !== undefined);
  const shownSpan = useMemo(() => (old && newest ? { from: Date.parse(newest.from), to: Date.parse(newest.to), step: newest.step_ms } : span), [old, newest, span]);
  const byTile = new Map((newest?.tiles ?? []).map(a => [a.id, a]));
  const ages = [...byTile.values()].flatMap(a => (a.data_at ? [Date.parse(a.data_at)] : []));
  const of = (t: Tile): TileData => {
    const d = byDraft.get(t.id);
    if (d) {
      const answer = d.data?.tiles?.[0];
      return { answer, data: dataOf(answer), error: d.error ?? undefined, loading: d.isFetching && !answer, old: d.isPlaceholderData };
    }
    const answer = byTile.get(t.id);
    return { answer, data: dataOf(answer), error: all.error && !answer ? all.error : undefined, loading: all.isFetching && !answer, old };
  };
  return { span, shownSpan, of, error: all.error ?? undefined, oldest: ages.length ? Math.min(...ages) : undefined, refetch: () => { setTick(n => n + 1); void all.refetch(); }, loading: all.isFetching };
}

// asksOf is all of a tile that its data depend on.
function asksOf(t: Tile, d: Dashboard): string {
  return JSON.stringify([t.sql, t.step, t.compare, t.usual ?? false, t.compare || t.usual ? [t.chart.x, t.chart.y, t.chart.series] : [], (d.filters ?? []).map(f => f.name)]);
}

// plain is a tile without what does not change its data and may be half written.
function plain(t: Tile): Tile {
  return { ...t, at: { x: 0, y: 0, w: 12, h: 8 }, thresholds: [], chart: { mark: t.chart.mark, ...(t.chart.x ? { x: t.chart.x } : {}), ...(t.chart.y?.length ? { y: t.chart.y } : {}), ...(t.chart.series ? { series: t.chart.series } : {}) } };
}

function merged(old: readonly Answer[], fresh: readonly Answer[]): Answer[] {
  const by = new Map(fresh.map(a => [a.id, a]));
  return [...old.map(a => by.get(a.id) ?? a), ...fresh.filter(a => !old.some(o => o.id === a.id))];
}

// reads says whether (where the server has not said it) SQL may read a view: its name stands there as a word.
export function reads(sql: string, view: string): boolean {
  return new RegExp(`(?<![\\w.])"?${view.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"?(?![\\w])`, 'i').test(sql);
}

const none: ChartData = { rows: 0, columns: [] };
const made = new WeakMap<Answer, ChartData>(); // the same object for the same answer: charts are drawn anew only for another one

function dataOf(a: Answer | undefined): ChartData {
  if (!a) return none;
  let d = made.get(a);
  if (!d) {
    d = { ...columnsOf(a), ...(a.compare ? { compare: columnsOf(a.compare, a.compare.shift_ms), compareMs: a.compare.shift_ms } : {}), ...(a.usual?.x?.length ? { usual: a.usual } : {}) };
    made.set(a, d);
  }
  return d;
}

function columnsOf(a: Pick<Answer, 'columns' | 'values' | 'rows'>, shift = 0): Columns {
  const columns = (a.columns ?? []).map((c, i) => {
    const values = a.values?.[i] ?? [];
    return { ...c, values: shift && c.type === 'time' ? values.map(v => (v === null ? null : Number(v) + shift)) : values };
  });
  return { rows: a.rows ?? columns[0]?.values.length ?? 0, columns };
}
