import './DataGrid.css';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type Format, useFormat } from '../i18n';
import { ErrorNote, Icon } from '../ui';
import type { CellAt, FetchWindow, GridColumn, GridSort } from './types';
import { useWindows } from './useWindows';
import { useGridWords } from './words';

export interface DataGridProps {
  label: string;
  rows: number; // all of them
  columns: readonly GridColumn[];
  version: string; // changes when the rows behind fetchWindow do
  fetchWindow: FetchWindow;
  sort?: GridSort | undefined;
  onSort?: ((s: GridSort | undefined) => void) | undefined;
  onFilter?: ((column: string) => void) | undefined; // somebody wants to filter by a column
  onCell?: ((c: CellAt) => void) | undefined; // the cell that is looked at
}

const rowPx = 28, numberPx = 64, heightMax = 15_000_000; // px: browsers cap an element's height; above it a pixel is many rows

// DataGrid shows any number of rows: only what is looked at is fetched and drawn, in both directions.
export function DataGrid(p: DataGridProps) {
  const f = useFormat();
  const w = useGridWords();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, left: 0, width: 1200, height: 600 });
  const [at, setAt] = useState({ row: 0, column: 0 });
  const lefts = p.columns.reduce<number[]>((xs, c) => [...xs, (xs.at(-1) ?? 0) + widthOf(c)], [numberPx]);
  const full = p.rows * rowPx, tall = Math.min(full, heightMax), scale = full > tall ? (full - view.height) / (tall - view.height) : 1;
  const virtualTop = view.top * scale;
  const first = Math.max(0, Math.floor(virtualTop / rowPx) - 4), last = Math.min(p.rows - 1, first + Math.ceil(view.height / rowPx) + 8);
  const c0 = Math.max(0, lefts.findIndex(x => x > view.left) - 1), c1 = p.columns.findIndex((_, i) => (lefts[i] ?? 0) > view.left + view.width);
  const shown = p.columns.slice(c0, c1 < 0 ? undefined : c1 + 1);
  const windows = useWindows(p.fetchWindow, shown.map(c => c.name), first, last, p.version);

  // Measures the element, and again when it changes.
  useEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const watch = new ResizeObserver(() => setView(v => ({ ...v, width: el.clientWidth, height: el.clientHeight })));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);

  const go = (row: number, column: number) => {
    const next = { row: clamp(row, p.rows - 1), column: clamp(column, p.columns.length - 1) };
    setAt(next);
    const el = box.current, c = p.columns[next.column];
    if (!el || !c) return;
    const y = (next.row * rowPx) / scale, x = lefts[next.column] ?? 0;
    if (y < el.scrollTop) el.scrollTop = y;
    else if (next.row * rowPx + 2 * rowPx > virtualTop + view.height) el.scrollTop = ((next.row + 2) * rowPx - view.height) / scale;
    if (x - numberPx < el.scrollLeft) el.scrollLeft = x - numberPx;
    else if (x + widthOf(c) > el.scrollLeft + view.width) el.scrollLeft = x + widthOf(c) - view.width;
    const win = windows.at(next.row), j = win?.columns.indexOf(c.name) ?? -1;
    if (win && j >= 0) p.onCell?.({ row: next.row, column: c.name, value: win.cell(next.row - win.offset, j) });
  };
  const onKey = (e: KeyboardEvent) => {
    const page = Math.floor(view.height / rowPx) - 2;
    const move: Record<string, [number, number]> = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1], PageDown: [page, 0], PageUp: [-page, 0], Home: [e.ctrlKey ? -p.rows : 0, -p.columns.length], End: [e.ctrlKey ? p.rows : 0, p.columns.length] };
    const m = move[e.key];
    if (!m) return;
    e.preventDefault();
    go(at.row + m[0], at.column + m[1]);
  };
  return (
    <div ref={box} className="grid" role="grid" aria-label={p.label} aria-rowcount={p.rows + 1} aria-colcount={p.columns.length} tabIndex={0} onKeyDown={onKey} aria-activedescendant={`cell-${at.row}-${at.column}`}
      onScroll={e => setView(v => ({ ...v, top: e.currentTarget.scrollTop, left: e.currentTarget.scrollLeft }))}>
      <div className="grid-head" role="row" aria-rowindex={1} style={{ width: lefts.at(-1) }}>
        <span className="grid-cell rn" role="columnheader" style={{ width: numberPx }}><span className="hidden">{w.rowNumber}</span></span>
        {shown.map((c, i) => {
          const on = p.sort?.column === c.name;
          return (
            <div key={c.name} role="columnheader" aria-colindex={c0 + i + 1} aria-sort={on ? (p.sort?.down ? 'descending' : 'ascending') : undefined} className={`grid-cell${c.type === 'number' ? ' num' : ''}`} style={{ left: lefts[c0 + i], width: widthOf(c) }}
              onClick={() => p.onSort?.(on ? (p.sort?.down ? undefined : { column: c.name, down: true }) : { column: c.name, down: false })}>
              <span className="cut">{c.name}</span><small>{c.typeName.toLowerCase()}</small>{on && <Icon name={p.sort?.down ? 'down' : 'up'} size={12} />}
            </div>
          );
        })}
      </div>
      {windows.error !== undefined && <ErrorNote error={windows.error} />}
      <div role="presentation" style={{ height: tall, width: lefts.at(-1), position: 'relative' }}>
        {Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => {
          const row = first + k, win = windows.at(row);
          return (
            <div key={row} className="grid-row" role="row" aria-rowindex={row + 2} style={{ transform: `translateY(${row * rowPx - virtualTop + view.top}px)` }}>
              <span className="grid-cell rn" role="rowheader" style={{ width: numberPx }}>{f.int(row + 1)}</span>
              {shown.map((c, i) => {
                const j = win ? win.columns.indexOf(c.name) : -1;
                const v = win && j >= 0 ? win.cell(row - win.offset, j) : undefined;
                const state = v === undefined ? ' wait' : v === null || v === '' ? ' null' : '';
                return <div key={c.name} id={`cell-${row}-${c0 + i}`} role="gridcell" aria-colindex={c0 + i + 1} className={`grid-cell${c.type === 'number' ? ' num' : c.type === 'json' ? ' mono' : ''}${state}${at.row === row && at.column === c0 + i ? ' on' : ''}`} style={{ left: lefts[c0 + i], width: widthOf(c) }} onClick={() => go(row, c0 + i)}>{v === undefined ? '' : v === '' ? w.emptyText : cellText(f, c, v)}</div>;
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const clamp = (n: number, max: number) => Math.max(0, Math.min(max, n));
const widthOf = (c: GridColumn) => c.width ?? { text: 200, number: 120, time: 190, date: 120, bool: 80, json: 260, bytes: 160, other: 160 }[c.type];
const cellMax = 500; // characters of a cell in the grid; the inspector shows the whole

// cellText is a value as one line of text; never markup.
export function cellText(f: Format, c: GridColumn, v: unknown): string {
  if (v === null) return 'NULL';
  if (c.type === 'time' && (typeof v === 'number' || v instanceof Date)) return f.stamp(v);
  if (c.type === 'number' && typeof v === 'number') return f.num(v, 6);
  if (typeof v === 'bigint') return f.int(v);
  const s = typeof v === 'object' ? JSON.stringify(v, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x)) : String(v);
  return s.length > cellMax ? `${s.slice(0, cellMax)}…` : s;
}
