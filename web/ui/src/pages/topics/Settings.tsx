import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useFormat } from '../../i18n';
import { Confirm, done, Field, Input, Pill, Section } from '../../ui';
import { MayButton } from '../shared/May';
import { useSharedWords } from '../shared/words';
import { changeTopic, deleteTopic, type TopicDetail, type UsedBy, useTopicsChanged } from './api';
import { RetentionFields, retentionOf, retentionText } from './CreateTopic';
import { useTopicsWords } from './words';
import { isolated } from '../shared/bidi';

// Settings are a topic's retention, partitions and columns, who uses it, and its end.
export function Settings({ topic: t, why }: { topic: TopicDetail; why: string | undefined }) {
  const w = useTopicsWords();
  const f = useFormat();
  const navigate = useNavigate();
  const changed = useTopicsChanged();
  const [retention, setRetention] = useState(() => retentionText(t.retention));
  const [partitions, setPartitions] = useState(String(t.partitions));
  const [asked, setAsked] = useState<'delete' | 'shorter' | 'raise'>();
  const cannot = why ?? (t.declared ? w.declared(t.declared) : undefined);
  const next = retentionOf(retention);
  const less = (a: number | undefined, b: number | undefined) => b !== undefined && (a === undefined || b < a);
  const shorter = less(t.retention.ms, next.ms) || less(t.retention.bytes, next.bytes);
  const save = async (c: Parameters<typeof changeTopic>[1]) => { await changeTopic(t.name, c); await changed(); done(w.saved(isolated(t.name))); };
  const remove = async () => { await deleteTopic(t.name); done(w.deleted(isolated(t.name))); await navigate({ to: '/topics', search: {} }); await changed(); };
  const streams = t.used_by.filter(u => u.kind === 'stream').map(u => u.name).join(', ');
  const n = Number(partitions);
  const [error, setError] = useState('');
  return (
    <div className="settings scroll">
      <Section title={w.retention}>
        {t.declared && <p className="dim">{w.declared(t.declared)}</p>}
        <RetentionFields value={retention} onChange={setRetention} disabled={cannot !== undefined} />
        <MayButton why={cannot} disabled={JSON.stringify(next) === JSON.stringify(t.retention)} onClick={() => (shorter ? setAsked('shorter') : void save({ retention: next }).catch((e: unknown) => setError(String(e))))}>{w.savePart}</MayButton>
      </Section>
      <Section title={w.partitions}>
        <div className="row end"><Field label={w.partitions} hint={w.partitionsHint} problem={n < t.partitions ? w.fewer : undefined}>{p => <Input {...p} type="number" min={t.partitions} max={1000} disabled={cannot !== undefined} value={partitions} onChange={e => setPartitions(e.target.value)} />}</Field></div>
        <MayButton why={cannot} disabled={!(n > t.partitions)} onClick={() => setAsked('raise')}>{w.savePart}</MayButton>
        {error && <p className="bad" role="alert">{error}</p>}
      </Section>
      <Section title={w.columns}>{t.columns.length === 0 ? <p className="faint">{w.noColumns}</p> : <ul className="cols-list">{t.columns.slice(0, 200).map(c => <li key={c.name}><span className="name-text">{c.name}</span> <Pill>{c.type.toLowerCase()}</Pill></li>)}</ul>}</Section>
      <Section title={w.usedBy}>{t.used_by.length === 0 ? <p className="faint">{w.notUsed}</p> : <UsedByList items={t.used_by} />}</Section>
      <Section title={w.danger}><p className="dim">{w.dangerText}</p><MayButton why={cannot} danger icon="trash" onClick={() => setAsked('delete')}>{w.deleteTopic}</MayButton></Section>
      <Confirm open={asked === 'delete'} onClose={() => setAsked(undefined)} title={w.deleteTitle(isolated(t.name))} typed={t.name} action={w.deleteTopic} onConfirm={remove}
        consequence={<><p>{w.deleteText(f.rows(t.records), f.bytes(t.bytes))}</p>{streams && <p className="warned">{w.deleteStreams(streams)}</p>}</>} />
      <Confirm open={asked === 'shorter'} onClose={() => setAsked(undefined)} title={w.less} consequence={w.lessText} action={w.savePart} onConfirm={() => save({ retention: next })} />
      <Confirm open={asked === 'raise'} onClose={() => setAsked(undefined)} title={w.raise(f.int(t.partitions), f.int(n || 0))} consequence={w.morePartitions} action={w.savePart} onConfirm={() => save({ partitions: n })} />
    </div>
  );
}

export function UsedByList({ items }: { items: readonly UsedBy[] }) {
  const s = useSharedWords();
  const kinds: Record<UsedBy['kind'], string> = { stream: s.stream, collector: s.collector, dashboard: s.dashboard, query: s.query, group: s.group };
  return (
    <ul className="used">
      {items.map(u => {
        const p = { className: 'name-cell link', children: u.title ?? u.name };
        return <li key={`${u.kind} ${u.name}`}>{u.kind === 'stream' ? <Link to="/streams/$name" params={{ name: u.name }} {...p} /> : u.kind === 'dashboard' ? <Link to="/dashboards/$name" params={{ name: u.name }} {...p} /> : u.kind === 'group' ? <Link to="/groups/$id" params={{ id: u.name }} {...p} /> : <span className="name-cell">{p.children}</span>}<span className="dim">{kinds[u.kind]}</span></li>;
      })}
    </ul>
  );
}
