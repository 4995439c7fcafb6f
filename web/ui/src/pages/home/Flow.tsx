import { Link } from '@tanstack/react-router';
import { PreviewCard } from '@base-ui/react/preview-card';
import { type KeyboardEvent, type ReactElement, useEffect, useMemo, useRef, useState } from 'react';
import { type Format, textIn, useFormat } from '../../i18n';
import { Age, Pairs, StatusMark } from '../../ui';
import type { FlowEdge, FlowKind, FlowNode } from './api';
import { layOut, nodeHeight, type Place } from './layout';
import { useHomeWords } from './words';

type Words = ReturnType<typeof useHomeWords>;

// Flow is the strip: one line from sources to dashboards whose thickness is throughput and whose breaks are lag. Every node is a link.
export function Flow({ nodes, edges }: { nodes: readonly FlowNode[]; edges: readonly FlowEdge[] }) {
  const w = useHomeWords();
  const f = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  // Measures the element, and again when it changes: the drawing is never stretched.
  useEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const watch = new ResizeObserver(() => setWidth(el.clientWidth));
    watch.observe(el);
    return () => watch.disconnect();
  }, []);
  const l = useMemo(() => layOut(nodes, edges, Math.max(720, width)), [nodes, edges, width]);
  const onKey = (e: KeyboardEvent<HTMLDivElement>) => {
    const [c, r] = ((e.target as HTMLElement).dataset['at'] ?? '').split('-').map(Number);
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
    if (!move || c === undefined || r === undefined || Number.isNaN(c)) return;
    e.preventDefault();
    const column = c + (move[0] ?? 0);
    for (let row = r + (move[1] ?? 0); row >= 0; row--) {
      const next = box.current?.querySelector<HTMLElement>(`[data-at="${column}-${row}"]`);
      if (next) return next.focus();
      if (move[0] === 0) return;
    }
  };
  return (
    <div className="flow" ref={box}>
      {width > 0 && (
        <div className="flow-in" role="group" aria-label={w.flow} style={{ height: l.height, width: Math.max(720, width) }} onKeyDown={onKey}>
          <svg className="flow-lines" width={Math.max(720, width)} height={l.height} aria-hidden="true">
            <g className="well">{l.ribbons.filter(r => !r.late).map(r => <path key={r.key} d={r.path} strokeWidth={r.width} />)}</g>
            {l.ribbons.filter(r => r.late).map(r => <path key={r.key} d={r.path} className="late" strokeWidth={Math.min(4, r.width)} />)}
          </svg>
          {l.columns.map(c => (
            <ul key={c.kind} aria-label={w[c.kind]}>
              <li className="flow-head" style={{ left: c.x, width: l.nodeWidth }} aria-hidden="true">{w[c.kind]}</li>
              {c.nodes.map(n => { const p = l.places.get(n.id); return p && <li key={n.id}><Node node={n} place={p} w={w} f={f} /></li>; })}
              {c.morePlace && <li><ListLink kind={c.kind} className="flow-more" place={c.morePlace} label={w.moreOf(f.int(c.more), w[c.kind])}>{w.more(f.int(c.more))}</ListLink></li>}
            </ul>
          ))}
        </div>
      )}
    </div>
  );
}

function Node({ node, place, w, f }: { node: FlowNode; place: Place; w: Words; f: Format }) {
  const name = node.title ? textIn(f.lang, node.title) : node.name;
  const trigger = nodeLink(node, {
    className: `flow-node ${node.state}${node.root ? ' root' : ''}`, 'data-at': `${place.column}-${place.row}`,
    style: { left: place.x, top: place.y, width: place.width, height: nodeHeight },
    children: <><span className="n name-text">{name}</span><span className="s"><span className="cut">{second(node, place.width < 180, w, f)}</span><Fresh node={node} w={w} /></span></>,
  });
  return (
    <PreviewCard.Root>
      <PreviewCard.Trigger delay={350} closeDelay={100} render={trigger as ReactElement<Record<string, unknown>>} />
      <PreviewCard.Portal>
        <PreviewCard.Positioner className="float" sideOffset={6} align="start">
          <PreviewCard.Popup className="pop flow-card"><Card node={node} name={name} w={w} f={f} /></PreviewCard.Popup>
        </PreviewCard.Positioner>
      </PreviewCard.Portal>
    </PreviewCard.Root>
  );
}

