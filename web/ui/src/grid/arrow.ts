import type { ArrowTable } from '../api';
import type { GridWindow } from './types';

interface Kind { typeId: number; scale?: number }
const decimalId = 7; // Arrow's Type.Decimal: the library itself stays in its own chunk

// arrowWindow reads a window's cells from an Arrow table. columns are the keys in the order in which they were asked for.
// The table's metadata may say: total (rows that pass the filter), numbers (JSON list: each row's own number), cut (JSON list of [row, column, bytes]).
export function arrowWindow(t: ArrowTable, offset: number, columns: readonly string[]): GridWindow {
  const vectors = columns.map((_, i) => t.getChildAt(i));
  const kinds = t.schema.fields.map(f => f.type as unknown as Kind);
  const said = t.schema.metadata;
  const numbers = list<number>(said.get('numbers'));
  const cuts = new Map(list<[number, number, number]>(said.get('cut'))?.map(([r, c, n]) => [`${r} ${c}`, n]));
  const total = said.get('total');
  return {
    offset, rows: t.numRows, columns,
    cell: (r, c) => {
      const v: unknown = vectors[c]?.get(r);
      if (v === null || v === undefined) return null;
      return typeof v === 'object' ? simple(v, kinds[c]) : v;
    },
    total: total === undefined ? undefined : Number(total),
    number: r => numbers?.[r],
    cut: (r, c) => cuts.get(`${r} ${c}`),
  };
}

function list<T>(text: string | undefined): T[] | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T[]);
}

function simple(v: object, kind: Kind | undefined): unknown {
  if (kind?.typeId === decimalId) return decimal(String(v), kind.scale ?? 0);
  if (v instanceof Date) return v.getTime();
  if (v instanceof Uint8Array) return v;
  if (ArrayBuffer.isView(v)) return Array.from(v as Uint8Array);
  return plain(v);
}

function plain(v: unknown): unknown {
  if (v === null || typeof v !== 'object' || v instanceof Uint8Array) return v;
  if (v instanceof Date) return v.toISOString();
  if (Symbol.iterator in v && !('toJSON' in v && !('length' in v))) return Array.from(v as Iterable<unknown>, plain);
  const o = 'toJSON' in v ? (v as { toJSON(): unknown }).toJSON() : v;
  return o !== null && typeof o === 'object' && !Array.isArray(o) ? Object.fromEntries(Object.entries(o).map(([k, x]) => [k, plain(x)])) : o;
}

function decimal(unscaled: string, scale: number): string {
  if (scale <= 0) return unscaled;
  const minus = unscaled.startsWith('-');
  const digits = (minus ? unscaled.slice(1) : unscaled).padStart(scale + 1, '0');
  return `${minus ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
