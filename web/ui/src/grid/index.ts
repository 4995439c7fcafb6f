export { arrowWindow } from './arrow';
export { DataGrid, type DataGridProps } from './DataGrid';
export { cellText, cellTypeOf, plainText, shortType } from './text';
export { type CellAt, type CellType, type FetchWindow, type FilterOp, type GridColumn, type GridFilter, type GridSort, type GridWindow, filterOps, keyOf } from './types';
export { blockColumns, windowRows } from './windows';
