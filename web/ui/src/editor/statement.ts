// Statements, parameters and places of an SQL text, without a parser: it must work while somebody writes. Pure.
export interface Statement { from: number; to: number; text: string }
export interface Scan { statements: Statement[]; params: string[] }

const paramRe = /\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}/y;

// scan finds the statements (between semicolons) and the parameters {{x}} that stand neither in a string nor in a comment.
// It may stop behind the first statement that ends at until or later.
export function scan(sql: string, until = Infinity): Scan {
  const statements: Statement[] = [], params: string[] = [];
  let start = 0, i = 0;
  const next = /[;{'"$]|--|\/\*/g; // nothing else can end or begin something
  const end = (to: number) => {
    let from = start;
    while (from < to && /\s/.test(sql[from] ?? '')) from++;
    let last = to;
    while (last > from && /\s/.test(sql[last - 1] ?? '')) last--;
    const text = sql.slice(from, last);
    if (text !== '' && !onlyComments(text)) statements.push({ from, to: last, text });
  };
  while (i < sql.length) {
    next.lastIndex = i;
    const hit = next.exec(sql);
    if (!hit) break;
    i = hit.index;
    const c = sql[i];
    const skip = skipFrom(sql, i);
    if (skip > i) { i = skip; continue; }
    if (c === ';') {
      end(i);
      start = i + 1;
      if ((statements.at(-1)?.to ?? -1) >= until) return { statements, params };
    } else if (c === '{') {
      paramRe.lastIndex = i;
      const m = paramRe.exec(sql);
      if (m?.[1]) { if (!params.includes(m[1])) params.push(m[1]); i = paramRe.lastIndex; continue; }
    }
    i++;
  }
  end(sql.length);
  return { statements, params };
}

// skipFrom is the place behind the string, quoted name or comment that begins at i; i when none does.
function skipFrom(sql: string, i: number): number {
  const c = sql[i], two = sql.slice(i, i + 2);
  const until = (mark: string, from: number) => { const j = sql.indexOf(mark, from); return j < 0 ? sql.length : j + mark.length; };
  if (two === '--') return until('\n', i);
  if (two === '/*') return until('*/', i + 2);
  if (c === "'" || c === '"') {
    for (let j = i + 1; j < sql.length; j++) if (sql[j] === c) { if (sql[j + 1] === c) j++; else return j + 1; }
    return sql.length;
  }
  if (c === '$') {
    const tag = /^\$[A-Za-z_]*\$/.exec(sql.slice(i, i + 64))?.[0];
    if (tag) return until(tag, i + tag.length);
  }
  return i;
}

// onlyComments looks no further than the first word that is none.
function onlyComments(sql: string): boolean {
  const space = /\s*/y;
  for (let i = 0; i < sql.length;) {
    space.lastIndex = i;
    space.exec(sql);
    i = space.lastIndex;
    if (i < sql.length && !sql.startsWith('--', i) && !sql.startsWith('/*', i)) return false;
    i = skipFrom(sql, i);
  }
  return true;
}

// bare is a text without its comments.
export function bare(sql: string): string {
  const next = /['"$]|--|\/\*/g;
  let out = '', i = 0;
  for (;;) {
    next.lastIndex = i;
    const at = next.exec(sql)?.index ?? sql.length;
    out += sql.slice(i, at);
    if (at === sql.length) return out.trim();
    i = Math.max(skipFrom(sql, at), at + 1); // a $ that begins no text stands for itself
    out += /^(--|\/\*)/.test(sql.slice(at, at + 2)) ? ' ' : sql.slice(at, i);
  }
}

// statementAt is the one that a place is in, or right behind.
export function statementAt(sql: string, at: number): Statement | undefined {
  const all = scan(sql, at).statements;
  return all.find(s => at <= s.to) ?? all.at(-1);
}

// placeOf turns line and column (from 1, in characters) into an offset; offsetOf's inverse.
export function placeOf(sql: string, line: number, column: number): number {
  let at = 0;
  for (let l = 1; l < line; l++) {
    const j = sql.indexOf('\n', at);
    if (j < 0) return sql.length;
    at = j + 1;
  }
  const eol = sql.indexOf('\n', at);
  return Math.min(at + column - 1, eol < 0 ? sql.length : eol);
}

export function lineColumn(sql: string, at: number): { line: number; column: number } {
  const before = sql.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}
