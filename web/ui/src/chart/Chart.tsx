import './Chart.css';
import { lazy, Suspense, useId, useMemo, useState } from 'react';
import { Button } from '../ui';
import { DataTable } from './DataTable';
import { Keys } from './Keys';
import { BigNumber } from './Number';
import { plotOf } from './series';
import type { Annotation, ChartData, ChartSpec, Threshold } from './spec';
import { useSummary } from './useSummary';
import { useChartWords } from './words';

const code = import('./Drawing').then(m => ({ default: m.Drawing })); // with the page, not after the data
code.catch(() => undefined); // said when one is drawn
const Drawing = lazy(() => code);

// ChartHandle is what a page may do with a chart that is drawn.
export interface ChartHandle { picture: (scale: number) => HTMLCanvasElement | undefined }

export interface ChartProps {
  title: string; // names it for those who cannot see it
  spec: ChartSpec;
  data: ChartData;
  thresholds?: readonly Threshold[] | undefined;
  annotations?: readonly Annotation[] | undefined;
  from?: number | undefined; // ms: the axis shows all of the range, so that what is missing is a gap
  to?: number | undefined;
  step?: number | undefined; // ms between two moments: what is missing between them is a gap
  partialFrom?: number | undefined; // ms: the period from here to partialTo is not finished; hatched
  partialTo?: number | undefined;
  group?: string | undefined; // charts of one group share their crosshair
  onZoom?: ((from: number, to: number) => void) | undefined; // a part of the time axis was dragged over
  onNote?: ((id: string) => void) | undefined; // a flag was pressed
  onDrawn?: ((h: ChartHandle | undefined) => void) | undefined;
  onMore?: (() => void) | undefined; // all rows are wanted
  height?: number | undefined; // px; without it, the parent's
  keys?: boolean | undefined; // false: the caller shows <ChartKeys> itself, for example beside its title
  asTable?: boolean | undefined; // the caller has the switch between picture and table; without it, the chart
  words?: { now: string; then: string } | undefined; // names of the two lines of a comparison
}

// Chart draws a spec over data. It is an image with a summary; "view as table" can be reached by keyboard.
export function Chart(props: ChartProps) {
  const { spec, data, height, step } = props;
  const w = useChartWords();
  const id = useId();
  const [own, setOwn] = useState(false);
  const table = props.asTable ?? own;
  const plot = useMemo(() => plotOf(spec, data, step), [spec, data, step]);
  const summary = useSummary(props.title, spec, plot, data);
  const style = height === undefined ? undefined : { height };
  if (spec.mark === 'text') return null; // the dashboard shows words itself
  const rows = <DataTable title={props.title} data={data} spec={spec} thresholds={props.thresholds} onMore={props.onMore} />;
  const none = data.rows === 0 || (spec.mark !== 'table' && plot.series.length === 0);
  if (none) return <div className="chart" style={style}><div className="chart-empty" role="img" aria-label={summary}>{w.none}</div></div>;
  if (spec.mark === 'table' || (table && spec.mark === 'number')) return <div className="chart" style={style}>{rows}</div>;
  if (spec.mark === 'number') return <BigNumber {...props} summary={summary} />;
  return (
    <figure className={`chart${table ? ' table' : ''}`} style={style} aria-labelledby={id}>
      <figcaption id={id} className="hidden">{summary}</figcaption>
      {props.asTable === undefined && <div className="chart-as"><Button small kind="quiet" icon={table ? 'chart' : 'table'} onClick={() => setOwn(!table)}>{table ? w.asChart : w.asTable}</Button></div>}
      {table ? rows : (
        <>
          {props.keys !== false && plot.series.length > 1 && spec.mark !== 'line' && <Keys series={plot.series} />}
          <Suspense fallback={<div className="chart-canvas" role="img" aria-label={summary} />}><Drawing {...props} plot={plot} summary={summary} /></Suspense>
        </>
      )}
    </figure>
  );
}
