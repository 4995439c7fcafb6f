// Where rows and columns are. Pure.
import type { GridColumn } from './types';

export const rowPx = 28;
export const heightMax = 15_000_000; // px: browsers cap an element's height (Chromium 33.5 M, Firefox half of it); above, a pixel is many rows
export const numberPx = 64;

const widths = { text: 200, number: 120, time: 196, date: 120, bool: 80, json: 260, bytes: 160, other: 160 };
export const widthMin = 48, widthMax = 1200;

export function widthOf(c: GridColumn): number {
  const head = 24 + c.name.length * 7.2 + 64; // the name, its type and the menu's place
  return c.width ?? Math.round(Math.max(widths[c.type], Math.min(320, head)));
}

// leftsOf gives each column's left edge and, last, the right edge of all.
export function leftsOf(columns: readonly GridColumn[], own: ReadonlyMap<string, number>, keyOf: (c: GridColumn) => string, wide = 0): Float64Array {
  const out = new Float64Array(columns.length + 1);
  let x = numberPx;
  const free = columns.filter(c => !own.has(keyOf(c)));
  const need = free.reduce((n, c) => n + widthOf(c), 0), taken = columns.reduce((n, c) => n + (own.get(keyOf(c)) ?? 0), numberPx);
  const stretch = need > 0 && need + taken < wide ? (wide - taken) / need : 1; // few columns fill the width, as a table does
  columns.forEach((c, i) => { out[i] = Math.round(x); x += own.get(keyOf(c)) ?? widthOf(c) * stretch; });
  out[columns.length] = Math.round(x);
  return out;
}

// columnAt is the column that x falls into.
export function columnAt(lefts: Float64Array, x: number): number {
  let lo = 0, hi = Math.max(0, lefts.length - 2);
  while (lo < hi) {
    const mid = (lo + hi + 1) >> 1;
    if ((lefts[mid] ?? 0) <= x) lo = mid; else hi = mid - 1;
  }
  return lo;
}

export const clamp = (n: number, max: number) => Math.max(0, Math.min(max, n));
