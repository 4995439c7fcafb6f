import { type GridColumn, keyOf } from '../../grid';
import { useFormat } from '../../i18n';
import { Bars, ErrorNote, Table, type TableColumn } from '../../ui';
import type { Result } from './client';
import { useProfile, useValueText } from './ColumnPanel';
import { useSqlWords } from './words';

const shownMax = 100; // columns that are read at once

// ProfileView is every column of a result on one line.
export function ProfileView({ r, columns, onColumn }: { r: Result; columns: readonly GridColumn[]; onColumn: (key: string) => void }) {
  const w = useSqlWords();
  const f = useFormat();
  const cols: TableColumn<GridColumn>[] = [
    { key: 'name', head: w.column, cell: c => <button type="button" className="link sql-link" onClick={() => onColumn(keyOf(c))}>{c.name}</button> },
    { key: 'type', head: w.type, cell: c => <span className="mono faint">{c.typeName}</span> },
    { key: 'bars', head: <span className="hidden">{w.profile}</span>, cell: c => <Part r={r} c={c} part="bars" /> },
    { key: 'nulls', head: w.nulls, num: true, cell: c => <Part r={r} c={c} part="nulls" /> },
    { key: 'distinct', head: w.distinct, num: true, cell: c => <Part r={r} c={c} part="distinct" /> },
    { key: 'min', head: w.min, num: true, cell: c => <Part r={r} c={c} part="min" /> },
    { key: 'max', head: w.max, num: true, cell: c => <Part r={r} c={c} part="max" /> },
  ];
  return (
    <div className="sql-profile">
      <p className="dim">{w.profileText}{r.state === 'running' && ` · ${w.partly(f.rows(r.rows))}`}{columns.length > shownMax && ` · ${w.partly(w.columnsN(f.int(shownMax)))}`}</p>
      <Table label={w.profile} rows={columns.slice(0, shownMax)} columns={cols} rowKey={keyOf} />
    </div>
  );
}

function Part({ r, c, part }: { r: Result; c: GridColumn; part: 'bars' | 'nulls' | 'distinct' | 'min' | 'max' }) {
  const w = useSqlWords();
  const f = useFormat();
  const value = useValueText(c);
  const got = useProfile(r, keyOf(c));
  const p = got.data;
  if (got.error) return part === 'bars' ? <ErrorNote error={got.error} /> : null;
  if (!p) return <span className="faint">…</span>;
  if (part === 'bars') return <Bars values={p.bins?.map(b => b.rows) ?? p.top?.map(t => t.rows) ?? []} width={120} height={18} label={w.histogram(c.name)} />;
  if (part === 'nulls') return <span className={p.nulls > 0 ? '' : 'faint'}>{f.percent(p.nulls / Math.max(1, p.rows))}</span>;
  if (part === 'distinct') return <>{p.distinct_exact ? f.int(p.distinct) : w.about(f.compact(p.distinct))}</>;
  const text = part === 'min' ? p.min : p.max;
  return text === undefined ? <span className="faint">–</span> : <span className="sql-value" title={text}>{value(text)}</span>;
}
