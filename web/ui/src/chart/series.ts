// What a spec and its data come to: series with points, before anything is drawn. Pure, so that the picture, the summary and the table agree.
import type { Tone } from '../ui';
import { type ChartSpec, type Column, columnOf, type Columns } from './spec';

export type Point = [number | string, number | null];
export interface Series { name: string; tone: Tone; points: Point[] }
export interface Plot { kind: 'time' | 'number' | 'text'; series: Series[]; bin?: number } // bin: the width of a histogram's bars

const palette: readonly Tone[] = ['c1', 'c6', 'c2', 'c3', 'c4', 'c5', 'c7', 'c8'];
const errorNames = /^(5xx|errors?|failed)$/i;
const binsMax = 40;
const byName = new Intl.Collator('en', { numeric: true }); // one: localeCompare with options makes one at each comparison

// plotOf: step is the distance of two moments in ms, where it is known: what is missing between them is a gap then.
export function plotOf(spec: ChartSpec, data: Columns, step?: number): Plot {
  const x = columnOf(data, spec.x) ?? data.columns[0];
  if (spec.mark === 'histogram' && x?.type === 'number') return histogram(spec, data);
  const ys = (spec.y?.length ? spec.y : data.columns.filter(c => c.type === 'number' && c.name !== x?.name && c.name !== spec.series).map(c => c.name)).map(n => columnOf(data, n)).filter(c => c !== undefined);
  const by = columnOf(data, spec.series) ?? splitter(data, x);
  const kind = x?.type === 'time' ? 'time' : x?.type === 'number' && spec.mark !== 'bar' ? 'number' : 'text';
  const found = new Map<string, Point[]>();
  for (let i = 0; i < data.rows; i++) {
    const at = x?.values[i];
    if (at === null || at === undefined) continue;
    const where = kind === 'text' ? String(at) : Number(at);
    for (const y of ys) {
      const name = by ? String(by.values[i] ?? '–') + (ys.length > 1 ? ` ${y.name}` : '') : y.name;
      let points = found.get(name);
      if (!points) found.set(name, (points = []));
      points.push([where, numberOf(y.values[i])]);
    }
  }
  const names = ordered([...found.keys()], spec.order, by !== undefined && kind !== 'text');
  let series = toned(names.map(name => ({ name, points: found.get(name) ?? [] })), spec);
  if (kind !== 'text') for (const s of series) s.points.sort((a, b) => Number(a[0]) - Number(b[0]));
  if (spec.stack && kind !== 'text') series = aligned(series, step);
  else if (kind === 'time' && step) for (const s of series) s.points = withGaps(s.points, step);
  return { kind, series };
}

// splitter: moments that occur more than once are of several series, and what tells them apart is the text beside them.
function splitter(data: Columns, x: Column | undefined): Column | undefined {
  const text = data.columns.find(c => c.type === 'text' && c !== x);
  return text && x?.type === 'time' && new Set(Array.from(x.values)).size < data.rows ? text : undefined;
}

export function numberOf(v: unknown): number | null {
  if (v === null || v === undefined || v === '') return null;
  const n = Number(v);
  return Number.isFinite(n) ? n : null;
}

// toned gives each series its colour. There are eight that can be told apart: the smallest of more are grey.
function toned(list: { name: string; points: Point[] }[], spec: ChartSpec): Series[] {
  const own = (n: string): Tone | undefined => spec.colors?.[n] ?? (errorNames.test(n) ? 'error' : undefined);
  const free = list.filter(s => own(s.name) === undefined);
  const size = new Map(free.map(s => [s.name, s.points.reduce((n, p) => n + Math.abs(p[1] ?? 0), 0)]));
  const big = free.length <= palette.length ? undefined : new Set([...size].sort((a, b) => b[1] - a[1]).slice(0, palette.length).map(([n]) => n));
  let next = 0;
  return list.map(s => ({ ...s, tone: own(s.name) ?? (big && !big.has(s.name) ? 'ink-3' : (palette[next++] ?? 'ink-3')) }));
}

