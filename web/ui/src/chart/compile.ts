// From our spec to ECharts options. Thin axes, few ticks, labels at the lines' ends before legends, no animation.
import { type Format, textIn } from '../i18n';
import type { ChartProps } from './Chart';
import type { EChartsCoreOption } from './echarts';
import { type Plot, plotOf, type Series } from './series';
import type { Colours } from './theme';
import { inUnit, onAxis } from './unit';

interface Ink { f: Format; c: Colours; font: string; tip: (at: unknown, items: readonly { name: string; colour: string; value: number | null }[]) => HTMLElement | string }

export function compile(p: ChartProps, plot: Plot, ink: Ink): EChartsCoreOption {
  const { spec, data } = p;
  const { f, c, font } = ink;
  const lines = spec.mark === 'line';
  const ends = lines && plot.series.length > 1 && plot.series.length <= 8;
  const stacked = spec.stack === true && !lines;
  // ECharts stacks from the bottom: the last of the order is the lowest, so that what is bad stands on the axis.
  const drawn = stacked ? [...plot.series].reverse() : plot.series;
  const text = { fontFamily: font, fontSize: 12, color: c['ink-3'] };
  const longest = Math.max(0, ...plot.series.map(s => s.name.length));
  const series: Record<string, unknown>[] = [];
  if (data.usual && spec.mark !== 'bar') series.push(...bandSeries(data.usual, c));
  if (data.compare) for (const s of plotOf(spec, data.compare).series.slice(0, 4)) series.push({ type: 'line', name: `${s.name} ◂`, data: s.points, showSymbol: false, silent: true, lineStyle: { color: c['ink-3'], width: 1.1, type: [4, 3] }, itemStyle: { color: c['ink-3'] }, z: 2 });
  for (const s of drawn) series.push(seriesOf(s, p, ink, stacked, ends));
  const first = series.at(-1);
  if (first) Object.assign(first, marksOf(p, ink));
  const x = plot.kind === 'text'
    ? { type: 'category', axisTick: { show: false }, axisLabel: { ...text, hideOverlap: true, interval: (plot.series[0]?.points.length ?? 0) <= 12 ? 0 : 'auto', formatter: (s: string) => (s.length > 20 ? `${s.slice(0, 19)}…` : s) } }
    : { type: plot.kind === 'time' ? 'time' : 'value', min: p.from, max: p.to, splitNumber: 6, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { ...text, hideOverlap: true, ...(plot.kind === 'time' ? { formatter: timeLabel(f, p.from, p.to, plot) } : {}) } };
  return {
    animation: false,
    textStyle: { fontFamily: font },
    grid: { left: 2, right: ends ? Math.min(120, 14 + longest * 7) : 10, top: p.annotations?.length ? 20 : 10, bottom: 2, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: { ...x, axisLine: { show: false }, axisPointer: { label: { show: false }, lineStyle: { color: c['line-2'], type: 'solid' } } },
    yAxis: { type: 'value', splitNumber: 2, axisLine: { show: false }, axisTick: { show: false }, splitLine: { lineStyle: { color: c.line } }, axisLabel: { ...text, formatter: (n: number) => onAxis(f, spec.unit, n) } },
    tooltip: { trigger: 'axis', confine: true, transitionDuration: 0, backgroundColor: 'transparent', borderWidth: 0, padding: 0, extraCssText: 'box-shadow:none', axisPointer: { type: spec.mark === 'bar' && plot.kind === 'text' ? 'shadow' : 'line' }, formatter: tipOf(plot, ink) },
    series,
    ...(p.onZoom && plot.kind === 'time' ? { brush: { xAxisIndex: 0, brushType: 'lineX', brushMode: 'single', toolbox: [], transformable: false, throttleType: 'debounce', outOfBrush: { colorAlpha: 1 }, brushStyle: { color: c.band, borderColor: c.accent, borderWidth: 1 } } } : {}),
  };
}

function seriesOf(s: Series, p: ChartProps, { c }: Ink, stacked: boolean, ends: boolean): Record<string, unknown> {
  const colour = c[s.tone];
  const base = { name: s.name, data: s.points, itemStyle: { color: colour }, emphasis: { disabled: true }, ...(stacked ? { stack: 'all' } : {}) };
  if (p.spec.mark === 'bar' || p.spec.mark === 'histogram') return { ...base, type: 'bar', barMaxWidth: 28, barCategoryGap: p.spec.mark === 'histogram' ? '2%' : '30%' };
  const area = p.spec.mark === 'area';
  return {
    ...base, type: 'line', showSymbol: s.points.length === 1, symbolSize: 4, connectNulls: false, z: 3, sampling: 'lttb',
    lineStyle: { color: area && stacked ? c.paper : colour, width: area && stacked ? 1 : 1.5 },
    ...(area ? { areaStyle: { color: colour, opacity: stacked ? 0.85 : 0.25 } } : {}),
    ...(ends ? { endLabel: { show: true, formatter: s.name, color: colour, fontSize: 12, distance: 5 }, labelLayout: { moveOverlap: 'shiftY' } } : {}),
  };
}

function bandSeries(b: NonNullable<ChartProps['data']['usual']>, c: Colours): Record<string, unknown>[] {
  const low = Array.from(b.x, (x, i) => [x, b.low[i] ?? null]);
  const wide = Array.from(b.x, (x, i) => [x, (b.high[i] ?? 0) - (b.low[i] ?? 0)]);
  const quiet = { type: 'line', showSymbol: false, silent: true, lineStyle: { width: 0 }, stack: 'usual', stackStrategy: 'all', z: 1, tooltip: { show: false } };
  return [{ ...quiet, name: '​low', data: low }, { ...quiet, name: '​high', data: wide, areaStyle: { color: c.band } }];
}

function marksOf(p: ChartProps, { f, c }: Ink): Record<string, unknown> {
  const flags = (p.annotations ?? []).map(a => ({ xAxis: Date.parse(a.at), lineStyle: { color: c['ink-2'], type: [2, 3], width: 1 }, label: { show: true, position: 'end', formatter: `⚑ ${a.text}`, color: c['ink-2'], fontSize: 12, align: 'left', distance: 2 } }));
  const limits = (p.thresholds ?? []).map(t => ({ yAxis: t.value, lineStyle: { color: c[t.level], type: 'solid', width: 1 }, label: { show: true, position: 'insideEndTop', formatter: textIn(f.lang, t.label) || inUnit(f, p.spec.unit, t.value), color: c[t.level], fontSize: 12 } }));
  return {
    ...(flags.length + limits.length > 0 ? { markLine: { silent: true, symbol: 'none', animation: false, data: [...flags, ...limits] } } : {}),
    ...(p.partialFrom !== undefined ? { markArea: { silent: true, itemStyle: { color: c.paper, opacity: 0.55, decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 3], rotation: Math.PI / 4, color: c.line } }, data: [[{ xAxis: p.partialFrom }, { xAxis: p.to ?? 'max' }]] } } : {}),
  };
}

function timeLabel(f: Format, from: number | undefined, to: number | undefined, plot: Plot) {
  const all = plot.series.flatMap(s => [Number(s.points[0]?.[0]), Number(s.points.at(-1)?.[0])]).filter(Number.isFinite);
  const span = (to ?? Math.max(...all)) - (from ?? Math.min(...all));
  return (t: number) => (span > 2 * 86_400_000 ? f.date(t) : span < 10 * 60_000 ? f.time(t) : f.hm(t));
}

function tipOf(plot: Plot, { c, tip }: Ink) {
  return (items: unknown) => {
    const list = (Array.isArray(items) ? items : [items]) as { seriesName?: string; value?: [unknown, number | null]; axisValue?: unknown }[];
    const known = new Map(plot.series.map(s => [s.name, s]));
    return tip(list[0]?.axisValue, list.filter(i => !i.seriesName?.startsWith('​')).map(i => ({ name: i.seriesName ?? '', colour: c[known.get(i.seriesName ?? '')?.tone ?? 'ink-3'], value: i.value?.[1] ?? null })));
  };
}
