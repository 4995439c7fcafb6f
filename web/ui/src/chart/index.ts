export { Chart, type ChartHandle, type ChartProps } from './Chart';
export { ChartKeys } from './Keys';
export { plotOf, type Plot, type Series } from './series';
export { inUnit, measureIn } from './unit';
export type { Annotation, Band, ChartColumn, ChartData, ChartSpec, Column, Columns, ColumnType, Mark, Threshold } from './spec';
export { columnOf } from './spec';
export { columnsOf } from './arrow';
