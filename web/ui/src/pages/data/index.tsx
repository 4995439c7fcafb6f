import '../shared/shared.css';
import './data.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Button, Bytes, Empty, Freshness, Icon, Input, Num, Segments, Table, type TableColumn } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { useSharedWords } from '../shared/words';
import { type Entry, type Kind, useEntries } from './api';
import type { DataSearch } from './search';
import { useDataWords } from './words';

const route = getRouteApi('/app/data');

export function DataPage() {
  const w = useDataWords();
  const entries = useEntries();
  return (
    <Page fixed title={w.data}>
      <Loaded query={entries}>{list => (list.length === 0 ? <Empty center title={w.none} action={<Link className="btn primary" to="/">{w.start}</Link>}>{w.noneText}</Empty> : <List list={list} />)}</Loaded>
    </Page>
  );
}

function List({ list }: { list: readonly Entry[] }) {
  const w = useDataWords();
  const s = useSharedWords();
  const f = useFormat();
  const search = route.useSearch();
  const navigate = useNavigate();
  const set = (change: Partial<Record<keyof DataSearch, unknown>>) => void navigate({ to: '/data', search: { ...search, ...change } as DataSearch, replace: true });
  const q = (search.q ?? '').toLowerCase();
  const hit = (e: Entry) => (q === '' ? undefined : e.columns?.find(c => c.name.toLowerCase().includes(q))?.name);
  const shown = list.filter(e => (!search.kind || e.kind === search.kind) && (e.name.toLowerCase().includes(q) || hit(e) !== undefined));
  const count = (k: Kind) => list.filter(e => e.kind === k).length;
  const kinds: Record<Kind, string> = { topic: s.topic, view: s.view, seed: s.seed };
  const columns: TableColumn<Entry>[] = [
    { key: 'name', head: w.name, sort: e => e.name, cell: e => <span className="row"><span className="faint kind-icon"><Icon name={e.kind} size={14} /></span><Link className="name-cell" to="/data/$name" params={{ name: e.name }} title={e.name}>{e.name}</Link></span> },
    { key: 'kind', head: w.kind, sort: e => ['view', 'topic', 'seed'].indexOf(e.kind), cell: e => <span className="dim">{kinds[e.kind] ?? e.kind}</span> },
    { key: 'columns', head: w.columns, wide: true, sort: e => e.columns?.length ?? 0, cell: e => <Columns entry={e} hit={hit(e)} /> },
    { key: 'rows', head: w.rows, num: true, sort: e => e.rows, cell: e => <Num value={e.rows} short /> },
    { key: 'bytes', head: w.size, num: true, sort: e => e.bytes, cell: e => <Bytes value={e.bytes} /> },
    { key: 'fresh', head: w.fresh, num: true, sort: e => e.newest, cell: e => (e.kind === 'seed' ? <span className="faint">–</span> : <Freshness at={e.newest} lateAfter={e.late ? 0 : Infinity} />) },
  ];
  const label = (text: string, n: number) => <>{text} <span className="faint">{f.int(n)}</span></>;
  return (
    <div className="list-page">
      <div className="list-head">
        <Input icon="search" autoFocus placeholder={w.find} aria-label={w.find} value={search.q ?? ''} onChange={e => set({ q: e.target.value || undefined })} />
        <Segments label={w.kind} value={search.kind ?? 'all'} options={[{ value: 'all', label: label(w.all, list.length) }, { value: 'topic', label: label(w.topics, count('topic')) }, { value: 'view', label: label(w.views, count('view')) }, { value: 'seed', label: label(w.seeds, count('seed')) }]} onChange={k => set({ kind: k === 'all' ? undefined : k })} />
      </div>
      {shown.length === 0 ? <Empty title={w.noMatch} action={<Button onClick={() => set({ q: undefined, kind: undefined })}>{w.clear}</Button>} />
        : <Table label={w.data} rows={shown} columns={columns} rowKey={e => e.name} sort={{ key: search.sort ?? 'kind', down: search.down ?? false }} onSort={x => set({ sort: x.key, down: x.down })} onOpen={e => void navigate({ to: '/data/$name', params: { name: e.name } })} />}
    </div>
  );
}

const namesMax = 6;

function Columns({ entry, hit }: { entry: Entry; hit: string | undefined }) {
  const f = useFormat();
  const all = entry.columns ?? [];
  const names = all.slice(0, namesMax).map(c => c.name);
  if (hit !== undefined && !names.includes(hit)) names.unshift(hit);
  return <span className="col-names"><span className="n">{all.length > 0 ? f.int(all.length) : '–'}</span><span className="cut dim" title={entry.note}>{names.map((n, i) => <span key={n}>{i > 0 && ', '}{n === hit ? <mark>{n}</mark> : n}</span>)}{all.length > names.length && ' …'}{entry.note && <span className="faint">{all.length > 0 ? ' · ' : ''}{entry.note}</span>}</span></span>;
}
