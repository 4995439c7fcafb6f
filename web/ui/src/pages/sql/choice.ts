// What of a result is drawn, and how: the address says MARK.X.Y.BY, columns by their keys; what it does not say is guessed from their types.
import type { ChartSpec } from '../../chart';
import { type GridColumn, keyOf } from '../../grid';

export const marks = ['line', 'area', 'bar'] as const;
export interface Choice { mark: (typeof marks)[number]; x: string; y: string; by: string }

export function chosen(text: string | undefined, columns: readonly GridColumn[]): Choice | undefined {
  const has = (key: string | undefined) => columns.some(c => keyOf(c) === key);
  const [mark, x, y, by] = (text ?? '').split('.');
  const numbers = columns.filter(c => c.type === 'number');
  const number = numbers[0];
  if (!number) return undefined;
  const time = columns.find(c => c.type === 'time' || c.type === 'date');
  const across = has(x) && x ? x : keyOf(time ?? columns.find(c => c.type === 'text') ?? columns.find(c => c !== number) ?? number);
  const up = has(y) && y ? y : keyOf(numbers.find(c => keyOf(c) !== across) ?? number);
  const split = text === undefined && time ? columns.find(c => c.type === 'text') : undefined;
  return { mark: marks.find(m => m === mark) ?? (time && keyOf(time) === across ? 'line' : 'bar'), x: across, y: up, by: by && has(by) ? by : split ? keyOf(split) : '' };
}

// labelOf is a column's name; one that occurs twice has its place behind it.
export function labelOf(columns: readonly GridColumn[], key: string): string {
  const n = columns.find(c => keyOf(c) === key)?.name ?? '';
  return columns.filter(c => c.name === n).length > 1 ? `${n} ${key}` : n;
}

export function specOf(c: Choice, columns: readonly GridColumn[]): ChartSpec {
  return { mark: c.mark, x: labelOf(columns, c.x), y: [labelOf(columns, c.y)], ...(c.by ? { series: labelOf(columns, c.by) } : {}), ...(c.mark === 'area' && c.by ? { stack: true } : {}) };
}
