import { textOf, useFormat } from '../i18n';
import type { Plot } from './series';
import type { ChartData, ChartSpec } from './spec';
import { measureIn } from './unit';
import { useChartWords } from './words';

const toldMax = 6; // series that a summary names
const day = 86_400_000;

// useSummary is a chart in one sentence or two, for those who hear it.
export function useSummary(title: string, spec: ChartSpec, plot: Plot, data: ChartData): string {
  const f = useFormat();
  const w = useChartWords();
  const num = (n: number) => textOf(measureIn(f, spec.mark === 'histogram' ? undefined : spec.unit, n, spec.decimals));
  const first = plot.series[0];
  let told: string[];
  if (spec.mark === 'table') told = data.rows > 0 ? [w.rowsAre(f.rows(data.rows), data.columns.map(c => c.name).join(', '))] : [];
  else if (spec.mark === 'histogram' && first && plot.bin) {
    const top = first.points.reduce((a, b) => ((b[1] ?? 0) > (a[1] ?? 0) ? b : a), first.points[0] ?? [0, 0]);
    told = [w.mostAt(f.num(Number(top[0]) - plot.bin / 2), f.num(Number(top[0]) + plot.bin / 2), num(top[1] ?? 0))];
  } else if (plot.kind === 'text' && plot.series.length === 1 && first) {
    told = first.points.slice(0, toldMax).map(p => w.topIs(String(p[0]), p[1] === null ? '–' : num(p[1])));
    if (first.points.length > toldMax) told.push(w.andMore(f.int(first.points.length - toldMax)));
  } else {
    told = plot.series.slice(0, toldMax).flatMap(s => {
      const v = s.points.map(p => p[1]).filter((n): n is number => n !== null);
      const last = v.at(-1);
      return last === undefined ? [] : [w.seriesIs(s.name, num(v.reduce((a, b) => Math.min(a, b))), num(v.reduce((a, b) => Math.max(a, b))), num(last))];
    });
    if (plot.series.length > toldMax) told.push(w.andMore(f.int(plot.series.length - toldMax)));
  }
  return w.summary(w[spec.mark], title, told.join('; ') || w.nothing);
}

// useThenWord names the period that a chart is compared with.
export function useThenWord(ms: number | undefined): string {
  const w = useChartWords();
  const f = useFormat();
  return ms === undefined ? '' : ms === 7 * day ? w.lastWeek : ms === day ? w.yesterday : w.before(f.long(ms));
}
