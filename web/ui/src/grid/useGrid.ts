import { type ClipboardEvent, type KeyboardEvent, type MouseEvent, type PointerEvent, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useFormat } from '../i18n';
import { copyText, done, modKey } from '../ui';
import { cellsOf, copyMax, type CopyForm, ordered, rangeValues, written } from './copy';
import type { DataGridProps } from './DataGrid';
import { clamp, leftsOf, widthMax, widthMin } from './layout';
import { type Model, Painter } from './painter';
import { cellText } from './text';
import { type CellAt, type CellRange, type GridColumn, keyOf } from './types';
import { Windows } from './windows';
import { useGridWords } from './words';

const noWidths: ReadonlyMap<string, number> = new Map();
const none: ReadonlySet<string> = new Set();

// useGrid holds what a grid remembers and ties React to the painter.
export function useGrid(p: DataGridProps, id: string) {
  const f = useFormat();
  const w = useGridWords();
  const box = useRef<HTMLDivElement>(null), sizer = useRef<HTMLDivElement>(null), layer = useRef<HTMLDivElement>(null), marks = useRef<HTMLDivElement>(null);
  const painter = useRef<Painter>(undefined), windows = useRef<Windows>(undefined);
  const [seen, setSeen] = useState({ from: 0, to: Math.min(p.columns.length - 1, 12) });
  const [widths, setWidths] = useState(noWidths);
  const [hidden, setHidden] = useState(none);
  const [at, setAt] = useState({ row: 0, column: 0 });
  const [range, setRange] = useState<CellRange>();
  const [heard, setHeard] = useState<{ version: string; total: number }>();
  const [error, setError] = useState<unknown>();
  const [wide, setWide] = useState(0);

  const source = useMemo(() => p.columns.map((c, i) => (hidden.has(keyOf(c)) ? -1 : i)).filter(i => i >= 0), [p.columns, hidden]);
  const columns = useMemo(() => source.map(i => p.columns[i]).filter((c): c is GridColumn => c !== undefined), [p.columns, source]);
  const lefts = useMemo(() => leftsOf(columns, widths, keyOf, wide), [columns, widths, wide]);
  const text = useCallback((c: GridColumn, v: unknown) => cellText(f, c, v), [f]);
  const number = useCallback((row: number) => f.int(row + 1), [f]);
  const filtered = useMemo(() => new Set((p.filters ?? []).map(x => x.column)), [p.filters]);
  const total = filtered.size > 0 && heard?.version === p.version ? heard.total : undefined;
  const rows = total ?? p.rows;

  const onWindow = useEffectEvent((version: string, n: number | undefined) => {
    setError(undefined);
    if (n !== undefined && (heard?.version !== version || heard.total !== n)) setHeard({ version, total: n });
    painter.current?.paint();
  });
  const model = useEffectEvent((): Model | undefined => windows.current && ({ rows, columns, lefts, source, windows: windows.current, text, number, empty: w.emptyText, at: { row: Math.min(at.row, Math.max(0, rows - 1)), column: Math.min(at.column, Math.max(0, columns.length - 1)) }, range, id }));
  const keys = p.columns.map(keyOf).join('\t');

  // Talks to whoever has the rows, and gives its elements to the painter. The order of these effects matters: windows, painter, model.
  useEffect(() => {
    const mine: Windows = new Windows(p.fetchWindow, keys === '' ? [] : keys.split('\t'), p.rows, win => { if (windows.current === mine) onWindow(p.version, win.total); }, e => { if (windows.current === mine) setError(e); });
    windows.current = mine;
    return () => mine.close();
  }, [p.fetchWindow, p.version, keys]); // eslint-disable-line -- rows grow below
  useEffect(() => {
    const m = model(), range = marks.current?.children[0], active = marks.current?.children[1];
    if (!box.current || !sizer.current || !layer.current || !m || !(range instanceof HTMLElement) || !(active instanceof HTMLElement)) return undefined;
    const el = box.current, it = new Painter(el, sizer.current, layer.current, range, active, m, (from, to) => setSeen({ from, to }));
    painter.current = it;
    const watch = new ResizeObserver(() => { setWide(el.clientWidth); it.size(); it.paint(); });
    watch.observe(el);
    return () => { watch.disconnect(); it.close(); painter.current = undefined; };
  }, []);
  useEffect(() => {
    windows.current?.grow(rows);
    const m = model();
    if (m) painter.current?.set(m);
  }, [rows, columns, lefts, text, number, w, at, range, p.version, p.fetchWindow, keys]); // eslint-disable-line -- what a model is made of
  // Another version is another order of rows: it is looked at from the top.
  useEffect(() => {
    if (box.current) box.current.scrollTop = 0;
    painter.current?.jump(0);
    setAt(old => ({ row: 0, column: old.column }));
    setRange(undefined);
    setError(undefined);
  }, [p.version]);

  const cell = (row: number, column: number): CellAt | undefined => {
    const c = columns[column], got = windows.current?.at(row, source[column] ?? column);
    if (!c || !got) return undefined;
    const r = row - got.window.offset;
    return { row, column: keyOf(c), value: got.window.cell(r, got.column), number: got.window.number?.(r) ?? row, cut: got.window.cut?.(r, got.column) };
  };
  const go = (row: number, column: number, extend: boolean, scroll = true) => {
    const to = { row: clamp(row, rows - 1), column: clamp(column, columns.length - 1) };
    const from = range ?? { row: at.row, column: at.column, toRow: at.row, toColumn: at.column };
    setRange(extend ? { row: from.row, column: from.column, toRow: to.row, toColumn: to.column } : undefined);
    setAt(to);
    if (scroll) painter.current?.reveal(to.row, to.column);
    if (extend) return;
    const c = cell(to.row, to.column);
    if (c) p.onCell?.(c);
  };
  const open = () => { const c = cell(at.row, at.column); if (c) p.onOpen?.(c); };
  const chosen = (): CellRange => range ?? { ...at, toRow: at.row, toColumn: at.column };
  const copy = (form: CopyForm) => {
    const r = ordered(chosen());
    if (cellsOf(r) > copyMax) { setError(new Error(w.tooMany(f.int(copyMax)))); return; }
    const of = columns.slice(r.column, r.toColumn + 1);
    rangeValues(p.fetchWindow, columns, r).then(values => copyText(written(form, of, values, cellsOf(r) > 1))).then(() => done(w.copied(f.int(cellsOf(r)))), setError);
  };
  const onKey = (e: KeyboardEvent<HTMLDivElement>) => {
    if (e.target !== box.current) return;
    const page = painter.current?.page ?? 20, far = e.ctrlKey || e.metaKey;
    const move: Record<string, [number, number]> = { ArrowDown: [far ? rows : 1, 0], ArrowUp: [far ? -rows : -1, 0], ArrowRight: [0, far ? columns.length : 1], ArrowLeft: [0, far ? -columns.length : -1], PageDown: [page, 0], PageUp: [-page, 0], Home: [far ? -rows : 0, -columns.length], End: [far ? rows : 0, columns.length] };
    const m = move[e.key], c = columns[at.column];
    if (e.altKey && e.key === 'ArrowDown') box.current.querySelector<HTMLElement>(`[data-key="${CSS.escape(c ? keyOf(c) : '')}"] .grid-more`)?.click();
    else if (e.altKey && c && (e.key === 'ArrowLeft' || e.key === 'ArrowRight')) setWidth(keyOf(c), (lefts[at.column + 1] ?? 0) - (lefts[at.column] ?? 0) + (e.key === 'ArrowLeft' ? -16 : 16));
    else if (m) go(at.row + m[0], at.column + m[1], e.shiftKey);
    else if (e.key === 'Enter') open();
    else if (modKey(e) && e.key.toLowerCase() === 'a') setRange({ row: 0, column: 0, toRow: rows - 1, toColumn: columns.length - 1 });
    else if (modKey(e) && e.key.toLowerCase() === 'c') copy('tsv');
    else if (e.key === ' ' && e.shiftKey) setRange({ row: at.row, toRow: at.row, column: 0, toColumn: columns.length - 1 });
    else if (e.key === 'Escape' && range) setRange(undefined);
    else return;
    e.preventDefault();
  };
  const onPointer = (e: PointerEvent<HTMLDivElement>) => {
    const it = painter.current, el = box.current;
    if (e.button !== 0 || !it || !el || !(e.target as HTMLElement).closest('.grid-sizer')) return;
    e.preventDefault(); // no selection of text
    el.focus({ preventScroll: true });
    const from = it.cellAt(e.clientX, e.clientY);
    if (from.column < 0) {
      const start = e.shiftKey && range ? range.row : from.row;
      setAt({ row: from.row, column: 0 });
      setRange({ row: start, toRow: from.row, column: 0, toColumn: columns.length - 1 });
      return;
    }
    go(from.row, from.column, e.shiftKey, false);
    if (e.shiftKey) return;
    const move = (m: globalThis.PointerEvent) => {
      const to = it.cellAt(m.clientX, m.clientY);
      if (to.row === from.row && Math.max(0, to.column) === from.column) return;
      setRange({ row: from.row, column: from.column, toRow: to.row, toColumn: Math.max(0, to.column) });
      it.reveal(to.row, Math.max(0, to.column));
    };
    const end = () => { el.removeEventListener('pointermove', move); el.removeEventListener('pointerup', end); el.removeEventListener('pointercancel', end); };
    el.setPointerCapture(e.pointerId);
    el.addEventListener('pointermove', move);
    el.addEventListener('pointerup', end);
    el.addEventListener('pointercancel', end);
  };
  const setWidth = useCallback((key: string, px: number) => setWidths(old => new Map(old).set(key, widthMin + clamp(px - widthMin, widthMax))), []);
  return {
    box, sizer, layer, marks, seen: { from: seen.from, to: Math.min(seen.to, columns.length - 1) }, columns, lefts, rows, total, filtered, range: range && cellsOf(range) > 1 ? range : undefined, error, hidden: p.columns.length - columns.length,
    onKey, onPointer, onDouble: (e: MouseEvent) => { if ((e.target as HTMLElement).closest('.grid-sizer')) open(); }, onCopyEvent: (e: ClipboardEvent) => { e.preventDefault(); copy('tsv'); }, copy, setWidth,
    hide: useCallback((key: string) => setHidden(old => new Set(old).add(key)), []), showAll: () => setHidden(none),
    fit: useCallback((i: number) => { const c = columns[i]; if (c) setWidth(keyOf(c), Math.min(600, Math.max(painter.current?.widest(i) ?? 0, c.name.length * 7.2 + 80))); }, [columns, setWidth]),
    retry: () => { setError(undefined); windows.current?.retry(); painter.current?.paint(); }, focus: () => box.current?.focus(),
  };
}
