import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { cellText } = await load('grid/text.ts');
const f = { num: (n, digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(n), int: n => new Intl.NumberFormat('en').format(n), stamp: String };
const number = v => cellText(f, { name: 'n', type: 'number', typeName: 'DOUBLE' }, v);

test('numbers say how large they are, also where the cell ends', () => {
  assert.deepEqual([0, 1234.5, -0.25, 999_999_999_999_999, 1e25, -2.5e-9, NaN].map(number), ['0', '1,234.5', '-0.25', '999,999,999,999,999', '1e+25', '-2.5e-9', 'NaN']);
});
test('whole numbers of 64 bits and decimals keep every figure', () => {
  assert.equal(number(9_007_199_254_740_993n), '9,007,199,254,740,993');
  assert.equal(number('12345678901234567.890'), '12,345,678,901,234,567.890');
});
