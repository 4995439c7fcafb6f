import type { ArrowTable } from '../api';
import type { GridWindow } from './types';

// arrowWindow reads a window's cells from an Arrow table. columns are the keys in the order in which they were asked for.
// The table's metadata may say: total (rows that pass the filter), numbers (JSON list: each row's own number), cut (JSON list of [row, column, bytes]).
export function arrowWindow(t: ArrowTable, offset: number, columns: readonly string[]): GridWindow {
  const vectors = columns.map((_, i) => t.getChildAt(i));
  const said = t.schema.metadata;
  const numbers = list<number>(said.get('numbers'));
  const cuts = new Map(list<[number, number, number]>(said.get('cut'))?.map(([r, c, n]) => [`${r} ${c}`, n]));
  const total = said.get('total');
  return {
    offset, rows: t.numRows, columns,
    cell: (r, c) => vectors[c]?.get(r) ?? null,
    total: total === undefined ? undefined : Number(total),
    number: r => numbers?.[r],
    cut: (r, c) => cuts.get(`${r} ${c}`),
  };
}

function list<T>(text: string | undefined): T[] | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T[]);
}
