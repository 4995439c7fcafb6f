import { useMemo } from 'react';
import { endsOf } from './compile';
import { plotOf, type Series } from './series';
import type { ChartData, ChartSpec } from './spec';
import { useThenWord } from './useSummary';
import { useChartWords } from './words';

// Keys tells the series apart where they cannot be labelled directly.
export function Keys({ series, then, usual }: { series: readonly Series[]; then?: string | undefined; usual?: string | undefined }) {
  return (
    <div className="chart-keys" aria-hidden="true">
      {series.slice(0, 12).map(s => <span key={s.name} className="chart-key"><i style={{ background: `var(--${s.tone})` }} /><span className="cut">{s.name}</span></span>)}
      {series.length > 12 && <span className="chart-key">…</span>}
      {then && <span className="chart-key"><i className="then" />{then}</span>}
      {usual && <span className="chart-key"><i className="band" />{usual}</span>}
    </div>
  );
}

// ChartKeys are the keys of a chart, to stand elsewhere than in it.
export function ChartKeys({ spec, data }: { spec: ChartSpec; data: ChartData }) {
  const w = useChartWords();
  const then = useThenWord(data.compareMs);
  const plot = useMemo(() => plotOf(spec, data), [spec, data]);
  if (spec.mark === 'number' || spec.mark === 'table' || spec.mark === 'text') return null;
  const ends = endsOf({ spec, data }, plot);
  const series = plot.series.length > 1 && !ends ? plot.series : [];
  const compared = data.compare && plot.kind === 'time' && !(ends && plot.series.length === 1) ? then : undefined;
  const usual = data.usual && plot.kind === 'time' ? w.usual : undefined;
  return series.length || compared || usual ? <Keys series={series} then={compared} usual={usual} /> : null;
}
