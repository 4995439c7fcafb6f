// What a grid asks of whoever has the rows. Rows are read as windows; the grid never holds all of them.
export type CellType = 'text' | 'number' | 'time' | 'date' | 'bool' | 'json' | 'bytes' | 'other';

export interface GridColumn {
  name: string;
  key?: string | undefined; // how fetchWindow, sort and filter call it; the name when it is not given. Needed when a name occurs twice
  type: CellType;
  typeName: string; // as SQL says it: "BIGINT"
  width?: number | undefined; // px
}

export const keyOf = (c: GridColumn) => c.key ?? c.name;

// GridWindow is rows [offset, offset + rows) of the columns that were asked for.
export interface GridWindow {
  offset: number;
  rows: number;
  columns: readonly string[]; // their keys
  // cell is the value at a row (counted from offset) and one of columns; null is NULL, '' is the empty text.
  cell(row: number, column: number): unknown;
  total?: number | undefined; // rows that pass the filter
  number?: ((row: number) => number | undefined) | undefined; // the row's own number, whatever the order: for the whole cell
  cut?: ((row: number, column: number) => number | undefined) | undefined; // bytes of the whole cell, when it is longer than what is here
}

export type FetchWindow = (offset: number, limit: number, columns: readonly string[], signal: AbortSignal) => Promise<GridWindow>;

export interface GridSort { column: string; down: boolean }

export const filterOps = ['=', '!=', '<', '<=', '>', '>=', 'contains', 'starts with', 'is null', 'is not null'] as const;
export type FilterOp = (typeof filterOps)[number];
export interface GridFilter { column: string; op: FilterOp; value?: string | undefined }

export interface CellAt { row: number; column: string; value: unknown; number?: number | undefined; cut?: number | undefined }

// CellRange is cells from one corner to another, both within; a corner may be either.
export interface CellRange { row: number; column: number; toRow: number; toColumn: number }
