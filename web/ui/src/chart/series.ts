// What a spec and its data come to: series with points, before anything is drawn. Pure, so that the picture, the summary and the table agree.
import type { Tone } from '../ui';
import { type ChartSpec, columnOf, type Columns } from './spec';

export interface Series { name: string; tone: Tone; points: [number | string, number | null][] }
export interface Plot { kind: 'time' | 'number' | 'text'; series: Series[] }

const palette: readonly Tone[] = ['c1', 'c6', 'c2', 'c3', 'c4', 'c5', 'c7', 'c8'];
const errorNames = /^(5xx|errors?|failed)$/i;

export function plotOf(spec: ChartSpec, data: Columns): Plot {
  const x = columnOf(data, spec.x) ?? data.columns[0];
  const ys = (spec.y ?? data.columns.filter(c => c.type === 'number' && c.name !== x?.name).map(c => c.name)).map(n => columnOf(data, n)).filter(c => c !== undefined);
  const by = columnOf(data, spec.series);
  const kind = x?.type === 'time' ? 'time' : x?.type === 'number' && spec.mark !== 'bar' ? 'number' : 'text';
  const found = new Map<string, [number | string, number | null][]>();
  for (let i = 0; i < data.rows; i++) {
    const at = x?.values[i];
    if (at === null || at === undefined) continue;
    const where = kind === 'text' ? String(at) : Number(at);
    for (const y of ys) {
      const name = by ? String(by.values[i] ?? '') + (ys.length > 1 ? ` ${y.name}` : '') : y.name;
      const v = y.values[i];
      let points = found.get(name);
      if (!points) found.set(name, (points = []));
      points.push([where, v === null || v === undefined ? null : Number(v)]);
    }
  }
  const names = ordered([...found.keys()], spec.order);
  const series = names.map((name, i): Series => ({ name, tone: spec.colors?.[name] ?? (errorNames.test(name) ? 'error' : (palette[i % palette.length] ?? 'c1')), points: found.get(name) ?? [] }));
  if (kind !== 'text') for (const s of series) s.points.sort((a, b) => Number(a[0]) - Number(b[0]));
  return { kind, series };
}

function ordered(names: string[], order: readonly string[] | undefined): string[] {
  const place = (n: string) => { const i = order?.indexOf(n) ?? -1; return i < 0 ? 1e6 : i; };
  return names.map((n, i) => [n, i] as const).sort((a, b) => place(a[0]) - place(b[0]) || a[1] - b[1]).map(([n]) => n);
}
