// "Run for each value": one statement a value, put together so that the answer is one result with a column for the value. The values go
// as parameters, never into the text.
import type { Params } from './client';

export const eachMax = 200;

export function eachSql(sql: string, params: Params, param: string, values: readonly string[]): { sql: string; params: Params } {
  const out: Params = { ...params };
  delete out[param];
  const re = new RegExp(`\\{\\{\\s*${param}\\s*\\}\\}`, 'g');
  const parts = values.map((v, i) => {
    const own = `${param}__${i + 1}`;
    out[own] = v;
    return `SELECT {{${own}}} AS "each ${param}", * FROM (\n${sql.replace(re, `{{${own}}}`)}\n)`;
  });
  return { sql: parts.join('\nUNION ALL BY NAME\n'), params: out };
}

// eachLine turns a line of the whole into one of the statement.
export function eachLine(line: number, statement: string): number {
  const n = statement.split('\n').length + 3;
  return Math.max(1, Math.min(n - 3, ((line - 1) % n)));
}

// valuesOf reads a list as people paste it: a line each, or between commas when it is one line.
export function valuesOf(text: string): string[] {
  const lines = text.includes('\n') ? text.split('\n') : text.split(',');
  return [...new Set(lines.map(s => s.trim()).filter(Boolean))];
}
