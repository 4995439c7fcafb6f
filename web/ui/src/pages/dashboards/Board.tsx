import type { ReactNode } from 'react';
import type { At, Tile } from './api';

export const columns = 24, rowPx = 30;

// readingOrder: as one reads, so that the keyboard and narrow screens go the same way.
export function readingOrder(tiles: readonly Tile[]): Tile[] {
  return [...tiles].sort((a, b) => a.at.y - b.at.y || a.at.x - b.at.x);
}

export function placeOf(at: At) {
  return { gridColumn: `${at.x + 1} / span ${at.w}`, gridRow: `${at.y + 1} / span ${at.h}` };
}

// Board is the grid that tiles stand on: 24 columns, rows of 30 px, hairlines between tiles instead of cards around them.
export function Board({ tiles, children }: { tiles: readonly Tile[]; children: (t: Tile) => ReactNode }) {
  return (
    <div className="board">
      {readingOrder(tiles).map(t => <div key={t.id} className={`cell${t.at.x + t.at.w >= columns ? ' last' : ''}${t.at.x === 0 ? ' first' : ''}`} style={placeOf(t.at)} data-tile={t.id}>{children(t)}</div>)}
    </div>
  );
}
