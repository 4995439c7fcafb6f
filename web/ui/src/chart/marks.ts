// What stands on a chart besides its data: limits, notes as flags, the part that is not finished.
import { textIn } from '../i18n';
import type { ChartProps } from './Chart';
import type { Ink } from './compile';
import { cut, flag, hatch } from './theme';
import { inUnit } from './unit';

const axisWidth = 44; // about what the numbers at the left take

export function marksOf(p: ChartProps, { f, c, font, width }: Ink, right: number): Record<string, unknown>[] {
  const from = p.from ?? 0, to = p.to ?? from;
  // A line has its point where a period begins: the way to it is not finished either.
  const partial = p.partialFrom === undefined ? undefined : p.spec.mark === 'bar' ? p.partialFrom : p.partialFrom - (p.step ?? 0);
  const notes = [...(p.annotations ?? [])].map(a => ({ ...a, ms: Date.parse(a.at), end: a.to ? Date.parse(a.to) : undefined })).filter(a => Number.isFinite(a.ms) && (p.from === undefined || (a.ms >= from && a.ms <= to))).sort((a, b) => a.ms - b.ms);
  const px = (ms: number) => ((ms - from) / Math.max(1, to - from)) * (width - axisWidth - right);
  const flags = notes.map((a, i) => {
    const next = notes[i + 1];
    const room = (next ? px(next.ms) : px(to) + right - 8) - px(a.ms) - 16;
    const before = notes[i - 1], roomLeft = px(a.ms) - (before ? px(before.ms) + 90 : -axisWidth) - 16;
    const left = room <= 44 && roomLeft > 60, words = cut(a.text.replace(/[{}|\n]/g, ' '), left ? roomLeft : room, font);
    return { name: a.id ?? '', xAxis: a.ms, symbol: 'none', lineStyle: { color: c['ink-3'], type: [2, 3], width: 1 }, label: { show: true, position: 'end', formatter: left ? `${words} {flag|}` : `{flag|}${room > 44 ? ` ${words}` : ''}`, rich: { flag: { width: 9, height: 9, backgroundColor: { image: flag(c['ink-2']) } } }, color: c['ink-2'], fontFamily: font, fontSize: 12, align: left ? 'right' : 'left', verticalAlign: 'bottom', distance: [0, 4] } };
  });
  const limits = p.spec.mark === 'histogram' ? [] : (p.thresholds ?? []).map(t => ({ yAxis: t.value, symbol: 'none', lineStyle: { color: c[t.level], type: 'solid', width: 1, opacity: 0.75 }, label: { show: true, position: 'insideStartTop', formatter: textIn(f.lang, t.label) || inUnit(f, p.spec.unit, t.value, p.spec.decimals), color: c[t.level], fontFamily: font, fontSize: 12, distance: 2 } }));
  const lasting = notes.flatMap(a => (a.end !== undefined && a.end > a.ms ? [[{ xAxis: a.ms }, { xAxis: Math.min(a.end, to) }]] : []));
  const stripes = p.spec.mark === 'line' ? { color: { image: hatch(c['line-2']), repeat: 'repeat' }, opacity: 0.5 } : { color: { image: hatch(c.paper), repeat: 'repeat' }, opacity: 0.75 };
  const growing = partial !== undefined && p.partialTo !== undefined && p.partialTo > partial ? [[{ xAxis: Math.max(partial, from) }, { xAxis: Math.min(p.partialTo, to) }]] : [];
  const quiet = { silent: true, animation: false, emphasis: { disabled: true } };
  return [
    { type: 'line', name: '\u200bmarks', data: [], markLine: { silent: flags.length === 0, animation: false, symbol: 'none', emphasis: { disabled: true }, data: [...flags, ...limits] }, markArea: { ...quiet, z: 0, itemStyle: { color: c.line, opacity: 0.5 }, data: lasting } },
    { type: 'line', name: '\u200bpartial', data: [], silent: true, markArea: { ...quiet, z: 5, itemStyle: stripes, data: growing } },
  ];
}
