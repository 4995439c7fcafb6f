// Our chart spec, version 1: what dashboards/NAME.yaml says about a tile's chart. It is compiled to ECharts (./compile.ts); no option of
// ECharts is ever written by a person.
import type { Text } from '../i18n';
import type { Tone } from '../ui';

export type Mark = 'line' | 'area' | 'bar' | 'histogram' | 'number' | 'table' | 'text';

export interface ChartSpec {
  version?: 1;
  mark: Mark;
  x?: string; // a column: time, number or text
  y?: readonly string[]; // number columns
  series?: string; // a column whose values make one series each
  stack?: boolean;
  unit?: string; // "ms", "bytes", "req/min", "%", "rows" …: ms, s, bytes and % are formatted, others stand behind the number
  decimals?: number; // missing: as the unit has it
  order?: readonly string[]; // of the series; the first is the topmost
  colors?: Readonly<Record<string, Tone>>; // by series; errors are "error"
  columns?: readonly ChartColumn[]; // how a table writes its columns
  text?: Text; // of mark text
}

// ChartColumn says how one column of a table is written.
export interface ChartColumn { name: string; label?: Text; unit?: string; decimals?: number; hide?: boolean }

export interface Threshold { value: number; level: 'warn' | 'error'; label?: Text }

// Annotation is a date with words, shown as a flag on the axis.
export interface Annotation { id?: string; at: string; to?: string; text: string; by?: string }

// Column is one column of data; values of a time column are ms since 1970.
export interface Column { name: string; type: ColumnType; values: ArrayLike<unknown> }
export type ColumnType = 'time' | 'number' | 'text' | 'bool' | 'other';
export interface Columns { rows: number; columns: readonly Column[] }

// Band is the usual range: between low and high at each moment.
export interface Band { x: ArrayLike<number>; low: ArrayLike<number | null>; high: ArrayLike<number | null> }

export interface ChartData extends Columns {
  compare?: Columns | undefined; // the same query for an earlier period, its times moved to now
  compareMs?: number | undefined; // how much earlier
  usual?: Band | undefined;
}

export function columnOf(data: Columns, name: string | undefined): Column | undefined {
  return name === undefined ? undefined : data.columns.find(c => c.name === name);
}
