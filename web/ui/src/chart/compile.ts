// From our spec to ECharts options. Thin axes, few ticks, labels at the lines' ends before legends, no animation.
import type { Format } from '../i18n';
import type { ChartProps } from './Chart';
import type { EChartsCoreOption } from './echarts';
import { marksOf } from './marks';
import { type Plot, plotOf, type Point, type Series, totalOf } from './series';
import { type Colours, cut, widthOf } from './theme';
import { ticksOf } from './ticks';
import type { Tip } from './tip';
import { inUnit, onAxis } from './unit';

export interface Ink { f: Format; c: Colours; font: string; tip: Tip; words: { now: string; then: string }; width: number; height: number }
type Option = Record<string, unknown>;

const endWidth = 132; // px for a name at a line's end
export const barRow = 17; // px of a horizontal bar, at least
const flatMax = 30; // and at most

// endsOf says whether a chart names its lines where they end; otherwise keys do.
export function endsOf(p: Pick<ChartProps, 'spec' | 'data'>, plot: Plot): boolean {
  return p.spec.mark === 'line' && plot.kind !== 'text' && (plot.series.length > 1 || p.data.compare !== undefined);
}

// lying says whether bars lie: names that are long or many cannot stand below them.
export function lying(p: Pick<ChartProps, 'spec'>, plot: Plot): boolean {
  if (plot.kind !== 'text' || p.spec.mark !== 'bar') return false;
  const names = categories(plot);
  return names.length > 8 || names.some(n => n.length > 9);
}

export function categories(plot: Plot): string[] {
  return [...new Set(plot.series.flatMap(s => s.points.map(p => String(p[0]))))];
}

export function compile(p: ChartProps, plot: Plot, ink: Ink): EChartsCoreOption {
  const { c, font } = ink;
  const stacked = p.spec.stack === true && p.spec.mark !== 'line';
  const ends = endsOf(p, plot), flat = lying(p, plot);
  // ECharts stacks from the bottom: the last of the order is the lowest, so that what is bad stands on the axis.
  const drawn = stacked && !flat ? [...plot.series].reverse() : plot.series;
  const endNames = plot.series.length === 1 ? [ink.words.now, ink.words.then] : plot.series.filter(s => s.tone !== 'ink-3').map(s => s.name);
  const right = ends ? 10 + Math.min(endWidth, Math.max(0, ...endNames.map(n => widthOf(n, font)))) : 10;
  const series: Option[] = [];
  if (p.data.usual && plot.kind === 'time') series.push(...bandSeries(p, c));
  series.push(...compareSeries(p, plot, ink, stacked, ends));
  for (const s of drawn) series.push(seriesOf(s, p, plot, ink, { stacked, ends, flat }));
  if (plot.kind !== 'text') series.push(...marksOf(p, ink, right));
  const text = { fontFamily: font, fontSize: 12, color: c['ink-3'] };
  const value = valueAxis(p, plot, ink, text);
  return {
    animation: false,
    textStyle: { fontFamily: font },
    grid: { left: 2, right: flat ? flatRight(p, plot, ink) : right, top: p.annotations?.length && plot.kind === 'time' ? 22 : 10, bottom: flat ? Math.max(2, ink.height - 12 - categories(plot).length * flatMax) : 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    ...(flat
      ? { xAxis: { ...value, show: false }, yAxis: { type: 'category', inverse: true, data: categories(plot), axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...text, color: c['ink-2'], interval: 0, formatter: (s: string) => cut(s, Math.min(240, ink.width * 0.45), font) } } }
      : { xAxis: { ...lowAxis(p, plot, ink, text, right), axisLine: { show: false }, axisTick: { show: false }, axisPointer: { label: { show: false }, lineStyle: { color: c['line-3'], type: 'solid', width: 1 } } }, yAxis: value }),
    tooltip: { trigger: 'axis', confine: true, transitionDuration: 0, enterable: false, backgroundColor: 'transparent', borderWidth: 0, padding: 0, extraCssText: 'box-shadow:none', axisPointer: { type: p.spec.mark === 'bar' && plot.kind === 'text' ? 'shadow' : 'line', shadowStyle: { color: c.band } }, formatter: tipOf(p, plot, ink) },
    series,
  };
}

// flatRight is room for the number behind the longest bar.
function flatRight(p: ChartProps, plot: Plot, { f, font }: Ink): number {
  return p.spec.stack ? 10 : 14 + Math.max(0, ...plot.series.flatMap(s => s.points.map(q => (q[1] === null ? 0 : widthOf(inUnit(f, p.spec.unit, q[1], p.spec.decimals), font)))));
}

