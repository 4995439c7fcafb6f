import './shared.css';
import { Copy } from '../../ui';

const keywords = new Set('select from where group by order having limit offset with recursive as on using join left right full inner outer cross asof lateral natural union all except intersect distinct case when then else end and or not in is null like ilike similar between exists interval over partition rows range groups unbounded preceding following current row filter qualify window cast try_cast values true false asc desc nulls first last sample pivot unpivot'.split(' '));
const token = /(\/\*[\s\S]*?(?:\*\/|$)|--[^\n]*)|('(?:[^']|'')*'?)|("(?:[^"]|"")*"?)|(\{\{[^}]*\}\})|(\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)|([A-Za-z_]\w*)/gi;

interface Piece { cls: string; text: string }

// colourSql cuts SQL into pieces with a class each: comment, text, name, number, keyword, function. All of the text is there, in order.
export function colourSql(sql: string): Piece[] {
  const out: Piece[] = [];
  let from = 0;
  for (const m of sql.matchAll(token)) {
    if (m.index > from) out.push({ cls: '', text: sql.slice(from, m.index) });
    from = m.index + m[0].length;
    const word = m[6];
    const cls = m[1] !== undefined ? 'c' : m[2] !== undefined ? 's' : m[3] !== undefined ? '' : m[4] !== undefined ? 'p' : m[5] !== undefined ? 'n' : word !== undefined && keywords.has(word.toLowerCase()) ? 'k' : word !== undefined && /^\s*\(/.test(sql.slice(from, from + 8)) ? 'f' : '';
    out.push({ cls, text: m[0] });
  }
  if (from < sql.length) out.push({ cls: '', text: sql.slice(from) });
  return out;
}

// SqlText shows SQL that is not edited here.
export function SqlText({ sql, label }: { sql: string; label: string }) {
  return (
    <div className="sql-text">
      <pre tabIndex={0} role="region" aria-label={label}>{colourSql(sql.trim()).map((p, i) => (p.cls ? <span key={i} className={`syn-${p.cls}`}>{p.text}</span> : p.text))}</pre>
      <Copy text={sql} />
    </div>
  );
}
