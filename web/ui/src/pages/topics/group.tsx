import '../shared/shared.css';
import './topics.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Ago, Num, Section, StatusMark, Table, type TableColumn } from '../../ui';
import { Facts } from '../shared/Facts';
import { Loaded } from '../shared/Loaded';
import { MayButton, useWhyNot } from '../shared/May';
import { useRecent } from '../shared/recents';
import { markOf } from '../shared/state';
import { type GroupDetail, type GroupMember, type GroupOffset, useGroup } from './api';
import { ResetOffsets } from './ResetOffsets';
import { useStateWord } from './stateWord';
import { useTopicsWords } from './words';

const route = getRouteApi('/app/groups/$id');

export function GroupPage() {
  const w = useTopicsWords();
  const word = useStateWord();
  const { id } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const why = useWhyNot();
  const group = useGroup(id);
  useRecent('group', group.data?.id);
  const open = (on: boolean) => void navigate({ to: '/groups/$id', params: { id }, search: { ...(search.topic ? { topic: search.topic } : {}), ...(on ? { reset: true as const } : {}) }, replace: true });
  return (
    <Page title={id} crumbs={[{ label: w.topics, link: { to: '/topics' } }, { label: w.groups, link: { to: '/topics', search: { tab: 'groups' } } }]} after={group.data && <StatusMark state={markOf(group.data.state)} label={word(group.data.state)} />}
      actions={<MayButton why={why ?? (group.data && group.data.members > 0 ? w.resetActive : undefined)} icon="history" onClick={() => open(true)}>{w.resetOffsets}</MayButton>}>
      <Loaded query={group}>{g => (
        <>
          <GroupFacts g={g} />
          <div className="pad group-parts">
            <Section title={w.members} className="flush-section">{g.members_list.length === 0 ? <p className="dim"><b>{w.noMembers}.</b> {w.noMembersText}</p> : <Members list={g.members_list} />}</Section>
            <Section title={w.offsets} className="flush-section"><Offsets g={g} topic={search.topic} /></Section>
          </div>
          {search.reset && !why && <ResetOffsets group={g} topic={search.topic} onClose={() => open(false)} />}
        </>
      )}</Loaded>
    </Page>
  );
}

function GroupFacts({ g }: { g: GroupDetail }) {
  const w = useTopicsWords();
  const f = useFormat();
  const last = g.offsets.map(o => o.committed_at).filter(t => t !== undefined).sort().at(-1);
  return <Facts items={[
    { label: w.totalLag, value: <span className={g.lag > 10_000 ? 'warned' : undefined}><Num value={g.lag} short /></span>, sub: g.lag < 10_000 ? undefined : f.int(g.lag) },
    { label: w.members, value: <Num value={g.members} />, sub: g.protocol },
    { label: w.topicsRead, value: <Num value={g.topics.length} />, sub: g.topics.join(', ') },
    { label: w.partitions, value: <Num value={g.offsets.length} /> },
    { label: w.committed, value: <span className="fact-text">{last ? <Ago at={last} /> : g.offsets.some(o => o.committed !== undefined) ? '–' : w.never}</span>, sub: w.ofPartitions(f.int(g.offsets.filter(o => o.committed !== undefined).length), f.int(g.offsets.length)) },
  ]} />;
}

function Members({ list }: { list: readonly GroupMember[] }) {
  const w = useTopicsWords();
  const columns: TableColumn<GroupMember>[] = [
    { key: 'client', head: w.client, cell: m => <span className="name-cell" title={m.id}>{m.client}</span> },
    { key: 'host', head: w.host, cell: m => <span className="mono dim">{m.host}</span> },
    { key: 'assigned', head: w.assigned, wide: true, cell: m => <span className="assigned">{m.assigned.map(a => <span key={a.topic}><Link className="link" to="/topics/$name" params={{ name: a.topic }}>{a.topic}</Link> <span className="mono dim">{a.partitions.join(', ')}</span></span>)}</span> },
  ];
  return <Table flush label={w.members} rows={list} columns={columns} rowKey={m => m.id} />;
}

function Offsets({ g, topic }: { g: GroupDetail; topic: string | undefined }) {
  const w = useTopicsWords();
  const f = useFormat();
  const clients = new Map(g.members_list.map(m => [m.id, m.client]));
  const mono = (n: number | undefined) => (n === undefined ? <span className="faint">–</span> : <span className="mono">{f.int(n)}</span>);
  const columns: TableColumn<GroupOffset>[] = [
    { key: 'topic', head: w.topics, cell: o => <Link className="name-cell" to="/topics/$name" params={{ name: o.topic }} search={{ partition: o.partition, ...(o.committed === undefined ? {} : { at: String(o.committed) }) }}>{o.topic}</Link> },
    { key: 'p', head: w.partition, num: true, cell: o => mono(o.partition) },
    { key: 'committed', head: w.committed, num: true, cell: o => mono(o.committed) },
    { key: 'end', head: w.end, num: true, cell: o => mono(o.end) },
    { key: 'lag', head: w.lag, num: true, sort: o => o.lag, cell: o => <span className={o.lag > 10_000 ? 'warned' : undefined}><Num value={o.lag} /></span> },
    { key: 'progress', head: w.share, cell: o => <Progress o={o} /> },
    { key: 'at', head: w.committedAt, cell: o => (o.committed_at ? <span className="dim"><Ago at={o.committed_at} /></span> : <span className="faint">{o.committed === undefined ? w.never : '–'}</span>) },
    { key: 'member', head: w.member, wide: true, cell: o => <span className="dim name-cell">{o.member ? (clients.get(o.member) ?? o.member) : '–'}</span> },
  ];
  return <Table flush label={w.offsets} rows={topic ? [...g.offsets].sort((a, b) => Number(b.topic === topic) - Number(a.topic === topic)) : g.offsets} columns={columns} rowKey={o => `${o.topic}/${o.partition}`} />;
}

// Progress is how much of what the partition holds has been read.
function Progress({ o }: { o: GroupOffset }) {
  const done = o.end > o.start ? ((o.committed ?? o.start) - o.start) / (o.end - o.start) : 1;
  return <svg className="share" width={120} height={6} aria-hidden="true"><rect width={120} height={6} rx={3} className="back" /><rect width={Math.max(0, Math.min(120, 120 * done))} height={6} rx={3} className="bar" /></svg>;
}