function lowAxis(p: ChartProps, plot: Plot, { f, font, width }: Ink, text: Option, right: number): Option {
  if (plot.kind === 'text') return { type: 'category', data: categories(plot), axisLabel: { ...text, hideOverlap: true, formatter: (s: string) => cut(s, Math.max(40, (width - 60) / Math.max(1, categories(plot).length)), font) } };
  const base = { splitLine: { show: false }, axisLabel: { ...text, hideOverlap: true } };
  if (plot.kind === 'number') return { ...base, type: 'value', scale: true, ...(plot.bin ? edges(plot, plot.bin) : {}), splitNumber: Math.max(2, Math.floor(width / 90)), axisLabel: { ...base.axisLabel, formatter: (n: number) => f.compact(n) } };
  const all = plot.series.flatMap(s => [Number(s.points[0]?.[0]), Number(s.points.at(-1)?.[0])]).filter(Number.isFinite);
  const from = p.from ?? Math.min(...all), to = p.to ?? Math.max(...all);
  const ticks = ticksOf(f, from, to, Math.max(2, Math.min(12, Math.floor((width - right - 40) / 76))));
  return { ...base, type: 'time', min: from, max: to, axisTick: { show: false, customValues: ticks.at }, axisLabel: { ...base.axisLabel, customValues: ticks.at, formatter: ticks.label } };
}

function edges(plot: Plot, bin: number): Option {
  const xs = plot.series.flatMap(s => s.points.map(q => Number(q[0])));
  return xs.length ? { min: Math.min(...xs) - bin / 2, max: Math.max(...xs) + bin / 2 } : {};
}

function valueAxis(p: ChartProps, plot: Plot, { f, c, height }: Ink, text: Option): Option {
  const unit = p.spec.mark === 'histogram' ? undefined : p.spec.unit;
  const limits = (p.thresholds ?? []).map(t => t.value);
  const peak = Math.max(0, ...(p.spec.stack ? totalOf(plot.series) : plot.series.flatMap(s => s.points)).map(q => q[1] ?? 0));
  const near = limits.filter(v => v > peak && v <= peak * 2); // a limit that is not far shows, with room above it
  return {
    type: 'value', splitNumber: height > 160 ? 3 : 2, axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: c.line } },
    ...(near.length ? { max: (v: { max: number }) => roundUp(Math.max(v.max, ...near) * 1.08) } : {}),
    minInterval: integers(plot) ? 1 : 0,
    axisLabel: { ...text, formatter: (n: number) => onAxis(f, unit, n) },
  };
}

const integers = (plot: Plot) => plot.series.every(s => s.points.every(q => q[1] === null || Number.isInteger(q[1])));
function roundUp(n: number): number {
  const e = 10 ** Math.floor(Math.log10(n || 1)) / 2;
  return Math.ceil(n / e) * e;
}

function seriesOf(s: Series, p: ChartProps, plot: Plot, { f, c, font }: Ink, how: { stacked: boolean; ends: boolean; flat: boolean }): Option {
  const colour = c[s.tone];
  const base = { name: s.name, itemStyle: { color: colour }, emphasis: { disabled: true }, ...(how.stacked ? { stack: 'all' } : {}) };
  if (p.spec.mark === 'bar' || p.spec.mark === 'histogram') {
    const bars = { ...base, type: 'bar', barCategoryGap: p.spec.mark === 'histogram' ? '2%' : plot.kind === 'time' ? '12%' : '30%', z: 3 };
    if (how.flat) return { ...bars, barMaxWidth: 14, data: s.points.map(([x, v]) => [v, x]), ...(how.stacked ? {} : { label: { show: true, position: 'right', distance: 6, color: c['ink-2'], fontFamily: font, fontSize: 12, formatter: (x: { value: [number | null] }) => (x.value[0] === null ? '' : inUnit(f, p.spec.unit, x.value[0], p.spec.decimals)) } }) };
    // A bar of time covers its period: it stands in the middle of it.
    const half = plot.kind === 'time' && p.step ? p.step / 2 : 0;
    return { ...bars, barMaxWidth: plot.kind === 'text' ? 40 : 64, data: half ? s.points.map(([x, v]): Point => [Number(x) + half, v]) : s.points };
  }
  const area = p.spec.mark === 'area', line = area && how.stacked ? c.paper : colour;
  return {
    ...base, type: 'line', connectNulls: false, z: 3, ...(s.points.length > 2000 ? { sampling: 'lttb' } : {}), ...alone(s.points),
    lineStyle: { color: line, width: area && how.stacked ? 1 : s.tone === 'ink-3' ? 1 : 1.5 },
    ...(area ? { areaStyle: { color: colour, opacity: how.stacked ? 0.85 : 0.18 } } : {}),
    ...(how.ends && s.tone !== 'ink-3' ? end(p.data.compare && plot.series.length === 1 ? p.words?.now ?? s.name : s.name, colour, font) : {}),
  };
}

