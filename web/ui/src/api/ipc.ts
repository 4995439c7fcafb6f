// Reads an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html) as our server writes windows of rows: one schema and its record
// batches, no dictionaries, no compression (the server makes such columns plain). The library for all of Arrow is 50 KB; this is 2.
// Values: numbers, bigints for 64 bits, decimals as exact text, instants as ms since 1970, days and times of the day as text, lists as arrays, structs and
// maps as objects, bytes as Uint8Array.

export interface ArrowField { name: string; type: string } // type as Arrow calls it: "Int64", "Timestamp"
export interface ArrowVector { get(row: number): unknown }

export interface ArrowTable {
  numRows: number;
  schema: { fields: readonly ArrowField[]; metadata: ReadonlyMap<string, string> };
  getChildAt(i: number): ArrowVector | null;
}

type Get = (row: number) => unknown;
interface Type { name: string; id: number; children: Type[]; width: number; signed: boolean; unit: number; scale: number; zoned: boolean }
interface Batch { rows: number; columns: Get[] }

const noTable: ArrowTable = { numRows: 0, schema: { fields: [], metadata: new Map() }, getChildAt: () => null };
const utf8 = new TextDecoder();

// tableFromIPC is all batches of a stream as one table. Cells are read when they are asked for.
export function tableFromIPC(bytes: Uint8Array): ArrowTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0, types: Type[] = [], table: ArrowTable = noTable;
  const batches: Batch[] = [];
  while (at + 8 <= view.byteLength) {
    const long = view.getInt32(at, true) === -1; // a mark, then the length
    const size = view.getInt32(at + (long ? 4 : 0), true);
    const from = at + (long ? 8 : 4);
    if (size === 0) break;
    if (size < 0 || from + size > view.byteLength) throw new Error('the answer was cut off');
    const message = Flat.root(view, from);
    const kind = message.byte(1), head = message.table(2), body = from + size;
    if (head && kind === 1) {
      const fields = head.tables(1);
      types = fields.map(typeOf);
      table = { ...noTable, schema: { fields: fields.map((f, i) => ({ name: f.text(0), type: types[i]?.name ?? '' })), metadata: new Map(head.tables(2).map(kv => [kv.text(0), kv.text(1)])) } };
    } else if (head && kind === 3) batches.push(batchOf(view, head, body, types));
    else throw new Error(`a message of kind ${kind} in the answer`);
    at = body + Number(message.long(3));
    if (at > view.byteLength) throw new Error('the answer was cut off');
  }
  return { ...table, numRows: batches.reduce((n, b) => n + b.rows, 0), getChildAt: i => (i < types.length ? { get: joined(batches, i) } : null) };
}

function joined(batches: readonly Batch[], column: number): Get {
  if (batches.length === 1) return batches[0]?.columns[column] ?? (() => null);
  return row => {
    for (const b of batches) {
      if (row < b.rows) return b.columns[column]?.(row);
      row -= b.rows;
    }
    return null;
  };
}

// Flat is a table of a flatbuffer: fields are found by their number.
class Flat {
  constructor(private v: DataView, private at: number) {}
  static root(v: DataView, from: number) { return new Flat(v, from + v.getUint32(from, true)); }

  private field(n: number): number {
    const vtable = this.at - this.v.getInt32(this.at, true), place = 4 + 2 * n;
    const off = place < this.v.getUint16(vtable, true) ? this.v.getUint16(vtable + place, true) : 0;
    return off === 0 ? 0 : this.at + off;
  }
  private ref(n: number): number { const p = this.field(n); return p === 0 ? 0 : p + this.v.getUint32(p, true); }

  byte(n: number): number { const p = this.field(n); return p === 0 ? 0 : this.v.getUint8(p); }
  short(n: number): number { const p = this.field(n); return p === 0 ? 0 : this.v.getInt16(p, true); }
  int(n: number, unsaid = 0): number { const p = this.field(n); return p === 0 ? unsaid : this.v.getInt32(p, true); }
  long(n: number): bigint { const p = this.field(n); return p === 0 ? 0n : this.v.getBigInt64(p, true); }
  has(n: number): boolean { return this.field(n) !== 0; }
  text(n: number): string { const p = this.ref(n); return p === 0 ? '' : textAt(this.v, p + 4, p + 4 + this.v.getUint32(p, true)); }
  table(n: number): Flat | undefined { const p = this.ref(n); return p === 0 ? undefined : new Flat(this.v, p); }
  tables(n: number): Flat[] {
    const p = this.ref(n);
    return p === 0 ? [] : Array.from({ length: this.v.getUint32(p, true) }, (_, i) => { const q = p + 4 + 4 * i; return new Flat(this.v, q + this.v.getUint32(q, true)); });
  }
  // structs is where a vector of structs of two longs begins.
  structs(n: number): number { const p = this.ref(n); return p === 0 ? 0 : p + 4; }
}

