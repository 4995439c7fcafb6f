import '../shared/shared.css';
import './topics.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Bytes, Freshness, Num, Rate, Table, type TableColumn, Tabs } from '../../ui';
import { Facts } from '../shared/Facts';
import { Loaded } from '../shared/Loaded';
import { MayButton, useWhyNot } from '../shared/May';
import { useRecent } from '../shared/recents';
import { type TopicDetail, type TopicPartition, useTopic } from './api';
import { quoted } from '../../editor/name';
import { Messages } from './Messages';
import { Produce } from './Produce';
import type { TopicSearch } from './search';
import { Settings } from './Settings';
import { useTopicsWords } from './words';

const route = getRouteApi('/app/topics/$name');

export function TopicPage() {
  const w = useTopicsWords();
  const { name } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const why = useWhyNot();
  const topic = useTopic(name);
  useRecent('topic', topic.data?.name);
  const set = (change: Partial<Record<keyof TopicSearch, unknown>>) => void navigate({ to: '/topics/$name', params: { name }, search: { ...search, ...change } as TopicSearch, replace: true });
  return (
    <Page fixed title={name} crumbs={[{ label: w.topics, link: { to: '/topics' } }]} after={topic.data && topic.data.records > 0 && <Freshness at={topic.data.newest} ago lateAfter={topic.data.late ? 0 : Infinity} />} actions={
      <><Link className="btn" to="/sql" search={{ sql: `SELECT * FROM ${quoted(name)} LIMIT 100` } as never}>{w.openSql}</Link><MayButton why={why} icon="plus" onClick={() => set({ produce: true })}>{w.produce}</MayButton></>
    }>
      <Loaded query={topic}>{t => (
        <div className="object-page">
          <TopicFacts t={t} />
          <Tabs className="fill-tabs grow-tabs" value={search.tab ?? 'messages'} onChange={tab => void navigate({ to: '/topics/$name', params: { name }, search: tab === 'messages' ? {} : { tab } })} tabs={[
            { value: 'messages', label: w.messages, panel: <Messages topic={t} search={search} onSearch={set} /> },
            { value: 'partitions', label: w.partitions, count: t.partitions, panel: <Parts t={t} /> },
            { value: 'groups', label: w.groups, count: t.groups.length, panel: <TopicGroups t={t} /> },
            { value: 'settings', label: w.settings, panel: <Settings key={JSON.stringify([t.retention, t.partitions])} topic={t} why={why} /> },
          ]} />
          {search.produce && !why && <Produce topic={t} onClose={() => set({ produce: undefined })} />}
        </div>
      )}</Loaded>
    </Page>
  );
}

function TopicFacts({ t }: { t: TopicDetail }) {
  const w = useTopicsWords();
  const f = useFormat();
  const worst = [...t.groups].sort((a, b) => b.lag - a.lag)[0];
  const kept = [t.retention.ms ? f.long(t.retention.ms) : '', t.retention.bytes ? f.bytes(t.retention.bytes) : ''].filter(Boolean).join(' · ');
  const bytesRate = f.bytesM(t.bytes_rate);
  return (
    <Facts items={[
      { label: w.rate, value: <Rate value={t.rate} />, sub: `${bytesRate.value} ${bytesRate.unit}${f.rateM(0).unit}` },
      { label: w.records, value: <Num value={t.records} short />, sub: t.records < 10_000 ? undefined : f.int(t.records) },
      { label: w.size, value: <Bytes value={t.bytes} />, sub: t.records > 0 ? w.each(f.bytes(t.bytes / t.records)) : undefined },
      { label: w.lag, value: worst ? <span className={worst.lag > 10_000 ? 'warned' : undefined}><Num value={worst.lag} short /></span> : <span className="faint">–</span>, sub: worst ? worst.id : w.noReader },
      { label: w.partitions, value: <Num value={t.partitions} /> },
      { label: w.retention, value: <span className="fact-text">{kept || w.forever}</span>, sub: t.declared },
    ]} />
  );
}

function Parts({ t }: { t: TopicDetail }) {
  const w = useTopicsWords();
  const f = useFormat();
  const most = Math.max(1, ...t.parts.map(p => p.end - p.start));
  const columns: TableColumn<TopicPartition>[] = [
    { key: 'p', head: w.partition, cell: p => <Link className="mono row-link" to="/topics/$name" params={{ name: t.name }} search={{ partition: p.partition }}>{p.partition}</Link> },
    { key: 'start', head: w.start, num: true, cell: p => <span className="mono">{f.int(p.start)}</span> },
    { key: 'end', head: w.end, num: true, cell: p => <span className="mono">{f.int(p.end)}</span> },
    { key: 'n', head: w.records, num: true, cell: p => <Num value={p.end - p.start} short /> },
    { key: 'share', head: w.share, wide: true, cell: p => <Share of={(p.end - p.start) / most} /> },
    { key: 'bytes', head: w.size, num: true, cell: p => <Bytes value={p.bytes} /> },
    { key: 'rate', head: w.rate, num: true, cell: p => <Rate value={p.rate} /> },
    { key: 'newest', head: w.fresh, num: true, cell: p => <Freshness at={p.newest} lateAfter={Infinity} /> },
  ];
  return <div className="scroll"><Table label={w.partitions} rows={t.parts} columns={columns} rowKey={p => String(p.partition)} /></div>;
}

const Share = ({ of }: { of: number }) => <svg className="share" width={160} height={6} aria-hidden="true"><rect width={160} height={6} rx={3} className="back" /><rect width={Math.max(2, 160 * of)} height={6} rx={3} className="bar" /></svg>;

function TopicGroups({ t }: { t: TopicDetail }) {
  const w = useTopicsWords();
  const f = useFormat();
  if (t.groups.length === 0) return <div className="empty"><h2>{w.noGroups}</h2><p>{w.noGroupsText}</p></div>;
  return (
    <div className="scroll"><Table label={w.groups} rows={t.groups} rowKey={g => g.id} columns={[
      { key: 'id', head: w.group, cell: g => <Link className="name-cell" to="/groups/$id" params={{ id: g.id }} search={{ topic: t.name }}>{g.id}</Link> },
      { key: 'lag', head: w.lag, num: true, cell: g => <span title={f.int(g.lag)} className={g.lag > 10_000 ? 'warned' : undefined}>{f.compact(g.lag)}</span> },
      { key: 'rest', head: '', wide: true, cell: () => '' },
    ]} /></div>
  );
}