// alone shows points that have no neighbour to draw a line to.
function alone(points: readonly Point[]): Option {
  const lone = new Set(points.flatMap((q, i) => (q[1] !== null && (points[i - 1]?.[1] ?? null) === null && (points[i + 1]?.[1] ?? null) === null ? [i] : [])));
  return lone.size === 0 ? { data: points, showSymbol: false } : { data: points.map((value, i) => (lone.has(i) ? { value, symbol: 'circle', symbolSize: 5 } : { value, symbol: 'none' })), showSymbol: true, showAllSymbol: true };
}

const end = (name: string, colour: string, font: string): Option => ({ endLabel: { show: true, formatter: cut(name, endWidth, font), color: colour, fontFamily: font, fontSize: 12, distance: 5 }, labelLayout: { moveOverlap: 'shiftY' } });

function bandSeries(p: ChartProps, c: Colours): Option[] {
  const b = p.data.usual;
  if (!b) return [];
  const low = Array.from(b.x, (x, i) => [x, b.low[i] ?? null]);
  const wide = Array.from(b.x, (x, i) => { const l = b.low[i], h = b.high[i]; return [x, typeof l === 'number' && typeof h === 'number' ? h - l : null]; });
  const quiet = { type: 'line', symbol: 'none', silent: true, lineStyle: { width: 0 }, itemStyle: { color: c.band }, stack: 'usual', stackStrategy: 'all', emphasis: { disabled: true }, z: 1 };
  return [{ ...quiet, name: '\u200blow', data: low }, { ...quiet, name: '\u200bhigh', data: wide, areaStyle: { color: c.band } }];
}

// compareSeries is what was before: of a stack its total, of lines each of them while they are few.
function compareSeries(p: ChartProps, plot: Plot, { c, font, words }: Ink, stacked: boolean, ends: boolean): Option[] {
  if (!p.data.compare || plot.kind !== 'time') return [];
  const then = plotOf(p.spec, p.data.compare, p.step).series;
  const one = stacked || then.length === 1;
  const half = p.spec.mark === 'bar' && p.step ? p.step / 2 : 0;
  const list = stacked ? [{ name: words.then, points: totalOf(then) }] : then.slice(0, 4).map(s => ({ name: one ? words.then : `${s.name} · ${words.then}`, points: s.points }));
  return list.map(s => ({
    type: 'line', name: s.name, data: half ? s.points.map(([x, v]) => [Number(x) + half, v]) : s.points, symbol: 'none', silent: true, connectNulls: false, emphasis: { disabled: true }, z: 4,
    lineStyle: { color: c['ink-3'], width: 1.1, type: [4, 3] }, itemStyle: { color: c['ink-3'] }, ...(ends && one ? end(words.then, c['ink-3'], font) : {}),
  }));
}

function tipOf(p: ChartProps, plot: Plot, { c, tip }: Ink) {
  const half = plot.kind === 'time' && p.spec.mark === 'bar' && p.step ? p.step / 2 : 0;
  const known = new Map(plot.series.map(s => [s.name, s]));
  return (items: unknown) => {
    const list = (Array.isArray(items) ? items : [items]) as { seriesName?: string; value?: [unknown, unknown]; axisValue?: unknown; axisDim?: string }[];
    const at = list[0]?.axisValue;
    const vertical = list[0]?.axisDim === 'y';
    return tip(half ? Number(at) - half : at, list.filter(i => i.seriesName !== undefined && !i.seriesName.startsWith('\u200b')).map(i => {
      const v = i.value?.[vertical ? 0 : 1];
      return { name: i.seriesName ?? '', colour: c[known.get(i.seriesName ?? '')?.tone ?? 'ink-3'], value: typeof v === 'number' ? v : null, then: !known.has(i.seriesName ?? '') };
    }));
  };
}
