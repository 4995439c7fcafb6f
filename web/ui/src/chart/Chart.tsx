import './Chart.css';
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import { useFormat } from '../i18n';
import { Button, Sparkline } from '../ui';
import { DataTable } from './DataTable';
import { Keys } from './Keys';
import { plotOf } from './series';
import { type Annotation, type ChartData, type ChartSpec, columnOf, type Threshold } from './spec';
import { measureIn } from './unit';
import { useSummary } from './useSummary';
import { useChartWords } from './words';

const Drawing = lazy(() => import('./Drawing').then(m => ({ default: m.Drawing })));

export interface ChartProps {
  title: string; // names it for those who cannot see it
  spec: ChartSpec;
  data: ChartData;
  thresholds?: readonly Threshold[] | undefined;
  annotations?: readonly Annotation[] | undefined;
  from?: number | undefined; // ms: the axis shows all of the range, so that what is missing is a gap
  to?: number | undefined;
  partialFrom?: number | undefined; // ms: from here on the period is not finished; hatched
  group?: string | undefined; // charts of one group share their crosshair
  onZoom?: ((from: number, to: number) => void) | undefined; // a part of the time axis was dragged over
  height?: number | undefined; // px; without it, the parent's
  keys?: boolean | undefined; // false: the caller shows <ChartKeys> itself, for example beside its title
}

// Chart draws a spec over data. It is an image with a summary; "view as table" can be reached by keyboard.
export function Chart(props: ChartProps) {
  const { spec, data, height } = props;
  const w = useChartWords();
  const id = useId();
  const [table, setTable] = useState(false);
  const plot = useMemo(() => plotOf(spec, data), [spec, data]);
  const summary = useSummary(props.title, spec, plot);
  const style = height === undefined ? undefined : { height };
  if (spec.mark === 'number') return <BigNumber {...props} summary={summary} />;
  if (spec.mark === 'table') return <div className="chart" style={style}><DataTable title={props.title} data={data} spec={spec} /></div>;
  if (spec.mark === 'text') return null; // the dashboard shows words itself
  const none = data.rows === 0 || plot.series.length === 0;
  return (
    <figure className={`chart${table ? ' table' : ''}`} style={style} aria-labelledby={id}>
      <figcaption id={id} className="hidden">{summary}</figcaption>
      {!none && <div className="chart-as"><Button small kind="quiet" icon={table ? 'chart' : 'table'} onClick={() => setTable(!table)}>{table ? w.asChart : w.asTable}</Button></div>}
      {none ? <div className="chart-empty" role="img" aria-label={summary}>{w.nothing}</div>
        : table ? <DataTable title={props.title} data={data} spec={spec} />
          : (
            <>
              {props.keys !== false && plot.series.length > 1 && spec.mark !== 'line' && <Keys series={plot.series} />}
              <Suspense fallback={<div className="chart-canvas" role="img" aria-label={summary} />}><Drawing {...props} plot={plot} summary={summary} /></Suspense>
            </>
          )}
    </figure>
  );
}

function BigNumber({ spec, data, thresholds, summary }: ChartProps & { summary: string }) {
  const f = useFormat();
  const y = columnOf(data, spec.y?.[0]) ?? data.columns.find(c => c.type === 'number');
  const values = y ? Array.from(y.values, v => (v === null || v === undefined ? null : Number(v))) : [];
  const last = values.findLast(v => v !== null) ?? undefined;
  const worst = last === undefined ? undefined : (thresholds ?? []).filter(t => last >= t.value).sort((a, b) => b.value - a.value)[0];
  const m = last === undefined ? undefined : measureIn(f, spec.unit, last);
  return (
    <div className="chart-number" role="img" aria-label={summary}>
      {m ? <span className={`big${worst ? (worst.level === 'error' ? ' bad' : ' warned') : ''}`}>{m.value}{m.unit && <span className="unit">{m.unit}</span>}</span> : <span className="big faint">–</span>}
      {values.length > 2 && <span aria-hidden="true"><Sparkline values={values} tone={worst ? worst.level : 'c1'} /></span>}
    </div>
  );
}
