export { Chart, type ChartProps } from './Chart';
export type { Annotation, Band, ChartData, ChartSpec, Column, Columns, ColumnType, Mark, Threshold } from './spec';
export { columnOf } from './spec';
export { columnsOf } from './arrow';
