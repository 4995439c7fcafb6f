import type { Series } from './series';

// Keys tells the series apart where they cannot be labelled directly.
export function Keys({ series }: { series: readonly Series[] }) {
  return <div className="chart-keys" aria-hidden="true">{series.map(s => <span key={s.name} className="chart-key"><i style={{ background: `var(--${s.tone})` }} />{s.name}</span>)}</div>;
}
