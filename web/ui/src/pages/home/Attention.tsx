import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { serverNow } from '../../api';
import { type Format, useFormat } from '../../i18n';
import { Button, done, ErrorNote, Section, StatusMark } from '../../ui';
import { isolated } from '../shared/bidi';
import { MayButton, useWhyNot } from '../shared/May';
import { type Attention as Item, type FlowEdge, resumeStream } from './api';
import { useHomeWords } from './words';

type Words = ReturnType<typeof useHomeWords>;
const shownMax = 5;

// Attention is what somebody should look at, worst first, each with one thing to do.
export function Attention({ items, edges }: { items: readonly Item[]; edges: readonly FlowEdge[] }) {
  const topicOf = (a: Item) => edges.find(e => a.kind === 'source' && e.from === `source:${a.name}`)?.to.replace(/^topic:/, '');
  const w = useHomeWords();
  const f = useFormat();
  const [all, setAll] = useState(false);
  const sorted = [...items].sort((a, b) => (a.level === b.level ? 0 : a.level === 'error' ? -1 : 1));
  const shown = all ? sorted : sorted.slice(0, shownMax);
  return (
    <Section title={w.attention}>
      {items.length === 0 && <div className="calm"><StatusMark state="ok" /><div><b>{w.nothing}</b><div className="dim">{w.nothingText}</div></div></div>}
      <ul className="attention">
        {shown.map(a => (
          <li key={a.id}>
            <StatusMark state={a.level} />
            <div><b className="name-text">{titleOf(a, w, f)}</b><div className="dim">{detailOf(a, w, f)}</div></div>
            <Action item={a} topic={topicOf(a)} w={w} />
          </li>
        ))}
      </ul>
      {items.length > shownMax && <Button small kind="quiet" onClick={() => setAll(!all)}>{all ? w.fewer : w.moreAttention(f.int(items.length - shownMax))}</Button>}
    </Section>
  );
}

function amount(a: Item, w: Words, f: Format): string {
  if (a.n === undefined) return a.age_ms === undefined ? '' : f.long(a.age_ms);
  return a.unit === 'bytes' ? f.bytes(a.n) : w.records(f.compact(a.n));
}

function titleOf(a: Item, w: Words, f: Format): string {
  const name = isolated(a.name ?? '');
  switch (a.code) {
    case 'stream_failed': case 'stream_paused': case 'file_problem': return w[a.code](name);
    case 'stream_behind': case 'source_behind': case 'group_behind': return w[a.code](name, amount(a, w, f));
    case 'rows_rejected': case 'rows_late': return w[a.code](name, f.rows(a.n ?? 0));
    case 'topic_silent': return w.topic_silent(name, f.long(a.age_ms ?? 0));
    case 'disk_low': case 'memory_low': return w[a.code](f.bytes(a.n ?? 0));
    case 'restarts': return w.restarts(name, f.int(a.n ?? 0));
    case 'streams_away': return w.streams_away;
    default: return a.text ?? a.code;
  }
}

function detailOf(a: Item, w: Words, f: Format): string {
  return [a.code === 'streams_away' ? w.streamsAwayText : a.text, a.age_ms !== undefined && a.code !== 'topic_silent' ? w.ageIs(f.long(a.age_ms)) : undefined, a.since && w.since(serverNow() - Date.parse(a.since) < 20 * 3_600_000 ? f.hm(a.since) : f.dateTime(a.since))].filter(Boolean).join(' · ');
}

// Action is the one thing to do: to look where it is told more, or to mend it here.
function Action({ item: a, topic, w }: { item: Item; topic: string | undefined; w: Words }): ReactNode {
  const why = useWhyNot();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const name = a.name ?? '';
  if (a.code === 'stream_paused') {
    const go = () => { setBusy(true); setError(undefined); resumeStream(name).then(() => done(w.resumed(name)), setError).finally(() => setBusy(false)); };
    return <><MayButton why={why} busy={busy} onClick={go}>{w.resume}</MayButton>{error !== undefined && <div className="full"><ErrorNote error={error} /></div>}</>;
  }
  if (a.code === 'disk_low') return <Link className="btn" to="/topics" search={{ sort: 'bytes', down: true }}>{w.free}</Link>;
  if (a.code === 'rows_rejected' && topic !== undefined) return <Link className="btn" to="/topics/$name" params={{ name: `${topic}_rejected` }}>{w.seeRows}</Link>;
  if (a.code === 'rows_rejected') return <Link className="btn" to="/streams/$name" params={{ name }} search={{ tab: 'rejected' }}>{w.seeRows}</Link>;
  if (a.code === 'rows_late') return <Link className="btn" to="/streams/$name" params={{ name }} search={{ tab: 'late' }}>{w.seeRows}</Link>;
  switch (a.kind) {
    case 'topic': return <Link className="btn" to="/topics/$name" params={{ name }}>{w.look}</Link>;
    case 'stream': return <Link className="btn" to="/streams/$name" params={{ name }}>{w.look}</Link>;
    case 'group': return <Link className="btn" to="/groups/$id" params={{ id: name }}>{w.look}</Link>;
    case 'view': return <Link className="btn" to="/data/$name" params={{ name }}>{w.look}</Link>;
    case 'dashboard': return <Link className="btn" to="/dashboards/$name" params={{ name }}>{w.look}</Link>;
    case 'source': return <Link className="btn" to="/topics/$name" params={{ name: topic ?? name }}>{w.look}</Link>;
    default: return <span />;
  }
}
