// What stands on a chart besides its data: limits, notes as flags, the part that is not finished.
import { textIn } from '../i18n';
import type { ChartProps } from './Chart';
import type { Ink } from './compile';
import { cut, hatch } from './theme';
import { inUnit } from './unit';

const flag = 'path://M0 0h9l-2.500 4 2.500 4h-9z';
const axisWidth = 44; // about what the numbers at the left take

export function marksOf(p: ChartProps, { f, c, font, width }: Ink, right: number): Record<string, unknown> {
  const from = p.from ?? 0, to = p.to ?? from;
  const notes = [...(p.annotations ?? [])].map(a => ({ ...a, ms: Date.parse(a.at), end: a.to ? Date.parse(a.to) : undefined })).filter(a => Number.isFinite(a.ms) && (p.from === undefined || (a.ms >= from && a.ms <= to))).sort((a, b) => a.ms - b.ms);
  const px = (ms: number) => ((ms - from) / Math.max(1, to - from)) * (width - axisWidth - right);
  const flags = notes.map((a, i) => {
    const next = notes[i + 1];
    const room = (next ? px(next.ms) : px(to) + right - 8) - px(a.ms) - 16;
    return { name: a.id ?? '', xAxis: a.ms, symbol: ['none', flag], symbolSize: [0, 9], symbolRotate: 0, symbolOffset: [[0, 0], [4.5, 4.5]], itemStyle: { color: c['ink-2'] }, lineStyle: { color: c['ink-3'], type: [2, 3], width: 1 }, label: { show: room > 24, position: 'end', formatter: cut(a.text.replaceAll('\n', ' '), room, font), color: c['ink-2'], fontFamily: font, fontSize: 12, align: 'left', verticalAlign: 'top', distance: [-12, -3] } };
  });
  const limits = p.spec.mark === 'histogram' ? [] : (p.thresholds ?? []).map(t => ({ yAxis: t.value, symbol: 'none', lineStyle: { color: c[t.level], type: 'solid', width: 1, opacity: 0.75 }, label: { show: true, position: 'insideStartTop', formatter: textIn(f.lang, t.label) || inUnit(f, p.spec.unit, t.value, p.spec.decimals), color: c[t.level], fontFamily: font, fontSize: 12, distance: 2 } }));
  const areas = [
    ...notes.flatMap(a => (a.end !== undefined && a.end > a.ms ? [[{ xAxis: a.ms, itemStyle: { color: c.line, opacity: 0.4 } }, { xAxis: Math.min(a.end, to) }]] : [])),
    ...(p.partialFrom !== undefined && p.partialTo !== undefined && p.partialTo > p.partialFrom ? [[{ xAxis: Math.max(p.partialFrom, from), itemStyle: { color: { image: hatch(c.paper), repeat: 'repeat' }, opacity: 0.75 } }, { xAxis: Math.min(p.partialTo, to) }]] : []),
  ];
  return {
    type: 'line', name: '\u200bmarks', data: [], silent: false, z: 6,
    markLine: { silent: limits.length + flags.length === 0, animation: false, symbol: 'none', emphasis: { disabled: true }, data: [...flags, ...limits] },
    markArea: { silent: true, animation: false, emphasis: { disabled: true }, data: areas },
  };
}
