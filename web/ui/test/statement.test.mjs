import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const { bare, scan, statementAt } = await load('editor/statement.ts');

test('statements end at semicolons that are not in texts or comments', () => {
  const sql = "SELECT ';' ; -- a; b\nSELECT \"x;y\" /* ; */;\n\n";
  assert.deepEqual(scan(sql).statements.map(s => s.text), ["SELECT ';'", '-- a; b\nSELECT "x;y" /* ; */']);
});
test('parameters in texts and comments are none', () => {
  assert.deepEqual(scan("SELECT {{a}}, '{{b}}' -- {{c}}\nWHERE x = {{ d }} AND y = {{a}}").params, ['a', 'd']);
});
test('the statement at a place', () => {
  const sql = 'SELECT 1;\nSELECT 2';
  assert.equal(statementAt(sql, 3).text, 'SELECT 1');
  assert.equal(statementAt(sql, sql.length).text, 'SELECT 2');
  assert.equal(statementAt('', 0), undefined);
});
test('bare drops comments, not what looks like one in a text', () => assert.equal(bare("SELECT '--x' -- y"), "SELECT '--x'"));
test('a text of comments alone is no statement', () => assert.deepEqual(scan('-- a\n/* b */ ;\n-- c\nSELECT $1; -- d').statements.map(s => s.text), ['-- c\nSELECT $1']));
test('bare keeps what stands for itself', () => assert.equal(bare('a $ b /* c */ $$--d$$'), 'a $ b   $$--d$$'));
