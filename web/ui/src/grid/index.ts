export { cellText, DataGrid, type DataGridProps } from './DataGrid';
export type { CellAt, CellType, FetchWindow, GridColumn, GridSort, GridWindow } from './types';
