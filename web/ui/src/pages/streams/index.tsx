import '../shared/shared.css';
import './streams.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Age, Ago, Bytes, Empty, Input, Num, Rate, Segments, StatusMark, Table, type TableColumn } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { markOf } from '../shared/state';
import { type Stream, useStreamList, wrong } from './api';
import type { StreamsSearch } from './search';
import { useStateWord } from './useStateWord';
import { useStreamsWords } from './words';

const route = getRouteApi('/app/streams');

export function StreamsPage() {
  const w = useStreamsWords();
  const streams = useStreamList();
  return (
    <Page fixed title={w.streams} actions={<Link className="btn" to="/sql">{w.newOne}</Link>}>
      <Loaded query={streams}>{list => (list.length === 0 ? <Empty center title={w.none} action={<Link className="btn primary" to="/sql">{w.newOne}</Link>}>{w.noneText}</Empty> : <List list={list} />)}</Loaded>
    </Page>
  );
}

const rank = (s: Stream) => ['failed', 'waiting', 'rebuilding', 'paused', 'running'].indexOf(s.state);
const late = (s: Stream) => (s.watermark_delay_ms ?? 0) > 60_000 + (s.delay_ms ?? 0) * 2;

function List({ list }: { list: readonly Stream[] }) {
  const w = useStreamsWords();
  const f = useFormat();
  const word = useStateWord();
  const search = route.useSearch();
  const navigate = useNavigate();
  const set = (change: Partial<Record<keyof StreamsSearch, unknown>>) => void navigate({ to: '/streams', search: { ...search, ...change } as StreamsSearch, replace: true });
  const q = (search.q ?? '').toLowerCase();
  const fits = (s: Stream) => !search.state || s.state === search.state || (search.state === 'waiting' && s.state === 'rebuilding');
  const shown = list.filter(s => s.name.toLowerCase().includes(q) && fits(s));
  const count = (state: string) => list.filter(s => s.state === state || (state === 'waiting' && s.state === 'rebuilding')).length;
  const states = (['running', 'waiting', 'paused', 'failed'] as const).filter(x => count(x) > 0);
  const columns: TableColumn<Stream>[] = [
    { key: 'name', head: w.name, sort: s => s.name, cell: s => <Link className="name-cell" to="/streams/$name" params={{ name: s.name }} title={s.name}>{s.name}</Link> },
    { key: 'state', head: w.state, sort: rank, cell: s => <span title={wrong(s)}><StatusMark state={markOf(s.state)} label={word(s.state)} /></span> },
    { key: 'reads', head: w.reads, wide: true, cell: s => <span className="name-cell dim reads" title={s.reads?.join(', ')}>{wrong(s) ? <span className="bad">{s.error}</span> : s.state === 'rebuilding' ? w.toGo(f.rows(s.rows_to_go ?? 0)) : s.reads?.join(', ')}</span> },
    { key: 'in', head: w.rowsIn, num: true, sort: s => s.rate_in, cell: s => <Rate value={s.rate_in} /> },
    { key: 'out', head: w.rowsOut, num: true, sort: s => s.rate_out, cell: s => <Rate value={s.rate_out} /> },
    { key: 'lag', head: w.lag, num: true, sort: s => s.lag, cell: s => <span className={s.lag > 10_000 ? 'warned' : undefined}><Num value={s.lag} short /></span> },
    { key: 'wm', head: w.watermark, num: true, sort: s => s.watermark_delay_ms, cell: s => (s.watermark_delay_ms === undefined ? <span className="faint">–</span> : <span title={s.held_back_by && w.heldBy(s.held_back_by)}><Age ms={s.watermark_delay_ms} late={late(s)} /></span>) },
    { key: 'late', head: w.late, num: true, sort: s => s.rows_late, cell: s => <Num value={s.rows_late} short /> },
    { key: 'rejected', head: w.rejected, num: true, sort: s => s.rows_rejected, cell: s => <span className={s.rows_rejected > 0 ? 'warned' : undefined}><Num value={s.rows_rejected} short /></span> },
    { key: 'bytes', head: w.stateSize, num: true, sort: s => s.state_bytes, cell: s => <Bytes value={s.state_bytes} /> },
    { key: 'checkpoint', head: w.checkpoint, num: true, sort: s => s.checkpoint, cell: s => (s.checkpoint ? <Ago at={s.checkpoint} /> : <span className="faint">–</span>) },
  ];
  return (
    <div className="list-page">
      <div className="list-head">
        <Input icon="search" placeholder={w.find} aria-label={w.find} value={search.q ?? ''} onChange={e => set({ q: e.target.value })} />
        {states.length > 1 && <Segments label={w.state} value={search.state ?? 'all'} options={[{ value: 'all', label: <>{w.all} <span className="faint">{f.int(list.length)}</span></> }, ...states.map(x => ({ value: x, label: <>{word(x)} <span className={x === 'failed' ? 'bad' : 'faint'}>{f.int(count(x))}</span></> }))]} onChange={v => set({ state: v === 'all' ? undefined : v })} />}
      </div>
      {shown.length === 0 ? <Empty title={w.noMatch} /> : <Table label={w.streams} rows={shown} columns={columns} rowKey={s => s.name} sort={{ key: search.sort ?? 'state', down: search.down ?? false }} onSort={s => set({ sort: s.key, down: s.down })} onOpen={s => void navigate({ to: '/streams/$name', params: { name: s.name } })} />}
    </div>
  );
}
