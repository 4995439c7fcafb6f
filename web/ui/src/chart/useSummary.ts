import { textOf, useFormat } from '../i18n';
import type { Plot } from './series';
import type { ChartSpec } from './spec';
import { measureIn } from './unit';
import { useChartWords } from './words';

const toldMax = 6; // series that a summary names

// useSummary is a chart in one sentence or two, for those who hear it.
export function useSummary(title: string, spec: ChartSpec, plot: Plot): string {
  const f = useFormat();
  const w = useChartWords();
  const num = (n: number) => textOf(measureIn(f, spec.unit, n));
  const told = plot.series.slice(0, toldMax).flatMap(s => {
    const v = s.points.map(p => p[1]).filter((n): n is number => n !== null);
    const last = v.at(-1);
    return last === undefined ? [] : [w.seriesIs(s.name, num(v.reduce((a, b) => Math.min(a, b))), num(v.reduce((a, b) => Math.max(a, b))), num(last))];
  });
  if (plot.series.length > toldMax) told.push(w.andMore(f.int(plot.series.length - toldMax)));
  return w.summary(w[spec.mark], title, told.join('; ') || w.nothing);
}
