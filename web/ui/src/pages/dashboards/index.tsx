import '../shared/shared.css';
import './dashboards.css';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { textIn, useFormat } from '../../i18n';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Ago, Empty, IconButton, Input, Menu, MenuItem, Num, StatusMark, Table, type TableColumn } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { MayButton, useWhyNot } from '../shared/May';
import { listBoards, type Listed } from './api';
import { DeleteBoard, DuplicateBoard, NewBoard } from './ListDialogs';
import type { DashboardsSearch } from './search';
import { useDashboardsWords } from './words';

const route = getRouteApi('/app/dashboards');
const chartsAfter = 300; // ms: the list comes first

export function DashboardsPage() {
  const w = useDashboardsWords();
  const fw = useFrameWords();
  const search = route.useSearch();
  const navigate = useNavigate();
  const why = useWhyNot();
  // Loads the charts while somebody looks for a dashboard.
  useEffect(() => { const t = setTimeout(() => void import('./dashboard'), chartsAfter); return () => clearTimeout(t); }, []);
  const list = useQuery({ queryKey: ['dashboards', 'list'], queryFn: async () => (await listBoards()).dashboards ?? [] });
  const set = (change: Partial<DashboardsSearch>) => void navigate({ to: '/dashboards', search: { ...search, ...change }, replace: true });
  const make = <MayButton why={why} icon="plus" kind={list.data?.length === 0 ? 'primary' : 'plain'} onClick={() => set({ new: true })}>{w.new}</MayButton>;
  return (
    <Page fixed title={fw.dashboards} actions={list.data?.length === 0 ? undefined : make}>
      <Loaded query={list}>{d => (d.length === 0 ? <Empty center title={w.none} action={make}>{w.noneText}</Empty> : <List rows={d} search={search} onSearch={set} why={why} />)}</Loaded>
      {search.new && !why && <NewBoard onClose={() => set({ new: undefined } as never)} onDone={name => void navigate({ to: '/dashboards/$name', params: { name }, search: { edit: true } })} />}
    </Page>
  );
}

function List({ rows, search, onSearch, why }: { rows: readonly Listed[]; search: DashboardsSearch; onSearch: (s: Partial<DashboardsSearch>) => void; why: string | undefined }) {
  const w = useDashboardsWords();
  const f = useFormat();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<{ what: 'duplicate' | 'delete'; row: Listed }>();
  const titleOf = (d: Listed) => textIn(f.lang, d.title) || d.name;
  const q = (search.q ?? '').toLowerCase();
  const shown = rows.filter(d => `${titleOf(d)} ${d.name} ${textIn(f.lang, d.about)}`.toLowerCase().includes(q));
  const columns: TableColumn<Listed>[] = [
    { key: 'title', head: w.title, sort: titleOf, cell: d => <Link className="name-cell" to="/dashboards/$name" params={{ name: d.name }} title={titleOf(d)}>{titleOf(d)}</Link> },
    { key: 'about', head: w.about, wide: true, cell: d => (d.problem ? <StatusMark state="warn" label={w.broken} /> : <span className="dim name-cell" title={textIn(f.lang, d.about)}>{textIn(f.lang, d.about)}</span>) },
    { key: 'tiles', head: w.tiles, num: true, sort: d => d.tiles, cell: d => <Num value={d.tiles} /> },
    { key: 'changed', head: w.changed, num: true, sort: d => d.changed, cell: d => <Ago at={d.changed} /> },
    { key: 'by', head: w.by, sort: d => d.by, cell: d => <span className="dim">{d.by ?? '–'}</span> },
    { key: 'do', head: <span className="hidden">{w.more}</span>, cell: d => (why ? null : (
      <span onClick={e => e.stopPropagation()}><Menu align="end" trigger={<IconButton small icon="more" label={w.actionsOf(titleOf(d))} />}>
        <MenuItem icon="copy" onSelect={() => setDialog({ what: 'duplicate', row: d })}>{w.duplicate}</MenuItem>
        <MenuItem icon="trash" danger onSelect={() => setDialog({ what: 'delete', row: d })}>{w.delete}</MenuItem>
      </Menu></span>
    )) },
  ];
  return (
    <div className="list-page">
      <div className="list-head"><Input icon="search" placeholder={w.find} aria-label={w.find} value={search.q ?? ''} onChange={e => onSearch({ q: e.target.value })} /></div>
      {shown.length === 0 ? <Empty title={w.noMatch(search.q ?? '')} />
        : <Table label={w.find} rows={shown} columns={columns} rowKey={d => d.name} sort={{ key: search.sort ?? 'title', down: search.down === true }} onSort={s => onSearch({ sort: s.key, down: s.down })} onOpen={d => void navigate({ to: '/dashboards/$name', params: { name: d.name } })} />}
      {dialog?.what === 'duplicate' && <DuplicateBoard name={dialog.row.name} title={titleOf(dialog.row)} onClose={() => setDialog(undefined)} onDone={() => undefined} />}
      {dialog?.what === 'delete' && <DeleteBoard name={dialog.row.name} title={titleOf(dialog.row)} onClose={() => setDialog(undefined)} onDone={() => undefined} />}
    </div>
  );
}
