import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { toApiError } from '../../api';
import { DataGrid, type GridColumn } from '../../grid';
import { useFormat } from '../../i18n';
import { Button, Empty, ErrorNote, keyText, Skeleton } from '../../ui';
import { errorOf, type Result, windowsOf } from './client';
import { Receipt } from './Receipt';
import type { Tab } from './tabs';
import { columnsOfResult, useLook, useOrder, useResult, useSqlSearch } from './useSql';
import { useSqlWords } from './words';

const ResultChart = lazy(() => import('./ResultChart').then(m => ({ default: m.ResultChart })));
const ProfileView = lazy(() => import('./ProfileView').then(m => ({ default: m.ProfileView })));

// ResultPane is the answer: its rows, a chart of them or its columns, how it is coming along, or why there is none.
export function ResultPane({ tab, failed, onRetry, onGoTo }: { tab: Tab; failed: unknown; onRetry: () => void; onGoTo: ((error: unknown) => (() => void) | undefined) }) {
  const w = useSqlWords();
  const newest = useResult(tab.result), before = useResult(tab.before);
  const r = newest.data;
  const waits = r?.state === 'running' && r.rows === 0 && before.data !== undefined && before.data.rows > 0;
  const shown = waits ? before.data : r;
  const columns = useMemo(() => columnsOfResult(shown), [shown?.columns, shown?.id]); // eslint-disable-line -- the same columns while rows come
  const error = failed ?? (r?.state === 'failed' && r.error ? errorOf(r.error) : undefined);
  const goTo = error === undefined ? undefined : onGoTo(error);
  const again = <Button small onClick={onRetry}>{w.runAgain}</Button>;
  const lost = newest.error ? toApiError(newest.error) : undefined;
  return (
    <div className="sql-result" id="sqlresult" aria-label={w.result} role="region">
      <Progress r={r} />
      {error !== undefined && <div className="sql-note"><ErrorNote error={error} mono what={failed === undefined ? w.failed : w.noStart} action={goTo && <Button small onClick={goTo}>{w.goTo(toApiError(error).line ?? 1)}</Button>} /></div>}
      {r?.state === 'canceled' && <div className="sql-note"><div className="sql-calm"><b>{w.canceled}</b> {r.rows > 0 && w.canceledText}<span className="grow" />{again}</div></div>}
      {lost && tab.result && (lost.kind === 'not_found' ? <Empty title={w.expired} action={<Button kind="primary" onClick={onRetry}>{w.runAgain}</Button>}>{w.expiredText}</Empty> : <div className="sql-note"><ErrorNote error={lost} retry={() => void newest.refetch()} /></div>)}
      {!tab.result && error === undefined && <Empty title={w.first}>{w.firstText} {w.runKeys(keyText('mod+enter'))}</Empty>}
      {tab.result && newest.isPending && !lost && <div className="sql-pad"><Skeleton lines={6} width={420} /></div>}
      {shown && columns.length > 0 && (shown.state !== 'failed' || shown.rows > 0) ? <Shown r={shown} columns={columns} old={waits} /> : <div className="grow" />}
      {shown && <Receipt r={shown} old={waits} />}
    </div>
  );
}

function Shown({ r, columns, old }: { r: Result; columns: readonly GridColumn[]; old: boolean }) {
  const w = useSqlWords();
  const { search, set } = useSqlSearch();
  const { sort, filters, setSort, setFilters } = useOrder();
  const look = useLook(r.id);
  const fetchWindow = useMemo(() => windowsOf(r.id, sort, filters, look), [r.id, sort, filters, look]);
  const wait: ReactNode = <div className="sql-pad"><Skeleton lines={5} width={360} /></div>;
  if (search.view === 'chart') return <div className="sql-shown"><Suspense fallback={wait}><ResultChart r={r} columns={columns} filters={filters} /></Suspense></div>;
  if (search.view === 'profile') return <div className="sql-shown"><Suspense fallback={wait}><ProfileView r={r} columns={columns} onColumn={col => set({ col, cell: undefined })} /></Suspense></div>;
  return (
    <div className={`sql-shown${old ? ' old' : ''}`}>
      <DataGrid label={w.result} rows={r.rows} columns={columns} version={`${r.id} ${search.sort ?? ''} ${search.filter ?? ''}`} fetchWindow={fetchWindow} sort={sort} onSort={setSort} filters={filters} onFilters={setFilters}
        onProfile={col => set({ col, cell: undefined })} onOpen={c => set({ cell: `${c.row}.${c.column}`, col: undefined })} onCell={c => { if (search.cell !== undefined) set({ cell: `${c.row}.${c.column}` }); else if (search.col !== undefined && search.col !== '-') set({ col: c.column }); }} looked={search.cell ? search.cell.replace(/^\d+\./, '') : search.col} />
    </div>
  );
}

function Progress({ r }: { r: Result | undefined }) {
  const w = useSqlWords();
  const f = useFormat();
  const work = r?.work?.[0];
  if (r?.state !== 'running' && !work) return null;
  const share = work ? work.done : r?.progress;
  const label = work ? w.ordering(work.sort.join(', '), work.filter) : w.running(f.duration(r?.ms ?? 0));
  return (
    <div className="sql-progress">
      <div className={`sql-bar${share === undefined ? ' unknown' : ''}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}><i style={{ transform: `scaleX(${share ?? 0.3})` }} /></div>
      <span>{label}{share === undefined ? '' : ` · ${f.percent(share, 0)}`}{r?.state === 'running' && r.rows > 0 ? ` · ${w.soFar(f.rows(r.rows))}` : ''}</span>
    </div>
  );
}
