// Draws the rows that are looked at into a few elements that are used again and again. React does not see them: a scroll frame
// writes some texts and transforms, and nothing else.
import { clamp, columnAt, heightMax, rowPx } from './layout';
import { type CellRange, type GridColumn, keyOf } from './types';
import type { Windows } from './windows';

export interface Model {
  rows: number;
  columns: readonly GridColumn[];
  lefts: Float64Array; // left edge of each column, and the right edge of the last
  source: readonly number[]; // of each column that is shown, its place among all
  windows: Windows;
  text: (c: GridColumn, v: unknown) => string;
  number: (row: number) => string;
  empty: string; // what stands for the empty text
  at: { row: number; column: number };
  range: CellRange | undefined;
  id: string;
}

interface Slot { el: HTMLElement; number: HTMLElement; cells: HTMLElement[]; row: number; waits: boolean; layout: number; shown: number; y: number }

const overscan = 4; // rows

export class Painter {
  private slots: Slot[] = [];
  private layout = 0; // goes up when columns have moved: then every cell is placed anew
  private c0 = 0;
  private c1 = -1;
  private top = 0; // virtual px of the first visible row's edge
  private base = 0; // the row at the layer's origin
  private wheel = 0;
  private frame = 0;
  private view = { width: 0, height: 0 }; // of the box: reading it in a frame would lay everything out anew
  private marked: HTMLElement | undefined;
  private digits = new Map<string, number>(); // most decimals seen in a column: shorter ones end earlier, so that all points stand below each other
  private grown = false;
  private widths: { figure: number; point: number; own: number } | undefined; // px of a figure, a point, and the padding of a cell

  constructor(private box: HTMLElement, private sizer: HTMLElement, private layer: HTMLElement, private rangeEl: HTMLElement, private activeEl: HTMLElement, private m: Model, private onColumns: (c0: number, c1: number) => void) {
    box.addEventListener('scroll', this.scrolled, { passive: true });
    box.addEventListener('wheel', this.wheeled, { passive: false });
    this.size();
  }

  close() {
    this.box.removeEventListener('scroll', this.scrolled);
    this.box.removeEventListener('wheel', this.wheeled);
    cancelAnimationFrame(this.frame);
    this.layer.replaceChildren();
  }

  // set takes a new model; what has changed is drawn.
  set(m: Model) {
    const moved = m.columns !== this.m.columns || m.lefts !== this.m.lefts;
    const other = m.windows !== this.m.windows || m.text !== this.m.text || m.number !== this.m.number || m.empty !== this.m.empty;
    const sized = m.rows !== this.m.rows || moved;
    this.m = m;
    if (moved) this.layout++;
    if (other) { this.digits.clear(); for (const s of this.slots) s.row = -1; }
    if (sized) this.size();
    this.paint();
  }

  // size makes the scrolled element as large as the rows, up to what browsers can.
  size() {
    this.widths = undefined; // fonts may have come
    this.view = { width: this.box.clientWidth, height: this.box.clientHeight };
    this.sizer.style.height = `${Math.min(this.full, heightMax)}px`;
    this.sizer.style.width = `${this.m.lefts.at(-1) ?? 0}px`;
    this.layout++;
    this.top = Math.min(this.top, this.topMax);
  }

  private get full() { return this.m.rows * rowPx; }
  private get high() { return Math.max(rowPx, this.view.height - rowPx); } // of the rows: without the head
  private get topMax() { return Math.max(0, this.full - this.high); }
  private get scaled() { return this.full > heightMax; }
  private get scale() { return this.scaled ? this.topMax / Math.max(1, heightMax - this.high) : 1; }

  get page() { return Math.max(1, Math.floor(this.high / rowPx) - 1); }

  private scrolled = () => {
    const y = this.box.scrollTop;
    // Where one has scrolled to is a share of all rows; a pixel more or less is what we have set ourselves.
    if (!this.scaled) this.top = y;
    else if (Math.abs(y - this.top / this.scale) > 1) this.top = clamp(y * this.scale, this.topMax);
    this.paint();
  };

