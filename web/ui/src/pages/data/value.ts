import type { Format } from '../../i18n';
// valueText is a value as one line of text; never markup.
export function valueText(v: unknown, w: { nullValue: string; emptyText: string }): string {
  if (v === null || v === undefined) return w.nullValue;
  if (v === '') return w.emptyText;
  return (typeof v === 'object' ? JSON.stringify(v) : String(v)).slice(0, 200);
}

// numberText writes what a profile says of a column of numbers, which comes as text, as people write numbers; other values as they are.
export function numberText(type: string, v: string | number, f: Format, digits: number): string {
  if (!/INT|DOUBLE|FLOAT|REAL|DECIMAL|NUMERIC/.test(type.toUpperCase()) || !/^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(String(v))) return String(v);
  return Number.isSafeInteger(Number(v)) || /[.e]/i.test(String(v)) ? f.num(Number(v), digits) : f.int(BigInt(v));
}
