import '../shared/shared.css';
import './topics.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Bytes, Checkbox, Empty, Freshness, Input, Num, Rate, StatusMark, Table, type TableColumn, Tabs } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { MayButton, useWhyNot } from '../shared/May';
import { markOf } from '../shared/state';
import { type Group, type Topic, useGroups, useTopics } from './api';
import { CreateTopic } from './CreateTopic';
import { GroupLags } from './GroupLags';
import type { TopicsSearch } from './search';
import { useStateWord } from './stateWord';
import { useTopicsWords } from './words';

const route = getRouteApi('/app/topics');

export function TopicsPage() {
  const w = useTopicsWords();
  const f = useFormat();
  const search = route.useSearch();
  const navigate = useNavigate();
  const why = useWhyNot();
  const topics = useTopics(), groups = useGroups();
  const set = (change: Partial<TopicsSearch>) => void navigate({ to: '/topics', search: { ...search, ...change }, replace: true });
  const list = topics.data?.topics ?? [];
  const inner = list.filter(t => t.internal).length;
  return (
    <Page fixed title={w.topics} actions={<MayButton why={why} icon="plus" onClick={() => set({ new: true })}>{w.create}</MayButton>}>
      <Tabs className="fill-tabs" value={search.tab ?? 'topics'} onChange={tab => void navigate({ to: '/topics', search: tab === 'topics' ? {} : { tab } })} tabs={[
        { value: 'topics', label: w.topics, count: topics.data && f.int(list.length - inner), panel: <Loaded query={topics}>{d => (d.topics.length === 0
          ? <Empty center title={w.none} action={<MayButton why={why} kind="primary" onClick={() => set({ new: true })}>{w.create}</MayButton>}>{w.noneText}</Empty>
          : <TopicList topics={d.topics} inner={inner} search={search} onSearch={set} />)}</Loaded> },
        { value: 'groups', label: w.groups, count: groups.data && f.int(groups.data.groups.length), panel: <Loaded query={groups}>{d => (d.groups.length === 0
          ? <Empty center title={w.noGroups}>{w.noGroupsText}</Empty> : <GroupList groups={d.groups} search={search} onSearch={set} />)}</Loaded> },
      ]} />
      {search.new && !why && <CreateTopic taken={list.map(t => t.name)} onClose={() => set({ new: undefined } as never)} />}
    </Page>
  );
}

interface ListProps { search: TopicsSearch; onSearch: (s: Partial<TopicsSearch>) => void }

function TopicList({ topics, inner, search, onSearch }: ListProps & { topics: readonly Topic[]; inner: number }) {
  const w = useTopicsWords();
  const navigate = useNavigate();
  const q = (search.q ?? '').toLowerCase();
  const shown = topics.filter(t => (search.all || !t.internal) && t.name.toLowerCase().includes(q));
  const sum = (t: Topic) => t.groups.reduce((n, g) => n + g.lag, 0);
  const columns: TableColumn<Topic>[] = [
    { key: 'name', head: w.name, sort: t => t.name, cell: t => <Link className="name-cell" to="/topics/$name" params={{ name: t.name }} title={t.name}>{t.name}</Link> },
    { key: 'rate', head: w.rate, num: true, sort: t => t.rate, cell: t => <Rate value={t.rate} /> },
    { key: 'volume', head: w.bytesRate, num: true, sort: t => t.bytes_rate, cell: t => <BytesRate value={t.bytes_rate} /> },
    { key: 'records', head: w.records, num: true, sort: t => t.records, cell: t => <Num value={t.records} short /> },
    { key: 'bytes', head: w.size, num: true, sort: t => t.bytes, cell: t => <Bytes value={t.bytes} /> },
    { key: 'partitions', head: w.partitions, num: true, sort: t => t.partitions, cell: t => <Num value={t.partitions} /> },
    { key: 'lag', head: w.lagByGroup, wide: true, sort: sum, cell: t => <GroupLags groups={t.groups} /> },
    { key: 'fresh', head: w.fresh, num: true, sort: t => t.newest, cell: t => <Freshness at={t.newest} lateAfter={t.late ? 0 : Infinity} /> },
  ];
  return (
    <div className="list-page">
      <div className="list-head">
        <Input icon="search" placeholder={w.find} aria-label={w.find} value={search.q ?? ''} onChange={e => onSearch({ q: e.target.value })} />
        {inner > 0 && <Checkbox label={w.internal} checked={search.all === true} onChange={on => onSearch({ all: on || undefined } as Partial<TopicsSearch>)} />}
      </div>
      {shown.length === 0 ? <Empty title={w.noMatch(search.q ?? '')} />
        : <Table label={w.topics} rows={shown} columns={columns} rowKey={t => t.name} sort={{ key: search.sort ?? 'name', down: search.down === true }} onSort={s => onSearch({ sort: s.key, down: s.down })} onOpen={t => void navigate({ to: '/topics/$name', params: { name: t.name } })} />}
    </div>
  );
}

function BytesRate({ value }: { value: number }) {
  const f = useFormat();
  const m = f.bytesM(value);
  return <>{m.value}<span className="unit">{' '}{m.unit}{f.rateM(0).unit}</span></>;
}

function GroupList({ groups, search, onSearch }: ListProps & { groups: readonly Group[] }) {
  const w = useTopicsWords();
  const word = useStateWord();
  const navigate = useNavigate();
  const q = (search.q ?? '').toLowerCase();
  const shown = groups.filter(g => g.id.toLowerCase().includes(q));
  const columns: TableColumn<Group>[] = [
    { key: 'name', head: w.group, sort: g => g.id, cell: g => <Link className="name-cell" to="/groups/$id" params={{ id: g.id }} title={g.id}>{g.id}</Link> },
    { key: 'state', head: w.state, sort: g => g.state, cell: g => <StatusMark state={markOf(g.state)} label={word(g.state)} /> },
    { key: 'members', head: w.members, num: true, sort: g => g.members, cell: g => <Num value={g.members} /> },
    { key: 'lag', head: w.totalLag, num: true, sort: g => g.lag, cell: g => <Num value={g.lag} short /> },
    { key: 'topics', head: w.topicsRead, wide: true, cell: g => <span className="dim name-cell">{g.topics.join(', ')}</span> },
  ];
  return (
    <div className="list-page">
      <div className="list-head"><Input icon="search" placeholder={w.findGroup} aria-label={w.findGroup} value={search.q ?? ''} onChange={e => onSearch({ q: e.target.value })} /></div>
      {shown.length === 0 ? <Empty title={w.noMatch(search.q ?? '')} />
        : <Table label={w.groups} rows={shown} columns={columns} rowKey={g => g.id} sort={{ key: search.sort ?? 'lag', down: search.down ?? true }} onSort={s => onSearch({ sort: s.key, down: s.down })} onOpen={g => void navigate({ to: '/groups/$id', params: { id: g.id } })} />}
    </div>
  );
}
