import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { syntaxTree } from '@codemirror/language';
import { functions, keywords } from './functions';
import { quoted } from './name';
import { bare, scan, statementAt } from './statement';

// Known is what the catalog has: completion and nothing else uses it.
export interface KnownTable { name: string; kind: string; columns: readonly { name: string; type: string }[] }

const nearChars = 8000; // a long text is not read whole at every word

const functionOptions: readonly Completion[] = functions.map(f => ({ label: `${f.name}(`, displayLabel: `${f.name}(`, detail: f.args ? `${f.args})` : ')', type: 'function', boost: -1, apply: f.args ? `${f.name}(` : `${f.name}()` }));
const keywordOptions: readonly Completion[] = keywords.split(' ').map(k => ({ label: k.toUpperCase(), type: 'keyword', boost: -3 }));

// completeWith completes from what the statement names in FROM, then from the whole catalog, functions and keywords.
export function completeWith(known: () => readonly KnownTable[], typeWord: (sql: string) => string) {
  return (ctx: CompletionContext): CompletionResult | null => {
    const word = ctx.matchBefore(/[\w\p{L}]*/u) ?? { from: ctx.pos, to: ctx.pos, text: '' };
    const node = syntaxTree(ctx.state).resolveInner(ctx.pos, -1).name;
    if (/Comment|^string/.test(node)) return null;
    const tables = known();
    const before = ctx.state.sliceDoc(Math.max(0, word.from - 200), word.from);
    const valid = /^[\w\p{L}]*$/u;
    if (/\{\{\s*$/.test(before)) return { from: word.from, options: scan(ctx.state.sliceDoc()).params.filter(p => p !== word.text).map(p => ({ label: p, type: 'variable' })), validFor: valid };
    const near = Math.max(0, ctx.pos - nearChars);
    const used = usedTables(statementAt(ctx.state.sliceDoc(near, ctx.pos + nearChars), ctx.pos - near)?.text ?? '', tables);
    const owner = /([\w\p{L}]+|"(?:[^"]|"")+")\.$/u.exec(before)?.[1]?.replaceAll('"', '');
    if (owner !== undefined) {
      const of = used.find(u => u.alias.toLowerCase() === owner.toLowerCase())?.table ?? tables.find(t => t.name === owner);
      return of ? { from: word.from, options: of.columns.map(c => columnOption(c, of, typeWord)), validFor: valid } : null;
    }
    if (!ctx.explicit && word.text === '') return null;
    const tableOptions = tables.map((t): Completion => ({ label: t.name, apply: quoted(t.name), detail: t.kind, type: 'table', boost: 1 }));
    if (/\b(from|join|describe|summarize)\s+$/i.test(before)) return { from: word.from, options: tableOptions.map(o => ({ ...o, boost: 5 })), validFor: valid };
    const seen = new Set<string>();
    const columns = (used.length ? used.map(u => u.table) : tables).flatMap(t => t.columns.filter(c => !seen.has(c.name) && seen.add(c.name)).map(c => ({ ...columnOption(c, t, typeWord), boost: used.length ? 3 : 0 })));
    return { from: word.from, options: [...columns, ...tableOptions, ...functionOptions, ...keywordOptions], validFor: valid };
  };
}

function columnOption(c: { name: string; type: string }, t: KnownTable, typeWord: (sql: string) => string): Completion {
  return { label: c.name, apply: quoted(c.name), detail: typeWord(c.type), type: 'column', info: `${t.name} · ${c.type}` };
}

function usedTables(sql: string, tables: readonly KnownTable[]): { alias: string; table: KnownTable }[] {
  const out: { alias: string; table: KnownTable }[] = [];
  const re = /\b(?:from|join)\s+("(?:[^"]|"")+"|[\w\p{L}]+)(?:\s+(?:as\s+)?(?!(?:where|group|order|limit|join|left|right|full|inner|cross|on|using|having|window|qualify|union|asof|semi|anti|sample|pivot)\b)([A-Za-z_]\w*))?/giu;
  for (const m of bare(sql).matchAll(re)) {
    const name = (m[1] ?? '').replace(/^"|"$/g, '').replaceAll('""', '"');
    const table = tables.find(t => t.name.toLowerCase() === name.toLowerCase());
    if (table) out.push({ alias: m[2] ?? name, table });
  }
  return out;
}