function Fresh({ node, w }: { node: FlowNode; w: Words }) {
  if (node.state === 'error') return <span className="fresh error"><StatusMark state="error" />{w.stError}</span>;
  if (node.state === 'paused') return <span className="fresh"><StatusMark state="paused" />{w.stPaused}</span>;
  if (node.age_ms === undefined) return node.state === 'waiting' ? <span className="fresh"><StatusMark state="waiting" />{w.stWaiting}</span> : null;
  return <Age ms={node.age_ms} {...(node.late === undefined ? {} : { late: node.late })} />;
}

const lagText = (n: FlowNode, w: Words, f: Format) => (n.lag === undefined ? '' : n.lag_unit === 'bytes' ? f.bytes(n.lag) : w.records(f.compact(n.lag)));

// second is a node's second line: what passes through it, or how much it holds; a narrow node says only the first of it.
function second(n: FlowNode, narrow: boolean, w: Words, f: Format): string {
  const parts: string[] = [];
  if (n.kind === 'dashboard') return n.viewers ? w.viewers(f.int(n.viewers)) : n.opens ? w.opens(f.int(n.opens)) : '';
  if (n.kind === 'view') {
    if (n.rows !== undefined) parts.push(f.rows(n.rows));
    if (n.bytes !== undefined && !narrow) parts.push(f.bytes(n.bytes));
    if (parts.length === 0 && n.rate !== undefined) parts.push(f.rate(n.rate));
    return parts.join(' · ');
  }
  if (n.rate !== undefined) parts.push(n.rate_out !== undefined ? `${f.rate(n.rate)} → ${f.rate(n.rate_out)}` : f.rate(n.rate));
  if (n.lag !== undefined && n.lag > 0 && n.late) parts.push(w.behind(lagText(n, w, f)));
  else if (narrow) return parts.join('');
  else if (n.bytes_rate !== undefined) parts.push(f.bytes(n.bytes_rate) + f.rate(0).replace(/^0/, ''));
  else if (n.kind === 'topic' && n.lag !== undefined) parts.push(w.lag(f.compact(n.lag)));
  return parts.join(' · ');
}

function Card({ node, name, w, f }: { node: FlowNode; name: string; w: Words; f: Format }) {
  const states = { ok: w.stOk, waiting: w.stWaiting, paused: w.stPaused, warn: w.stWarn, error: w.stError, unknown: w.stUnknown };
  const marks = { ok: 'ok', waiting: 'waiting', paused: 'paused', warn: 'warn', error: 'error', unknown: 'unknown' } as const;
  const items: [string, React.ReactNode][] = [[w.cardState, <StatusMark key="s" state={marks[node.state]} label={states[node.state]} />]];
  if (node.rate !== undefined) items.push([w.cardIn, f.rate(node.rate) + (node.bytes_rate === undefined ? '' : ` · ${f.bytes(node.bytes_rate)}${f.rate(0).replace(/^0/, '')}`)]);
  if (node.rate_out !== undefined) items.push([w.cardOut, f.rate(node.rate_out)]);
  if (node.rows !== undefined) items.push([w.cardRows, f.int(node.rows)]);
  if (node.bytes !== undefined) items.push([w.cardBytes, f.bytes(node.bytes)]);
  if (node.lag !== undefined) items.push([w.cardLag, lagText(node, w, f)]);
  if (node.age_ms !== undefined) items.push([w.cardAge, f.ago(node.age_ms)]);
  return <><div className="flow-card-name name-text">{name}</div><Pairs items={items} />{node.why && <p className="flow-why">{node.why}</p>}{node.root && <p className="warned">{w.root}</p>}</>;
}

interface Props { className: string; style: React.CSSProperties; children: React.ReactNode; 'data-at': string }

// nodeLink leads to the page of what the node is; a source has none of its own, its rows are in the topics it fills.
function nodeLink(n: FlowNode, p: Props): ReactElement {
  switch (n.kind) {
    case 'source': return <Link to="/topics" search={{ q: n.name }} {...p} />;
    case 'topic': return <Link to="/topics/$name" params={{ name: n.name }} {...p} />;
    case 'stream': return <Link to="/streams/$name" params={{ name: n.name }} {...p} />;
    case 'view': return <Link to="/data/$name" params={{ name: n.name }} {...p} />;
    case 'dashboard': return <Link to="/dashboards/$name" params={{ name: n.name }} {...p} />;
  }
}

function ListLink({ kind, place, label, ...rest }: { kind: FlowKind; place: Place; label: string; className: string; children: string }) {
  const to = { source: '/topics', topic: '/topics', stream: '/streams', view: '/data', dashboard: '/dashboards' } as const;
  return <Link to={to[kind]} {...rest} aria-label={label} data-at={`${place.column}-${place.row}`} style={{ left: place.x, top: place.y, width: place.width, height: nodeHeight }} />;
}
