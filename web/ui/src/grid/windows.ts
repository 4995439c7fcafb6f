import type { FetchWindow, GridWindow } from './types';

export const windowRows = 200;
export const blockColumns = 16; // columns are fetched in blocks too, so that a step to the right is no new window
const keptMax = 160; // blocks
const pauseMs = 40; // a scroll that flies past asks for nothing until it slows down

interface Asked { stop: AbortController; row: number; blocks: readonly number[] }

// Windows keeps what has been looked at last, fetches what is looked at now and what comes next, and gives up what was flown past.
export class Windows {
  private kept = new Map<string, { window: GridWindow; column: number }>(); // by "row block:column block"; column: the block's first in the window
  private asked = new Map<string, Asked>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private last = { first: 0, at: 0 };
  private failedAt = new Set<string>();

  constructor(private fetchWindow: FetchWindow, private keys: readonly string[], private rows: number, private heard: (w: GridWindow) => void, private failed: (e: unknown) => void) {}

  // grow tells of rows that have come since: windows at the old end were not full.
  grow(rows: number) {
    if (rows === this.rows) return;
    for (const [k, { window: w }] of this.kept) if (w.rows < windowRows && w.offset + w.rows < rows) this.kept.delete(k);
    this.rows = rows;
  }

  at(row: number, column: number): { window: GridWindow; column: number } | undefined {
    const e = this.kept.get(`${Math.floor(row / windowRows)}:${Math.floor(column / blockColumns)}`);
    return e && row - e.window.offset < e.window.rows ? { window: e.window, column: e.column + (column % blockColumns) } : undefined;
  }

  want(first: number, last: number, c0: number, c1: number) {
    const now = performance.now();
    const speed = Math.abs(first - this.last.first) / Math.max(1, now - this.last.at); // rows a ms
    this.last = { first, at: now };
    clearTimeout(this.timer);
    const ask = () => this.ask(first, last, c0, c1);
    if (speed > 8 && now - this.lastAsk < pauseMs * 3) this.timer = setTimeout(ask, pauseMs);
    else ask();
  }
  private lastAsk = 0;

  retry() { this.failedAt.clear(); }

  private ask(first: number, last: number, c0: number, c1: number) {
    const from = Math.floor(first / windowRows), to = Math.floor(Math.max(first, last) / windowRows);
    const b0 = Math.floor(c0 / blockColumns), b1 = Math.floor(c1 / blockColumns);
    for (const [k, a] of this.asked) if (a.row < from - 1 || a.row > to + 1 || a.blocks.every(b => b < b0 - 1 || b > b1 + 1)) { a.stop.abort(); this.asked.delete(k); }
    for (let i = from; i <= to; i++) this.row(i, b0, b1);
    if (this.asked.size === 0) { // what comes next, once all that is looked at is here
      if ((last % windowRows) > windowRows / 2) this.row(to + 1, b0, b1);
      else if (first % windowRows < windowRows / 2) this.row(from - 1, b0, b1);
    }
  }

  private row(i: number, b0: number, b1: number) {
    if (i < 0 || i * windowRows >= this.rows) return;
    const missing: number[] = [];
    for (let b = b0; b <= b1; b++) {
      const k = `${i}:${b}`;
      const kept = this.kept.get(k);
      if (kept) { this.kept.delete(k); this.kept.set(k, kept); } // the newest used is the last to go
      else if (!this.failedAt.has(k) && ![...this.asked.values()].some(a => a.row === i && a.blocks.includes(b))) missing.push(b);
    }
    if (missing.length === 0) return;
    const stop = new AbortController();
    const id = `${i}:${missing.join()}`;
    this.lastAsk = performance.now();
    this.asked.set(id, { stop, row: i, blocks: missing });
    const columns = missing.flatMap(b => this.keys.slice(b * blockColumns, (b + 1) * blockColumns));
    this.fetchWindow(i * windowRows, windowRows, columns, stop.signal).then(window => {
      if (stop.signal.aborted) return;
      this.asked.delete(id);
      missing.forEach((b, n) => this.kept.set(`${i}:${b}`, { window, column: n * blockColumns }));
      for (const k of this.kept.keys()) { if (this.kept.size <= keptMax) break; this.kept.delete(k); }
      this.heard(window);
    }, (e: unknown) => {
      if (stop.signal.aborted) return;
      this.asked.delete(id);
      for (const b of missing) this.failedAt.add(`${i}:${b}`);
      this.failed(e);
    });
  }

  close() {
    clearTimeout(this.timer);
    for (const a of this.asked.values()) a.stop.abort();
    this.asked.clear();
  }
}
