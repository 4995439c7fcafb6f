import '../shared/shared.css';
import './data.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { quoted } from '../../editor/name';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Empty, Freshness, Pill, Tabs } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { useRecent } from '../shared/recents';
import { SqlText } from '../shared/SqlText';
import { useSharedWords } from '../shared/words';
import { type TableDetail, useEntries, useTable } from './api';
import { ColumnDrawer } from './ColumnDrawer';
import { Columns } from './Columns';
import { Preview } from './Preview';
import type { TableSearch } from './search';
import { useDataWords } from './words';

const route = getRouteApi('/app/data/$name');

export function TablePage() {
  const w = useDataWords();
  const s = useSharedWords();
  const f = useFormat();
  const { name } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const kind = useEntries().data?.find(e => e.name === name)?.kind;
  const table = useTable(name, kind === 'view');
  const t = table.data;
  useRecent('table', t?.name);
  const set = (change: Partial<Record<keyof TableSearch, unknown>>) => void navigate({ to: '/data/$name', params: { name }, search: { ...search, ...change } as TableSearch, replace: true });
  const kinds = { topic: s.topic, view: s.view, seed: s.seed };
  return (
    <Page fixed title={name} crumbs={[{ label: w.data, link: { to: '/data' } }]} after={t && <><Pill>{kinds[t.kind]}</Pill>{t.kind !== 'seed' && <Freshness at={t.newest} ago lateAfter={t.late ? 0 : Infinity} />}<span className="faint small nowrap">{[t.rows === undefined ? '' : f.rows(t.rows), t.bytes === undefined ? '' : f.bytes(t.bytes)].filter(Boolean).join(' · ')}</span></>}
      actions={<>{t?.kind === 'view' && <Link className="btn" to="/streams/$name" params={{ name }}>{w.seeStream}</Link>}{t?.kind === 'topic' && <Link className="btn" to="/topics/$name" params={{ name }}>{w.seeTopic}</Link>}<Link className="btn primary" to="/sql" search={{ sql: `SELECT *\nFROM ${quoted(name)}\nLIMIT 100` } as never}>{w.openSql}</Link></>}>
      <Loaded query={table}>{d => (
        <div className="table-page">
          <Tabs className="fill-tabs" value={search.tab ?? 'columns'} onChange={tab => void navigate({ to: '/data/$name', params: { name }, search: tab === 'columns' ? {} : { tab } })} tabs={[
            { value: 'columns', label: w.columns, count: f.int(d.columns?.length ?? 0), panel: <Columns t={d} search={search} onSearch={set} /> },
            { value: 'preview', label: w.preview, panel: <Preview t={d} /> },
            { value: 'used', label: w.used, count: f.int(d.used_by.length), panel: <Used t={d} /> },
          ]} />
          {search.column !== undefined && (search.tab ?? 'columns') === 'columns' && <ColumnDrawer key={search.column} t={d} column={search.column} onClose={() => set({ column: undefined })} />}
        </div>
      )}</Loaded>
    </Page>
  );
}

function Used({ t }: { t: TableDetail }) {
  const w = useDataWords();
  const s = useSharedWords();
  const kinds = { stream: s.stream, collector: s.collector, dashboard: s.dashboard, query: s.query, group: s.group };
  return (
    <div className="scroll pad used-page">
      {t.used_by.length === 0 ? <Empty title={w.notUsed}>{w.notUsedText}</Empty> : (
        <ul className="used">{t.used_by.map(u => {
          const p = { className: 'name-cell', children: u.title ?? u.name };
          return <li key={`${u.kind} ${u.name}`}>{u.kind === 'stream' ? <Link to="/streams/$name" params={{ name: u.name }} {...p} /> : u.kind === 'dashboard' ? <Link to="/dashboards/$name" params={{ name: u.name }} {...p} /> : u.kind === 'group' ? <Link to="/groups/$id" params={{ id: u.name }} {...p} /> : u.kind === 'query' ? <Link to="/sql" search={{ query: u.name } as never} {...p} /> : <span className="name-cell">{p.children}</span>}<span className="dim">{kinds[u.kind]}</span></li>;
        })}</ul>
      )}
      {t.sql && <section className="definition"><h2>{w.definition}{t.file && <span className="mono faint"> {t.file}</span>}</h2><SqlText sql={t.sql} label={w.definition} /></section>}
    </div>
  );
}
