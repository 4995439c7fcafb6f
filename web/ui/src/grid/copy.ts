// A range of cells as text: fetched in windows, so it need not be on the screen.
import { plainText } from './text';
import { type CellRange, type FetchWindow, type GridColumn, keyOf } from './types';

export type CopyForm = 'tsv' | 'markdown' | 'json';
export const copyMax = 200_000; // cells
const step = 2000; // rows

export function ordered(r: CellRange): CellRange {
  return { row: Math.min(r.row, r.toRow), toRow: Math.max(r.row, r.toRow), column: Math.min(r.column, r.toColumn), toColumn: Math.max(r.column, r.toColumn) };
}
export const cellsOf = (r: CellRange) => (Math.abs(r.toRow - r.row) + 1) * (Math.abs(r.toColumn - r.column) + 1);

export async function rangeValues(fetchWindow: FetchWindow, columns: readonly GridColumn[], r: CellRange): Promise<unknown[][]> {
  const o = ordered(r), keys = columns.slice(o.column, o.toColumn + 1).map(keyOf), out: unknown[][] = [];
  const stop = new AbortController();
  for (let at = o.row; at <= o.toRow; at += step) {
    const w = await fetchWindow(at, Math.min(step, o.toRow - at + 1), keys, stop.signal);
    for (let i = 0; i < w.rows; i++) out.push(keys.map((_, j) => w.cell(i, j)));
    if (w.rows === 0) break;
  }
  return out;
}

// written is a range as another program reads it. One cell alone is its text.
export function written(form: CopyForm, columns: readonly GridColumn[], rows: readonly unknown[][], withHead: boolean): string {
  const text = (v: unknown, j: number) => plainText(v, columns[j]?.type);
  if (form === 'json') return JSON.stringify(rows.map(r => Object.fromEntries(r.map((v, j) => [columns[j]?.name ?? String(j), jsonOf(v, columns[j])]))), null, 2);
  if (form === 'markdown') {
    const cell = (s: string) => s.replace(/\\/g, '\\\\').replace(/\|/g, '\\|').replace(/[<>]/g, c => (c === '<' ? '&lt;' : '&gt;')).replace(/\r?\n/g, ' ');
    const line = (xs: readonly string[]) => `| ${xs.map(cell).join(' | ')} |`;
    return [line(columns.map(c => c.name)), `| ${columns.map(c => (c.type === 'number' ? '--:' : '---')).join(' | ')} |`, ...rows.map(r => line(r.map((v, j) => (v === null ? 'NULL' : text(v, j)))))].join('\n');
  }
  const only = rows.length === 1 && columns.length === 1;
  const cell = (s: string) => (only ? s : /[\t\n\r"]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
  return [...(withHead ? [columns.map(c => cell(c.name)).join('\t')] : []), ...rows.map(r => r.map((v, j) => cell(text(v, j))).join('\t'))].join('\n');
}

function jsonOf(v: unknown, c: GridColumn | undefined): unknown {
  if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : String(v);
  if (c?.type === 'json' && typeof v === 'string') { try { return JSON.parse(v) as unknown; } catch { return v; } }
  if ((c?.type === 'time' || c?.type === 'date') && typeof v === 'number') return plainText(v, c.type);
  if (v instanceof Uint8Array) return plainText(v);
  return typeof v === 'object' && v !== null ? (JSON.parse(JSON.stringify(v, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x))) as unknown) : v;
}
