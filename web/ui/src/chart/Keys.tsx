import { useMemo } from 'react';
import { plotOf, type Series } from './series';
import type { ChartSpec, Columns } from './spec';

// Keys tells the series apart where they cannot be labelled directly.
export function Keys({ series }: { series: readonly Series[] }) {
  return <div className="chart-keys" aria-hidden="true">{series.map(s => <span key={s.name} className="chart-key"><i style={{ background: `var(--${s.tone})` }} />{s.name}</span>)}</div>;
}

// ChartKeys are the keys of a chart, to stand elsewhere than in it.
export function ChartKeys({ spec, data }: { spec: ChartSpec; data: Columns }) {
  const { series } = useMemo(() => plotOf(spec, data), [spec, data]);
  return series.length > 1 ? <Keys series={series} /> : null;
}