  // A wheel moves by pixels of rows, also where a pixel of the scroll bar is many rows.
  private wheeled = (e: WheelEvent) => {
    if (!this.scaled || e.ctrlKey || e.shiftKey || e.deltaY === 0) return;
    const dy = e.deltaMode === 1 ? e.deltaY * rowPx : e.deltaMode === 2 ? e.deltaY * this.high : e.deltaY;
    if ((dy < 0 && this.top <= 0) || (dy > 0 && this.top >= this.topMax)) return;
    e.preventDefault();
    this.wheel += dy;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.to(this.top + this.wheel);
      this.wheel = 0;
    });
    if (e.deltaX !== 0) this.box.scrollLeft += e.deltaX;
  };

  private to(top: number) {
    this.top = clamp(top, this.topMax);
    this.box.scrollTop = this.top / this.scale;
    this.paint();
  }

  // reveal scrolls as little as it takes to show a cell.
  reveal(row: number, column: number) {
    const y = row * rowPx;
    if (y < this.top) this.to(y);
    else if (y + rowPx > this.top + this.high) this.to(y + rowPx - this.high);
    const l = this.m.lefts[column] ?? 0, r = this.m.lefts[column + 1] ?? l, head = this.m.lefts[0] ?? 0;
    if (l - head < this.box.scrollLeft) this.box.scrollLeft = l - head;
    else if (r > this.box.scrollLeft + this.box.clientWidth) this.box.scrollLeft = Math.min(l - head, r - this.box.clientWidth);
    this.paint();
  }

  // jump puts a row at the top.
  jump(row: number) { this.to(row * rowPx); }

  // cellAt is the cell below a point of the window; column -1 is the row number.
  cellAt(clientX: number, clientY: number): { row: number; column: number } {
    const b = this.box.getBoundingClientRect();
    const x = clientX - b.left, head = this.m.lefts[0] ?? 0;
    const row = Math.floor((this.top + clientY - b.top - rowPx) / rowPx);
    return { row: clamp(row, this.m.rows - 1), column: x < head ? -1 : columnAt(this.m.lefts, x + this.box.scrollLeft) };
  }

  paint() {
    const { m } = this;
    const scroll = this.box.scrollTop;
    if (!this.scaled) this.top = scroll;
    const first = Math.max(0, Math.floor(this.top / rowPx) - overscan), last = Math.min(m.rows - 1, Math.ceil((this.top + this.high) / rowPx) + overscan);
    const x = this.box.scrollLeft, head = m.lefts[0] ?? 0;
    const c0 = Math.max(0, columnAt(m.lefts, x + head) - 1), c1 = Math.min(m.columns.length - 1, columnAt(m.lefts, x + this.view.width) + 1);
    if (c0 !== this.c0 || c1 !== this.c1) {
      this.c0 = c0; this.c1 = c1;
      this.layout++;
      this.onColumns(c0, c1);
    }
    if (this.scaled) {
      if (Math.abs(first - this.base) > 200_000) { this.base = first; this.layout++; }
      const moved = `translateY(${Math.round(this.base * rowPx - this.top) + scroll}px)`;
      this.layer.style.transform = moved;
      if (this.activeEl.parentElement) this.activeEl.parentElement.style.transform = moved;
    } else if (this.base !== 0 || this.layer.style.transform) { this.base = 0; this.layer.style.transform = ''; if (this.activeEl.parentElement) this.activeEl.parentElement.style.transform = ''; this.layout++; }
    this.pool(Math.ceil(this.high / rowPx) + 2 * overscan + 2);
    const n = this.slots.length;
    if (m.rows > 0 && m.columns.length > 0) m.windows.want(first, last, m.source[c0] ?? c0, m.source[c1] ?? c1);
    for (let again = true; again; again = this.grown) {
      if (this.grown) for (const s of this.slots) s.layout = -1;
      this.grown = false;
      for (let row = first; row <= last; row++) {
        const s = this.slots[row % n];
        if (s && (s.row !== row || s.waits || s.layout !== this.layout)) this.fill(s, row);
      }
    }
    for (const s of this.slots) if (s.shown && (s.row < first || s.row > last)) { s.el.hidden = true; s.shown = 0; s.row = -1; }
    this.mark();
  }

  private pool(n: number) {
    if (this.slots.length === n) return;
    this.layer.replaceChildren();
    this.slots = Array.from({ length: n }, () => {
      const el = document.createElement('div'), number = document.createElement('span');
      el.className = 'grid-row';
      el.hidden = true; // an empty one would lie on the first row
      el.setAttribute('role', 'row');
      number.className = 'grid-cell rn';
      number.setAttribute('role', 'rowheader');
      el.append(number);
      return { el, number, cells: [], row: -1, waits: false, layout: -1, shown: 0, y: -1 };
    });
    this.layer.append(...this.slots.map(s => s.el));
  }

  private fill(s: Slot, row: number) {
    const { m, c0, c1 } = this;
    const moved = s.layout !== this.layout;
    const y = (row - this.base) * rowPx;
    if (s.y !== y) { s.el.style.transform = `translateY(${y}px)`; s.y = y; }
    if (s.row !== row) {
      s.el.setAttribute('aria-rowindex', String(row + 2));
      s.number.textContent = m.number(row);
      s.el.classList.toggle('odd', row % 2 === 1);
    }
    if (moved) s.el.style.width = `${m.lefts.at(-1) ?? 0}px`;
    if (!s.shown) { s.el.hidden = false; s.shown = 1; }
    s.row = row;
    s.layout = this.layout;
    s.waits = false;
    const n = c1 - c0 + 1;
    while (s.cells.length < n) {
      const cell = document.createElement('div');
      cell.setAttribute('role', 'gridcell');
      s.el.append(cell);
      s.cells.push(cell);
    }
    for (let j = 0; j < s.cells.length; j++) {
      const cell = s.cells[j], c = c0 + j, column = m.columns[c];
      if (!cell) continue;
      if (j >= n || !column) { if (!cell.hidden) cell.hidden = true; continue; }
      if (cell.hidden) cell.hidden = false;
      if (moved) {
        const l = m.lefts[c] ?? 0;
        cell.style.left = `${l}px`;
        cell.style.width = `${(m.lefts[c + 1] ?? l) - l}px`;
        cell.setAttribute('aria-colindex', String(c + 1));
      }
      const got = m.windows.at(row, m.source[c] ?? c);
      let text = '', kind = base[column.type] ?? plain, padding = '';
      if (!got) { s.waits = true; kind = waiting; } else {
        const v = got.window.cell(row - got.window.offset, got.column);
        if (v === null || v === undefined) { text = 'NULL'; kind += ' null'; } else if (v === '') { text = m.empty; kind += ' blank'; } else {
          text = m.text(column, v);
          if (column.type === 'number') padding = this.padding(keyOf(column), text);
          if (got.window.cut?.(row - got.window.offset, got.column) !== undefined) kind += ' cut-off';
        }
      }
      if (cell.className !== kind) cell.className = kind;
      if (cell.style.paddingRight !== padding) cell.style.paddingRight = padding;
      const node = cell.firstChild;
      if (!node) cell.textContent = text;
      else if (node.nodeValue !== text) node.nodeValue = text;
    }
  }

  // padding puts a number's point below those of its column: what has fewer decimals ends earlier. Nothing for what has no point (1e21, NaN).
  private padding(key: string, text: string): string {
    const m = decimals.exec(text);
    if (!m) return '';
    const has = m[1]?.length ?? 0, most = this.digits.get(key) ?? 0;
    if (has > most) { this.digits.set(key, has); this.grown = true; }
    if (has >= most) return '';
    const { figure, point, own } = (this.widths ??= this.measured());
    return `${own + (most - has) * figure + (has === 0 ? point : 0)}px`;
  }

  private measured() {
    const probe = document.createElement('div');
    probe.className = 'grid-cell num';
    this.layer.append(probe);
    const width = (text: string) => { probe.textContent = text; return probe.getBoundingClientRect().width; };
    const none = width(''), figure = (width('0'.repeat(50)) - none) / 50, point = (width('.'.repeat(50)) - none) / 50, own = parseFloat(getComputedStyle(probe).paddingRight);
    probe.remove();
    return { figure, point, own };
  }

  // mark shows which cells are chosen: two boxes above the rows, so that no cell is drawn anew.
  private mark() {
    const { m } = this;
    const place = (el: HTMLElement, r: CellRange | undefined) => {
      if (!r || m.rows === 0 || m.columns.length === 0) { el.hidden = true; return; }
      const [a, b] = r.row <= r.toRow ? [r.row, r.toRow] : [r.toRow, r.row], [c, d] = r.column <= r.toColumn ? [r.column, r.toColumn] : [r.toColumn, r.column];
      const lo = Math.max(a, this.firstRow - 50), hi = Math.min(b, this.firstRow + this.slots.length + 50); // what is far away is not drawn
      if (lo > hi) { el.hidden = true; return; }
      el.hidden = false;
      const left = m.lefts[c] ?? 0;
      el.style.transform = `translate(${left}px,${(lo - this.base) * rowPx}px)`;
      el.style.width = `${(m.lefts[d + 1] ?? left) - left}px`;
      el.style.height = `${(hi - lo + 1) * rowPx}px`;
    };
    const { row, column } = m.at;
    place(this.activeEl, { row, column, toRow: row, toColumn: column });
    place(this.rangeEl, m.range);
    const s = this.slots[row % Math.max(1, this.slots.length)];
    const cell = s && s.row === row && column >= this.c0 && column <= this.c1 ? s.cells[column - this.c0] : undefined;
    if (cell === this.marked) return;
    if (this.marked) { this.marked.removeAttribute('id'); this.marked.removeAttribute('aria-selected'); this.marked = undefined; }
    if (cell) {
      cell.id = m.id;
      cell.setAttribute('aria-selected', 'true');
      this.marked = cell;
      this.box.setAttribute('aria-activedescendant', m.id);
    } else this.box.removeAttribute('aria-activedescendant');
  }
  private get firstRow() { return Math.floor(this.top / rowPx); }

  // widest is how wide a column must be for what is on the screen.
  widest(column: number): number {
    let most = 0;
    for (const s of this.slots) if (s.shown) most = Math.max(most, (s.cells[column - this.c0]?.firstChild?.nodeValue ?? '').length);
    return most * 7.3 + 26;
  }
}

const decimals = /^[-−]?[\d,]+(?:\.(\d+))?$/;
const plain = 'grid-cell', waiting = 'grid-cell wait';
const base: Partial<Record<GridColumn['type'], string>> = { number: 'grid-cell num', json: 'grid-cell mono', bytes: 'grid-cell mono' };
