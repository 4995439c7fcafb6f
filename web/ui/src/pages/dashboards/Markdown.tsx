// Markdown of text tiles, made of React nodes: whatever stands in it, no markup of its own gets through. What it does not know stays text.
import type { ReactNode } from 'react';

type Block = { kind: 'h'; level: number; text: string } | { kind: 'p' | 'quote'; text: string } | { kind: 'code'; text: string } | { kind: 'list'; ordered: boolean; items: string[] } | { kind: 'table'; rows: string[][] } | { kind: 'hr' };

export function Markdown({ text }: { text: string }) {
  const blocks = blocksOf(text);
  const top = Math.min(...blocks.map(b => (b.kind === 'h' ? b.level : 6))); // the largest heading that is used stands right below the tile's own, h2
  return <div className="markdown">{blocks.map((b, i) => <BlockView key={i} b={b} top={top} />)}</div>;
}

function BlockView({ b, top }: { b: Block; top: number }) {
  switch (b.kind) {
    case 'h': { const H = (['h3', 'h4', 'h5'] as const)[Math.min(b.level - top, 2)] ?? 'h5'; return <H>{inline(b.text)}</H>; }
    case 'p': return <p>{inline(b.text)}</p>;
    case 'quote': return <blockquote>{inline(b.text)}</blockquote>;
    case 'code': return <pre tabIndex={0}>{b.text}</pre>;
    case 'hr': return <hr />;
    case 'list': { const L = b.ordered ? 'ol' : 'ul'; return <L>{b.items.map((t, i) => <li key={i}>{inline(t)}</li>)}</L>; }
    case 'table': return <div className="table-wrap"><table className="table flush"><thead><tr>{b.rows[0]?.map((c, i) => <th key={i} scope="col">{inline(c)}</th>)}</tr></thead><tbody>{b.rows.slice(1).map((r, i) => <tr key={i}>{r.map((c, k) => <td key={k}>{inline(c)}</td>)}</tr>)}</tbody></table></div>;
  }
}

const item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;
const row = /^\s*\|(.*)\|\s*$/;

function blocksOf(text: string): Block[] {
  const lines = text.split('\n'), out: Block[] = [];
  let i = 0;
  const take = (test: RegExp) => { const got: string[] = []; while (i < lines.length && test.test(lines[i] ?? '')) got.push(lines[i++] ?? ''); return got; };
  while (i < lines.length) {
    const line = lines[i] ?? '';
    const h = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (line.trim() === '') i++;
    else if (h) { out.push({ kind: 'h', level: h[1]?.length ?? 1, text: h[2] ?? '' }); i++; }
    else if (/^\s*```/.test(line)) {
      i++;
      const code: string[] = [];
      while (i < lines.length && !/^\s*```/.test(lines[i] ?? '')) code.push(lines[i++] ?? '');
      i++;
      out.push({ kind: 'code', text: code.join('\n') });
    } else if (/^\s*([-*_])(\s*\1){2,}\s*$/.test(line)) { out.push({ kind: 'hr' }); i++; }
    else if (/^\s*>/.test(line)) out.push({ kind: 'quote', text: take(/^\s*>/).map(l => l.replace(/^\s*>\s?/, '')).join('\n') });
    else if (item.test(line)) { const ordered = /^\s*\d/.test(line); out.push({ kind: 'list', ordered, items: take(item).map(l => item.exec(l)?.[2] ?? '') }); }
    else if (row.test(line) && /^\s*\|?\s*:?-+/.test(lines[i + 1] ?? '')) out.push({ kind: 'table', rows: take(row).filter((_, k) => k !== 1).map(l => (row.exec(l)?.[1] ?? '').split('|').map(c => c.trim())) });
    else out.push({ kind: 'p', text: take(/^(?!\s*$|#{1,6}\s|\s*```|\s*>|\s*(?:[-*+]|\d+[.)])\s)/).join('\n') || (lines[i++] ?? '') });
  }
  return out;
}

const pieces = /(`[^`]+`)|\[([^\]]+)\]\(([^)\s]+)\)|\*\*(.+?)\*\*|__(.+?)__|\*([^*\s][^*]*?)\*|(?<![\w/])_([^_\s][^_]*?)_(?!\w)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])|(\n)/g;

function inline(text: string): ReactNode[] {
  const out: ReactNode[] = [];
  let from = 0;
  for (const m of text.matchAll(pieces)) {
    if (m.index > from) out.push(text.slice(from, m.index));
    from = m.index + m[0].length;
    const k = m.index;
    if (m[1]) out.push(<code key={k}>{m[1].slice(1, -1)}</code>);
    else if (m[2] && m[3]) out.push(<Link key={k} href={m[3]}>{inline(m[2])}</Link>);
    else if (m[4] ?? m[5]) out.push(<strong key={k}>{inline(m[4] ?? m[5] ?? '')}</strong>);
    else if (m[6] ?? m[7]) out.push(<em key={k}>{inline(m[6] ?? m[7] ?? '')}</em>);
    else if (m[8]) out.push(<Link key={k} href={m[8]}>{m[8]}</Link>);
    else out.push(<br key={k} />);
  }
  if (from < text.length) out.push(text.slice(from));
  return out;
}

// Link leads to the web or to a page of ours; any other address stays words.
function Link({ href, children }: { href: string; children: ReactNode }) {
  const ours = /^\/(?![/\\])/.test(href), web = /^(https?:\/\/|mailto:)/i.test(href);
  if (!ours && !web) return <>{children}</>;
  return <a className="link" href={href} {...(web ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>{children}</a>;
}
