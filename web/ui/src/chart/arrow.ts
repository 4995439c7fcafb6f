import type { ArrowTable } from '../api';
import type { Column, Columns, ColumnType } from './spec';

// columnsOf makes a chart's columns of an Arrow table; it looks at types by name so that the library stays in its own chunk.
export function columnsOf(t: ArrowTable): Columns {
  const columns = t.schema.fields.map((field, i): Column => {
    const type = typeOf(String(field.type));
    const vector = t.getChildAt(i);
    const values = Array.from({ length: t.numRows }, (_, row): unknown => {
      const v: unknown = vector?.get(row);
      if (v === null || v === undefined) return null;
      return type === 'number' || type === 'time' ? Number(v) : v;
    });
    return { name: field.name, type, values };
  });
  return { rows: t.numRows, columns };
}

function typeOf(arrow: string): ColumnType {
  if (/^(Timestamp|Date)/.test(arrow)) return 'time';
  if (/^(Int|Uint|Float|Decimal)/.test(arrow)) return 'number';
  if (/^Bool/.test(arrow)) return 'bool';
  return /^(Utf8|LargeUtf8|Dictionary)/.test(arrow) ? 'text' : 'other';
}
