// Our reader of Arrow IPC against the library's writer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as arrow from 'apache-arrow';
import { load } from './load.mjs';

const { tableFromIPC } = await load('api/ipc.ts');

const column = (type, values) => arrow.vectorFromArray(values, type);
const read = columns => {
  const t = tableFromIPC(arrow.tableToIPC(new arrow.Table(columns), 'stream'));
  return Object.fromEntries(Object.keys(columns).map((name, i) => [name, Array.from({ length: t.numRows }, (_, r) => t.getChildAt(i).get(r))]));
};

test('numbers, texts, truth and NULL', () => {
  const got = read({
    i8: column(new arrow.Int8(), [1, null, -3]), u16: column(new arrow.Uint16(), [1, 65535, null]), i64: column(new arrow.Int64(), [1n, -(2n ** 63n), null]), u64: column(new arrow.Uint64(), [2n ** 64n - 1n, 0n, null]),
    f32: column(new arrow.Float32(), [1.5, null, -0.25]), f64: column(new arrow.Float64(), [0.1, NaN, null]), text: column(new arrow.Utf8(), ['가나', '', null]), yes: column(new arrow.Bool(), [true, null, false]),
  });
  assert.deepEqual(got, { i8: [1, null, -3], u16: [1, 65535, null], i64: [1n, -(2n ** 63n), null], u64: [2n ** 64n - 1n, 0n, null], f32: [1.5, null, -0.25], f64: [0.1, NaN, null], text: ['가나', '', null], yes: [true, null, false] });
});

test('decimals are exact', () => {
  const unscaled = [123456n, -5n, 0n].flatMap(n => [n & 0xffffffffn, (n >> 32n) & 0xffffffffn, (n >> 64n) & 0xffffffffn, (n >> 96n) & 0xffffffffn]).map(Number);
  const data = arrow.makeData({ type: new arrow.Decimal(2, 18, 128), length: 3, nullCount: 0, data: Uint32Array.from(unscaled) });
  assert.deepEqual(read({ d: new arrow.Vector([data]) }), { d: ['1234.56', '-0.05', '0.00'] });
});

test('moments, days and times of the day', () => {
  const at = Date.UTC(2026, 10, 29, 12, 34, 56, 789);
  const got = read({
    us: new arrow.Vector([arrow.makeData({ type: new arrow.TimestampMicrosecond('UTC'), length: 2, nullCount: 0, data: BigInt64Array.from([BigInt(at) * 1000n + 250n, -1n]) })]),
    s: new arrow.Vector([arrow.makeData({ type: new arrow.TimestampSecond(), length: 2, nullCount: 0, data: BigInt64Array.from([1n, 0n]) })]),
    day: new arrow.Vector([arrow.makeData({ type: new arrow.DateDay(), length: 2, nullCount: 0, data: Int32Array.from([1, -1]) })]),
    time: new arrow.Vector([arrow.makeData({ type: new arrow.TimeMicrosecond(), length: 2, nullCount: 0, data: BigInt64Array.from([36_123_456_000n, 0n]) })]),
  });
  assert.deepEqual(got, { us: [at + 0.25, -0.001], s: [1000, 0], day: [86_400_000, -86_400_000], time: ['10:02:03.456', '00:00:00'] });
});

test('lists, structs and maps', () => {
  const list = new arrow.List(new arrow.Field('item', new arrow.Utf8(), true));
  const struct = new arrow.Struct([new arrow.Field('a', new arrow.Int32(), true), new arrow.Field('b', new arrow.Utf8(), true)]);
  const map = new arrow.Map_(new arrow.Field('entries', new arrow.Struct([new arrow.Field('key', new arrow.Utf8(), false), new arrow.Field('value', new arrow.Int32(), true)]), false));
  const got = read({
    l: column(list, [['x', null], [], null]), s: column(struct, [{ a: 1, b: 'x' }, { a: null, b: null }, null]), m: column(map, [new Map([['k', 1]]), new Map([['k', 2], ['j', 3]]), null]),
  });
  assert.deepEqual(got, { l: [['x', null], [], null], s: [{ a: 1, b: 'x' }, { a: null, b: null }, null], m: [{ k: 1 }, { k: 2, j: 3 }, null] });
});

test('bytes', () => {
  const got = read({ b: column(new arrow.Binary(), [Uint8Array.of(1, 2), new Uint8Array(0), null]) });
  assert.deepEqual(got.b.map(x => x && [...x]), [[1, 2], [], null]);
});

test('several batches are one table; metadata is read', () => {
  const one = new arrow.Table({ n: column(new arrow.Int32(), [1, 2]) }), two = new arrow.Table({ n: column(new arrow.Int32(), [3]) });
  const schema = new arrow.Schema(one.schema.fields, new Map([['total', '3']]));
  const t = tableFromIPC(arrow.tableToIPC(new arrow.Table(schema, [...one.batches, ...two.batches]), 'stream'));
  assert.equal(t.numRows, 3);
  assert.deepEqual([0, 1, 2].map(r => t.getChildAt(0).get(r)), [1, 2, 3]);
  assert.equal(t.schema.metadata.get('total'), '3');
  assert.equal(t.schema.fields[0].type, 'Int32');
});

test('what is cut off or something else says so, at every length', () => {
  const whole = arrow.tableToIPC(new arrow.Table({ n: column(new arrow.Int32(), [1, 2]), t: column(new arrow.Utf8(), ['a', 'b']) }), 'stream');
  for (let n = 0; n < whole.length; n++) {
    try { tableFromIPC(whole.slice(0, n)).numRows; } catch (e) { assert.ok(e instanceof Error); }
  }
  assert.equal(tableFromIPC(new Uint8Array(0)).numRows, 0);
});
