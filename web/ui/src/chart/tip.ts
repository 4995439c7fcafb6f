import { type Format, textIn } from '../i18n';
import type { ChartProps } from './Chart';
import type { Plot } from './series';
import { inUnit } from './unit';

export interface TipItem { name: string; colour: string; value: number | null; then: boolean }
export type Tip = (at: unknown, items: readonly TipItem[]) => HTMLElement | string;

const shownMax = 14; // more than that is longer than the chart is high

// tipMaker builds the tooltip of text nodes: names come from data and may hold anything.
// Charts of a group share the crosshair; only the one under the pointer shows words.
export function tipMaker(f: Format, p: ChartProps, plot: Plot, words: { usual: string; total: string; partNow: string; more: (n: string) => string }, hovered: () => boolean): Tip {
  const { spec, data } = p;
  const num = (n: number) => inUnit(f, spec.mark === 'histogram' ? undefined : spec.unit, n, spec.decimals);
  return (at, items) => {
    if (!hovered()) return '';
    const el = node('div', 'chart-tip');
    const ms = Number(at), bin = plot.bin ?? 0;
    const partial = plot.kind === 'time' && p.partialFrom !== undefined && ms >= p.partialFrom;
    el.append(node('div', 'when', plot.kind === 'time' ? f.full(ms) + (partial ? ` · ${words.partNow}` : '') : plot.kind === 'number' ? (bin ? `${f.num(ms - bin / 2)} – ${f.num(ms + bin / 2)}` : f.num(ms)) : String(at)));
    const row = (name: string, value: string, colour?: string, cls = '') => {
      const r = node('div', cls), dot = node('i', 'mark');
      if (colour) dot.style.background = colour; else dot.style.visibility = 'hidden';
      r.append(dot, node('span', 'cut', name), node('span', 'v', value));
      el.append(r);
    };
    const now = items.filter(i => !i.then), then = items.filter(i => i.then);
    // As they stand above each other: a stack's top first, lines by value.
    const list = spec.stack ? [...now].reverse() : [...now].sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
    for (const i of list.slice(0, shownMax)) row(i.name, i.value === null ? '–' : num(i.value), i.colour);
    if (list.length > shownMax) row(words.more(f.int(list.length - shownMax)), '');
    if (spec.stack && now.length > 1) row(words.total, num(now.reduce((n, i) => n + (i.value ?? 0), 0)), undefined, 'total');
    for (const i of then) row(i.name, i.value === null ? '–' : num(i.value), i.colour, 'then');
    const usual = plot.kind === 'time' ? bandAt(data.usual, ms, p.step ?? 0) : undefined;
    if (usual) row(words.usual, `${num(usual[0])}–${num(usual[1])}`, undefined, 'then');
    for (const a of plot.kind === 'time' ? (p.annotations ?? []) : []) if (Math.abs(Date.parse(a.at) - ms) <= (p.step ?? 0)) el.append(node('div', 'note', textIn(f.lang, a.text)));
    return el;
  };
}

// bandAt is the usual range at a moment.
export function bandAt(b: ChartProps['data']['usual'], ms: number, step: number): [number, number] | undefined {
  if (!b) return undefined;
  let best = -1, far = Infinity;
  for (let i = 0; i < b.x.length; i++) { const d = Math.abs((b.x[i] ?? 0) - ms); if (d < far) { far = d; best = i; } }
  const low = b.low[best], high = b.high[best];
  return typeof low === 'number' && typeof high === 'number' && far <= Math.max(step, 3_600_000) ? [low, high] : undefined;
}

function node(tag: string, cls: string, text?: string): HTMLElement {
  const e = document.createElement(tag);
  e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}
