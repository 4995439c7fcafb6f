// Where tiles stand while they are moved. Pure.
import type { At, Tile } from '../api';
import { columns, readingOrder } from '../Board';

export const rowsMax = 200;
const clash = (a: At, b: At) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

// within keeps a place inside the grid.
export function within(at: At): At {
  const w = Math.max(1, Math.min(columns, Math.round(at.w))), h = Math.max(1, Math.min(rowsMax, Math.round(at.h)));
  return { w, h, x: Math.max(0, Math.min(columns - w, Math.round(at.x))), y: Math.max(0, Math.min(9000, Math.round(at.y))) };
}

// placed puts one tile where it is wanted; what is in its way goes down, and so on.
export function placed(tiles: readonly Tile[], id: string, to: At): Tile[] {
  const at = within(to);
  const stand = new Map<string, At>([[id, at]]);
  for (const t of readingOrder(tiles).filter(t => t.id !== id)) {
    let y = t.at.y;
    for (;;) {
      const hit = [...stand.values()].find(o => clash({ ...t.at, y }, o));
      if (!hit) break;
      y = hit.y + hit.h;
    }
    stand.set(t.id, y === t.at.y ? t.at : { ...t.at, y });
  }
  return tiles.map(t => { const a = stand.get(t.id); return a && a !== t.at ? { ...t, at: a } : t; });
}

// closed lets all tiles go up as far as they can.
export function closed(tiles: readonly Tile[]): Tile[] {
  const stand = new Map<string, At>();
  for (const t of readingOrder(tiles)) {
    let y = t.at.y;
    while (y > 0 && ![...stand.values()].some(o => clash({ ...t.at, y: y - 1 }, o))) y--;
    stand.set(t.id, { ...t.at, y });
  }
  return tiles.map(t => { const a = stand.get(t.id); return a && a.y !== t.at.y ? { ...t, at: a } : t; });
}

const tight = (tiles: readonly Tile[]) => closed(tiles).every((t, i) => t === tiles[i]);

// without takes a tile away; where there were no gaps there are none after it.
export function without(tiles: readonly Tile[], id: string): Tile[] {
  const left = tiles.filter(t => t.id !== id);
  return tight(tiles) ? closed(left) : left;
}

export const bottom = (tiles: readonly Tile[]) => Math.max(0, ...tiles.map(t => t.at.y + t.at.h));

// freeId is an id that no tile has.
export function freeId(tiles: readonly Tile[], stem = 'tile'): string {
  for (let n = tiles.length + 1; ; n++) if (!tiles.some(t => t.id === `${stem}_${n}`)) return `${stem}_${n}`;
}

// roomFor is the first place below all tiles, or beside the last ones where there is room.
export function roomFor(tiles: readonly Tile[], w: number, h: number): At {
  const end = bottom(tiles);
  for (let y = Math.max(0, end - h); y <= end; y++) for (let x = 0; x + w <= columns; x++) if (!tiles.some(t => clash({ x, y, w, h }, t.at))) return { x, y, w, h };
  return { x: 0, y: end, w, h };
}
