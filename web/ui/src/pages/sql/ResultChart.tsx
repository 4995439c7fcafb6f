import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Chart, columnsOf } from '../../chart';
import { type GridColumn, type GridFilter, keyOf } from '../../grid';
import { useFormat } from '../../i18n';
import { Empty, ErrorNote, Select, Skeleton } from '../../ui';
import { type Choice, chosen, labelOf as labelIn, marks, specOf } from './choice';
import { firstRows, type Result } from './client';
import { useSqlSearch } from './useSql';
import { useSqlWords } from './words';

const rowsMax = 5000;

// ResultChart draws a result. What is chosen stands in the address: MARK.X.Y.BY, columns by their keys.
export function ResultChart({ r, columns, filters }: { r: Result; columns: readonly GridColumn[]; filters: readonly GridFilter[] }) {
  const w = useSqlWords();
  const f = useFormat();
  const { search, set } = useSqlSearch();
  const c = chosen(search.chart, columns);
  const change = (part: Partial<Choice>) => { const n = { ...(c ?? { mark: 'bar', x: '', y: '', by: '' }), ...part }; set({ chart: [n.mark, n.x, n.y, n.by].join('.') }); };
  const labelOf = (key: string) => labelIn(columns, key);
  const keys = c ? [...new Set([c.x, c.y, c.by].filter(Boolean))] : [];
  const got = useQuery({ queryKey: ['chart', r.id, r.rows > rowsMax ? rowsMax : r.rows, keys.join(), filters], queryFn: async ({ signal }) => {
    const got = columnsOf(await firstRows(r.id, rowsMax, keys, filters, signal));
    return { ...got, columns: got.columns.map((x, i) => ({ ...x, name: labelOf(keys[i] ?? '') })) };
  }, enabled: c !== undefined, staleTime: Infinity, placeholderData: undefined });
  const spec = useMemo(() => c && specOf(c, columns), [c?.mark, c?.x, c?.y, c?.by, columns]); // eslint-disable-line -- what c is made of
  if (!c || !spec) return <Empty title={w.noNumber}>{w.noNumberText}</Empty>;
  const options = columns.map(x => ({ value: keyOf(x), label: labelOf(keyOf(x)) }));
  return (
    <div className="sql-chart">
      <div className="sql-chart-bar">
        <Select label={w.mark} quiet value={c.mark} options={marks.map(m => ({ value: m, label: w[m] }))} onChange={mark => change({ mark })} />
        <Select label={w.x} quiet prefix={<span className="faint">{w.x} </span>} value={c.x} options={options} onChange={x => change({ x })} />
        <Select label={w.y} quiet prefix={<span className="faint">{w.y} </span>} value={c.y} options={options.filter(o => columns.find(x => keyOf(x) === o.value)?.type === 'number')} onChange={y => change({ y })} />
        <Select label={w.by1} quiet prefix={<span className="faint">{w.by1} </span>} value={c.by || '-'} options={[{ value: '-', label: w.none }, ...options]} onChange={by => change({ by: by === '-' ? '' : by })} />
        <span className="grow" />
        {r.rows > rowsMax && <span className="warned small">{w.chartPart(f.int(rowsMax), f.rows(r.rows))}</span>}
      </div>
      {got.error ? <ErrorNote error={got.error} retry={() => void got.refetch()} /> : !got.data ? <Skeleton /> : (
        <div className="sql-drawing">
          <Chart title={w.chartOf(labelOf(c.y), labelOf(c.x))} spec={spec} data={got.data} />
        </div>
      )}
    </div>
  );
}
