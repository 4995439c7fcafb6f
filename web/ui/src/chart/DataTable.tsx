import { useFormat } from '../i18n';
import type { ChartSpec, Column, Columns } from './spec';
import { inUnit } from './unit';

const rowsMax = 1000; // a chart has at most 5,000 points; who wants them all exports them

// DataTable is a chart's data as rows: what mark table shows, and "view as table".
export function DataTable({ title, data, spec }: { title: string; data: Columns; spec: ChartSpec }) {
  const f = useFormat();
  const text = (c: Column, i: number) => {
    const v = c.values[i];
    if (v === null || v === undefined) return '–';
    if (c.type === 'time') return f.dateTime(Number(v));
    if (c.type === 'number') return spec.y?.includes(c.name) && spec.unit ? inUnit(f, spec.unit, Number(v)) : f.num(Number(v));
    return String(v);
  };
  return (
    <div className="chart-table table-wrap" tabIndex={0} role="region" aria-label={title}>
      <table className="table flush">
        <thead><tr>{data.columns.map(c => <th key={c.name} scope="col" className={c.type === 'number' ? 'num' : undefined}>{c.name}</th>)}</tr></thead>
        <tbody>{Array.from({ length: Math.min(data.rows, rowsMax) }, (_, i) => <tr key={i}>{data.columns.map(c => <td key={c.name} className={c.type === 'number' ? 'num' : undefined}>{text(c, i)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}
