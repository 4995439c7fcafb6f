// What a grid asks of whoever has the rows. Rows are read as windows; the grid never holds all of them.
export type CellType = 'text' | 'number' | 'time' | 'date' | 'bool' | 'json' | 'bytes' | 'other';

export interface GridColumn {
  name: string;
  type: CellType;
  typeName: string; // as SQL says it: "BIGINT"
  width?: number | undefined; // px
}

// GridWindow is rows [offset, offset + rows) of the columns that were asked for.
export interface GridWindow {
  offset: number;
  rows: number;
  columns: readonly string[];
  // cell is the value at a row (counted from offset) and one of columns; null is NULL, '' is the empty text.
  cell(row: number, column: number): unknown;
}

export type FetchWindow = (offset: number, limit: number, columns: readonly string[], signal: AbortSignal) => Promise<GridWindow>;

export interface GridSort { column: string; down: boolean }

export interface CellAt { row: number; column: string; value: unknown }
