import './Table.css';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { Icon } from './icons';

export interface TableColumn<R> {
  key: string;
  head: ReactNode;
  cell: (r: R) => ReactNode; // the first column's cell should hold the row's link (class "row-link")
  num?: boolean;
  wide?: boolean; // takes what is left
  sort?: (r: R) => string | number | bigint | undefined; // makes the column sortable
}
export interface Sort { key: string; down: boolean }

// Table is a short list (some hundreds of rows): sticky head, sorting, arrow keys between rows, Enter opens.
export function Table<R>({ label, rows, columns, rowKey, sort, onSort, onOpen, selected, flush }: {
  label: string; rows: readonly R[]; columns: readonly TableColumn<R>[]; rowKey: (r: R) => string; sort?: Sort | undefined; onSort?: (s: Sort) => void; onOpen?: (r: R) => void; selected?: string | undefined; flush?: boolean;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const sorted = sortRows(rows, columns, sort);
  const onKey = (e: KeyboardEvent<HTMLTableRowElement>, r: R) => {
    if (e.target !== e.currentTarget) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (move !== undefined) {
      e.preventDefault();
      const all = [...(body.current?.rows ?? [])];
      all[all.indexOf(e.currentTarget) + move]?.focus();
    } else if (e.key === 'Enter') onOpen?.(r);
  };
  return (
    <div className="table-wrap">
      <table className={`table${flush ? ' flush' : ''}`} aria-label={label}>
        <thead>
          <tr>{columns.map(c => {
            const on = sort?.key === c.key;
            return (
              <th key={c.key} scope="col" className={c.num ? 'num' : undefined} aria-sort={c.sort && onSort ? (on ? (sort.down ? 'descending' : 'ascending') : 'none') : undefined}>
                {c.sort && onSort ? <button type="button" onClick={() => onSort({ key: c.key, down: on ? !sort.down : !!c.num })}>{c.head}{on && <Icon name={sort.down ? 'down' : 'up'} size={12} />}</button> : c.head}
              </th>
            );
          })}</tr>
        </thead>
        <tbody ref={body}>
          {sorted.map((r, i) => {
            const key = rowKey(r);
            return (
              <tr key={key} tabIndex={onOpen ? (selected === undefined ? i === 0 : selected === key) ? 0 : -1 : undefined} aria-selected={selected === undefined ? undefined : selected === key} data-href={onOpen ? '' : undefined}
                onKeyDown={e => onKey(e, r)} onClick={e => { if (onOpen && !(e.target as HTMLElement).closest('a,button,input,label')) onOpen(r); }}>
                {columns.map(c => <td key={c.key} className={[c.num && 'num', c.wide && 'wide'].filter(Boolean).join(' ') || undefined}>{c.cell(r)}</td>)}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function sortRows<R>(rows: readonly R[], columns: readonly TableColumn<R>[], sort: Sort | undefined): readonly R[] {
  const by = columns.find(c => c.key === sort?.key)?.sort;
  if (!by || !sort) return rows;
  const sign = sort.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = by(a), y = by(b);
    if (x === undefined || y === undefined) return x === y ? 0 : x === undefined ? 1 : -1; // nothing is last, either way
    return sign * (typeof x === 'string' && typeof y === 'string' ? x.localeCompare(y, undefined, { numeric: true }) : x < y ? -1 : x > y ? 1 : 0);
  });
}
