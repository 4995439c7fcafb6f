import type { Format } from '../i18n';
import type { CellType, GridColumn } from './types';

const cellMax = 500; // characters of a cell in the grid; the inspector shows the whole

// cellText is a value as one line of text; never markup.
export function cellText(f: Format, c: GridColumn, v: unknown): string {
  if (v === null) return 'NULL';
  if (c.type === 'time' && (typeof v === 'number' || v instanceof Date)) return f.stamp(v);
  if (c.type === 'date' && (typeof v === 'number' || v instanceof Date)) return new Date(v).toISOString().slice(0, 10);
  if (typeof v === 'number') return c.type !== 'number' || beyond(v) ? String(v) : f.num(v, 6);
  if (typeof v === 'bigint') return f.int(v);
  if (c.type === 'number' && typeof v === 'string') return grouped(f, v);
  const s = plainText(v);
  return s.length > cellMax ? `${s.slice(0, cellMax)}…` : s;
}

// beyond are numbers of which a double knows less than all figures, and ones that six decimals would call 0: 1e+25 and 2.5e-9 say how large they are, also where the cell ends.
const beyond = (v: number) => v !== 0 && (Math.abs(v) >= 1e15 || Math.abs(v) < 5e-7);

// grouped writes a decimal that is too exact for a double: its digits stay as they are.
function grouped(f: Format, v: string): string {
  const m = /^(-?)(\d+)(\.\d+)?$/.exec(v);
  return m ? `${m[1]}${f.int(BigInt(m[2] ?? 0))}${m[3] ?? ''}` : v;
}

// plainText is a value as other programs read it: for the clipboard.
export function plainText(v: unknown, type?: CellType): string {
  if (v === null || v === undefined) return '';
  if (type === 'time' && typeof v === 'number') return new Date(v).toISOString();
  if (type === 'date' && typeof v === 'number') return new Date(v).toISOString().slice(0, 10);
  if (v instanceof Uint8Array) return `\\x${Array.from(v.subarray(0, 4096), b => b.toString(16).padStart(2, '0')).join('')}${v.length > 4096 ? '…' : ''}`;
  return typeof v === 'object' ? JSON.stringify(v, (_, x: unknown) => (typeof x === 'bigint' ? String(x) : x)) : String(v);
}

// cellTypeOf reads a type as SQL says it.
export function cellTypeOf(sql: string): CellType {
  const t = sql.toUpperCase();
  if (/^(STRUCT|MAP|UNION|JSON|VARIANT)\b|\]$|^LIST/.test(t)) return 'json';
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?\d*|DOUBLE|FLOAT\d*|REAL|DECIMAL|NUMERIC)\b/.test(t)) return 'number';
  if (/^TIMESTAMP|^DATETIME/.test(t)) return 'time';
  if (/^DATE\b/.test(t)) return 'date';
  if (/^BOOL/.test(t)) return 'bool';
  if (/^(BLOB|BYTEA|VARBINARY)/.test(t)) return 'bytes';
  return /^(VARCHAR|TEXT|STRING|CHAR|UUID|ENUM)/.test(t) ? 'text' : 'other';
}

const shorts: readonly (readonly [RegExp, string])[] = [[/^VARCHAR$/, 'text'], [/^TIMESTAMP( WITH TIME ZONE|TZ)?$/, 'time'], [/^(BIGINT|INTEGER|SMALLINT|TINYINT|HUGEINT)$/, 'int'], [/^(DOUBLE|FLOAT|REAL)$/, 'num'], [/^BOOLEAN$/, 'bool'], [/^DECIMAL/, 'dec']];

// shortType is a type's name for a narrow place.
export function shortType(sql: string): string {
  const t = sql.toUpperCase();
  return shorts.find(([re]) => re.test(t))?.[1] ?? (sql.length > 14 ? `${sql.slice(0, 13).toLowerCase()}…` : sql.toLowerCase());
}