function ordered(names: string[], order: readonly string[] | undefined, sort: boolean): string[] {
  const place = (n: string) => { const i = order?.indexOf(n) ?? -1; return i < 0 ? 1e6 : i; };
  // By name where the query's order is that of time: a series keeps its colour while the range moves on.
  return names.map((n, i) => [n, i] as const).sort((a, b) => place(a[0]) - place(b[0]) || (sort ? byName.compare(a[0], b[0]) : a[1] - b[1])).map(([n]) => n);
}

// withGaps breaks a line where moments are missing.
function withGaps(points: Point[], step: number): Point[] {
  const out: Point[] = [];
  for (const p of points) {
    const last = out.at(-1);
    if (last && last[1] !== null && Number(p[0]) - Number(last[0]) > step * 1.5) out.push([Number(last[0]) + step, null]);
    out.push(p);
  }
  return out;
}

// aligned gives all series of a stack the same moments: one that has none where others have is 0 there, and where nobody has any is a gap.
function aligned(series: Series[], step: number | undefined): Series[] {
  const all = [...new Set(series.flatMap(s => s.points.map(p => Number(p[0]))))].sort((a, b) => a - b);
  const gaps = new Set<number>();
  if (step) for (let i = 1; i < all.length; i++) { const a = all[i - 1] ?? 0, b = all[i] ?? 0; if (b - a > step * 1.5) gaps.add(a + step); }
  const xs = [...all, ...gaps].sort((a, b) => a - b);
  return series.map(s => {
    const has = new Map(s.points.map(p => [Number(p[0]), p[1]]));
    return { ...s, points: xs.map((x): Point => [x, gaps.has(x) ? null : (has.get(x) ?? 0)]) };
  });
}

// histogram counts the values of x; with a y they are counted already: x is where a bar begins.
function histogram(spec: ChartSpec, data: Columns): Plot {
  const x = columnOf(data, spec.x) ?? data.columns[0];
  const y = columnOf(data, spec.y?.[0]) ?? (spec.y ? undefined : data.columns.find(c => c.type === 'number' && c !== x));
  const values = Array.from({ length: data.rows }, (_, i) => [numberOf(x?.values[i]), y ? numberOf(y.values[i]) : 1] as const).filter((v): v is [number, number] => v[0] !== null && v[1] !== null).sort((a, b) => a[0] - b[0]);
  const name = y?.name ?? x?.name ?? '';
  if (values.length === 0) return { kind: 'number', series: [] };
  let points: Point[], bin: number;
  if (y) {
    bin = Math.min(...values.slice(1).map((v, i) => v[0] - (values[i]?.[0] ?? 0)).filter(d => d > 0));
    if (!Number.isFinite(bin)) bin = 1;
    points = values.map(v => [v[0] + bin / 2, v[1]]);
  } else {
    const low = values[0]?.[0] ?? 0, high = values.at(-1)?.[0] ?? 0;
    bin = nice((high - low || 1) / Math.min(binsMax, Math.max(5, Math.ceil(Math.sqrt(values.length)))));
    const first = Math.floor(low / bin), counts = new Array<number>(Math.floor(high / bin) - first + 1).fill(0);
    for (const [v] of values) { const i = Math.floor(v / bin) - first; counts[i] = (counts[i] ?? 0) + 1; }
    points = counts.map((n, i) => [(first + i) * bin + bin / 2, n]);
  }
  return { kind: 'number', bin, series: toned([{ name, points }], spec) };
}

// nice is the next number of 1, 2, 5, 10 …
function nice(n: number): number {
  const e = 10 ** Math.floor(Math.log10(n));
  return [1, 2, 5, 10].map(m => m * e).find(v => v >= n * 0.999) ?? n;
}

// totalOf is the sum of all series at each moment: what a stack is compared with.
export function totalOf(series: readonly Series[]): Point[] {
  const sum = new Map<number | string, number>();
  for (const s of series) for (const [x, v] of s.points) if (v !== null) sum.set(x, (sum.get(x) ?? 0) + v);
  return [...sum].sort((a, b) => Number(a[0]) - Number(b[0]));
}
