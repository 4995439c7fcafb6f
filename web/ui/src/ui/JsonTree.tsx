import './JsonTree.css';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { useFormat } from '../i18n';
import { useUiWords } from './words';

interface Row { path: string; depth: number; name: string | undefined; value: unknown; size: number | undefined; open: boolean }

const rowsMax = 100_000; // rows that are laid out at once
const textMax = 2000; // characters of a string that are shown in the tree

// JsonTree shows a value as a tree: text nodes only, drawn where it is looked at. Arrow keys move, open and close.
export function JsonTree({ value, label, open: depth = 2, height }: { value: unknown; label: string; open?: number; height?: number }) {
  const f = useFormat();
  const w = useUiWords();
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => layOut(value, depth, toggled), [value, depth, toggled]);
  const v = useVirtualizer({ count: rows.length, getScrollElement: () => box.current, estimateSize: () => 20, overscan: 12 });
  const toggle = (path: string) => setToggled(old => { const next = new Set(old); if (!next.delete(path)) next.add(path); return next; });
  const go = (i: number) => { const j = Math.max(0, Math.min(rows.length - 1, i)); setAt(j); v.scrollToIndex(j); };
  const onKey = (e: KeyboardEvent) => {
    const r = rows[at];
    if (!r) return;
    if (e.key === 'ArrowDown') go(at + 1);
    else if (e.key === 'ArrowUp') go(at - 1);
    else if (e.key === 'Home') go(0);
    else if (e.key === 'End') go(rows.length - 1);
    else if ((e.key === 'ArrowRight' && r.size !== undefined && !r.open) || (e.key === 'ArrowLeft' && r.open)) toggle(r.path);
    else if (e.key === 'ArrowLeft') go(rows.findLastIndex((x, i) => i < at && x.depth < r.depth));
    else if (e.key === 'Enter' && r.size !== undefined) toggle(r.path);
    else return;
    e.preventDefault();
  };
  return (
    <div ref={box} className="json" role="tree" aria-label={label} tabIndex={0} onKeyDown={onKey} aria-activedescendant={rows[at] ? `json${at}` : undefined} style={{ height: height ?? Math.min(400, rows.length * 20) }}>
      <div role="presentation" style={{ height: v.getTotalSize(), position: 'relative' }}>
        {v.getVirtualItems().map(item => {
          const r = rows[item.index];
          if (!r) return null;
          return (
            <div key={item.index} id={`json${item.index}`} role="treeitem" aria-level={r.depth + 1} aria-expanded={r.size === undefined ? undefined : r.open} aria-selected={item.index === at} className={`json-row${item.index === at ? ' on' : ''}`}
              style={{ position: 'absolute', top: 0, left: 0, minWidth: '100%', transform: `translateY(${item.start}px)`, paddingLeft: 4 + r.depth * 14 }}
              onClick={() => { setAt(item.index); if (r.size !== undefined) toggle(r.path); }}>
              <span className="tw" aria-hidden="true">{r.size === undefined ? '' : r.open ? '▾' : '▸'}</span>
              {r.name !== undefined && <span className="k">{r.name}:</span>}
              <Leaf value={r.value} open={r.open} size={r.size} more={n => w.more(f.int(n))} />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Leaf({ value, size, open, more }: { value: unknown; size: number | undefined; open: boolean; more: (n: number) => string }) {
  if (size !== undefined) return <span className="z">{Array.isArray(value) ? `[${size}]` : `{${size}}`}{open ? '' : ' …'}</span>;
  if (value === null || value === undefined) return <span className="z">null</span>;
  if (typeof value === 'string') return <><span className="s">{JSON.stringify(value.slice(0, textMax))}</span>{value.length > textMax && <span className="z">{more(value.length - textMax)}</span>}</>;
  return <span className={typeof value === 'boolean' ? 'b' : 'n'}>{String(value)}</span>;
}

function layOut(value: unknown, depth: number, toggled: ReadonlySet<string>): Row[] {
  const rows: Row[] = [];
  const walk = (v: unknown, name: string | undefined, path: string, d: number) => {
    if (rows.length >= rowsMax) return;
    const inner = v !== null && typeof v === 'object';
    const entries: [string, unknown][] = inner ? (Array.isArray(v) ? v.map((x, i): [string, unknown] => [String(i), x]) : Object.entries(v)) : [];
    const open = inner && entries.length > 0 && d < depth !== toggled.has(path);
    rows.push({ path, depth: d, name, value: v, size: inner ? entries.length : undefined, open });
    if (open) for (const [k, x] of entries) walk(x, k, `${path}/${k}`, d + 1);
  };
  walk(value, undefined, '', 0);
  return rows;
}