const textAt = (v: DataView, from: number, to: number) => (from === to ? '' : utf8.decode(new Uint8Array(v.buffer, v.byteOffset + from, to - from)));

// The numbers of Type in Arrow's Schema.fbs.
const t = { null: 1, int: 2, float: 3, binary: 4, utf8: 5, bool: 6, decimal: 7, date: 8, time: 9, timestamp: 10, interval: 11, list: 12, struct: 13, fixedBinary: 15, fixedList: 16, map: 17, duration: 18, largeBinary: 19, largeUtf8: 20, largeList: 21 };
const names: Readonly<Record<number, string>> = { 1: 'Null', 4: 'Binary', 5: 'Utf8', 6: 'Bool', 7: 'Decimal', 8: 'Date', 9: 'Time', 10: 'Timestamp', 11: 'Interval', 12: 'List', 13: 'Struct', 15: 'FixedSizeBinary', 16: 'FixedSizeList', 17: 'Map', 18: 'Duration', 19: 'LargeBinary', 20: 'LargeUtf8', 21: 'LargeList' };
interface Named extends Type { field: string }

function typeOf(field: Flat): Named {
  const id = field.byte(2), d = field.table(3);
  const type: Named = { field: field.text(0), id, name: names[id] ?? `type ${id}`, children: field.tables(5).map(typeOf), width: 0, signed: false, unit: d?.short(0) ?? 0, scale: 0, zoned: false };
  switch (id) {
    case t.int: type.width = d?.int(0) ?? 0; type.signed = d?.byte(1) === 1; type.name = `${type.signed ? 'Int' : 'Uint'}${type.width}`; break;
    case t.float: type.width = 16 << type.unit; type.name = `Float${type.width}`; break;
    case t.decimal: type.scale = d?.int(1) ?? 0; type.width = d?.int(2, 128) ?? 128; break;
    case t.date: type.unit = d?.has(0) ? type.unit : 1; break; // MILLISECOND when unsaid
    case t.time: case t.duration: type.unit = d?.has(0) ? type.unit : 1; type.width = id === t.time ? (d?.int(1, 32) ?? 32) : 64; break;
    case t.fixedBinary: case t.fixedList: type.width = d?.int(0) ?? 0; break;
  }
  return type;
}

function batchOf(v: DataView, head: Flat, body: number, types: readonly Type[]): Batch {
  if (head.has(3)) throw new Error('the answer is compressed');
  const nodes = head.structs(1), buffers = head.structs(2);
  let node = 0, buffer = 0;
  const next = () => body + Number(v.getBigInt64(buffers + 16 * buffer++, true));
  const read = (type: Type): Get => {
    const nulls = Number(v.getBigInt64(nodes + 16 * node++ + 8, true));
    if (type.id === t.null) return () => null;
    const valid = next();
    const get = valuesOf(v, type, next, read);
    return nulls === 0 ? get : row => (bit(v, valid, row) ? get(row) : null);
  };
  return { rows: Number(head.long(0)), columns: types.map(read) };
}

const bit = (v: DataView, at: number, row: number) => ((v.getUint8(at + (row >> 3)) >> (row & 7)) & 1) === 1;

// valuesOf takes a column's buffers, in the order of the format, and gives what reads a row that is not NULL.
function valuesOf(v: DataView, type: Type, next: () => number, read: (t: Type) => Get): Get {
  switch (type.id) {
    case t.utf8: case t.largeUtf8: { const span = spans(v, next(), type.id === t.largeUtf8), at = next(); return row => { const [a, b] = span(row); return textAt(v, at + a, at + b); }; }
    case t.binary: case t.largeBinary: { const span = spans(v, next(), type.id === t.largeBinary), at = next(); return row => { const [a, b] = span(row); return bytesAt(v, at + a, b - a); }; }
    case t.list: case t.largeList: { const span = spans(v, next(), type.id === t.largeList), get = read(child(type, 0)); return row => listOf(get, ...span(row)); }
    case t.fixedList: { const get = read(child(type, 0)); return row => listOf(get, row * type.width, (row + 1) * type.width); }
    case t.struct: { const parts = type.children.map(c => [(c as Named).field, read(c)] as const); return row => Object.fromEntries(parts.map(([k, get]) => [k, get(row)])); }
    case t.map: { const span = spans(v, next(), false), get = read(child(type, 0)); return row => Object.fromEntries(listOf(get, ...span(row)).map(e => { const [k, x] = Object.values(e as object) as unknown[]; return [typeof k === 'object' ? JSON.stringify(k) : String(k), x]; })); }
    default: return plainOf(v, type, next());
  }
}

function plainOf(v: DataView, type: Type, at: number): Get {
  switch (type.id) {
    case t.bool: return row => bit(v, at, row);
    case t.int: return whole(v, at, type);
    case t.float: return type.width === 64 ? row => v.getFloat64(at + 8 * row, true) : type.width === 32 ? row => v.getFloat32(at + 4 * row, true) : row => half(v.getUint16(at + 2 * row, true));
    case t.decimal: return row => decimal(big(v, at + (type.width / 8) * row, type.width), type.scale);
    case t.date: return type.unit === 0 ? row => v.getInt32(at + 4 * row, true) * 86_400_000 : row => Number(v.getBigInt64(at + 8 * row, true));
    case t.timestamp: return row => { const n = v.getBigInt64(at + 8 * row, true), d = 1000 ** Math.max(0, type.unit - 1); return type.unit === 0 ? Number(n) * 1000 : Number(n) / d; };
    case t.time: return row => clock(Number(type.width === 64 ? v.getBigInt64(at + 8 * row, true) : v.getInt32(at + 4 * row, true)) / 1000 ** type.unit);
    case t.duration: return row => clock(Number(v.getBigInt64(at + 8 * row, true)) / 1000 ** type.unit);
    case t.interval: return row => interval(v, at, row, type.unit);
    case t.fixedBinary: return row => bytesAt(v, at + type.width * row, type.width);
    default: return () => `(${type.name})`;
  }
}

function child(type: Type, i: number): Type {
  const c = type.children[i];
  if (!c) throw new Error(`${type.name} without a child`);
  return c;
}

function spans(v: DataView, at: number, large: boolean): (row: number) => [number, number] {
  return large ? row => [Number(v.getBigInt64(at + 8 * row, true)), Number(v.getBigInt64(at + 8 * row + 8, true))] : row => [v.getInt32(at + 4 * row, true), v.getInt32(at + 4 * row + 4, true)];
}

const listOf = (get: Get, from: number, to: number) => Array.from({ length: to - from }, (_, i) => get(from + i));
const bytesAt = (v: DataView, at: number, n: number) => new Uint8Array(v.buffer, v.byteOffset + at, n).slice(); // its own, so that a window can be let go

function whole(v: DataView, at: number, { width, signed }: Type): Get {
  switch (width) {
    case 8: return signed ? row => v.getInt8(at + row) : row => v.getUint8(at + row);
    case 16: return signed ? row => v.getInt16(at + 2 * row, true) : row => v.getUint16(at + 2 * row, true);
    case 32: return signed ? row => v.getInt32(at + 4 * row, true) : row => v.getUint32(at + 4 * row, true);
    default: return signed ? row => v.getBigInt64(at + 8 * row, true) : row => v.getBigUint64(at + 8 * row, true);
  }
}

// big is a number of 32 to 256 bits, the lowest first.
function big(v: DataView, at: number, width: number): bigint {
  if (width === 32) return BigInt(v.getInt32(at, true));
  let n = v.getBigInt64(at + width / 8 - 8, true);
  for (let i = width / 8 - 16; i >= 0; i -= 8) n = (n << 64n) | v.getBigUint64(at + i, true);
  return n;
}

function decimal(n: bigint, scale: number): string {
  if (scale <= 0) return String(n * 10n ** BigInt(-scale));
  const digits = String(n < 0n ? -n : n).padStart(scale + 1, '0');
  return `${n < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function half(n: number): number {
  const sign = n & 0x8000 ? -1 : 1, exponent = (n >> 10) & 31, rest = n & 1023;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? rest / 2 ** 24 : (1 + rest / 1024) * 2 ** (exponent - 15));
}

// clock is a time of the day, or a time that has passed: 10:14:07.912.
function clock(seconds: number): string {
  const minus = seconds < 0, whole = Math.floor(Math.abs(seconds)), rest = (Math.abs(seconds) - whole).toFixed(6).slice(1).replace(/\.?0+$/, '');
  const two = (n: number) => String(n).padStart(2, '0');
  return `${minus ? '-' : ''}${two(Math.floor(whole / 3600))}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`;
}

function interval(v: DataView, at: number, row: number, unit: number): string {
  const parts = (months: number, days: number, seconds: number) => [months && `${months} mon`, days && `${days} d`, (seconds !== 0 || (!months && !days)) && clock(seconds)].filter(Boolean).join(' ');
  if (unit === 0) return parts(v.getInt32(at + 4 * row, true), 0, 0);
  if (unit === 1) return parts(0, v.getInt32(at + 8 * row, true), v.getInt32(at + 8 * row + 4, true) / 1000);
  return parts(v.getInt32(at + 16 * row, true), v.getInt32(at + 16 * row + 4, true), Number(v.getBigInt64(at + 16 * row + 8, true)) / 1e9);
}
