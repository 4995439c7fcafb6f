import { lazy, startTransition, Suspense, useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import { toApiError, useCatalog } from '../../api';
import { Editor, type EditorHandle, scan, type Statement, statementAt } from '../../editor';
import { shortType } from '../../grid';
import { ErrorNote, Split, Tabs } from '../../ui';
import { CatalogPane } from './CatalogPane';
import { chosen, specOf } from './choice';
import { formatSql, errorOf, type Params, saveQuery } from './client';
import { Inspector } from './Inspector';
import { HistoryPane, SavedPane } from './QueryLists';
import { ResultPane } from './ResultPane';
import { RunBar } from './RunBar';
import { SaveQuery, SaveView } from './SaveDialogs';
import { addTab, changeTab, tabName, tabsNow } from './tabs';
import { TabStrip } from './TabStrip';
import { columnsOfResult, problemOf, useCheck, useOpenTab, useOrder, useResult, useRun, useSqlSearch } from './useSql';
import { useSqlWords } from './words';
import { done } from '../../ui';

const AddToDashboard = lazy(() => import('../dashboards/AddToDashboard').then(m => ({ default: m.AddToDashboard })));
const none: readonly never[] = [];

// Workbench is the page: data at the left, the text and its answer in the middle, a closer look at the right.
export function Workbench() {
  const w = useSqlWords();
  const { search, set } = useSqlSearch();
  const { tabs, tab, open } = useOpenTab();
  const { sort, filters } = useOrder();
  const catalog = useCatalog().data ?? none;
  const handle = useRef<EditorHandle>(null);
  const [cursor, setCursor] = useState(0);
  const [dialog, setDialog] = useState<'save' | 'view' | 'board'>();
  const [trouble, setTrouble] = useState<unknown>();
  const run = useRun(tab);
  const result = useResult(tab.result).data;
  const written = useDeferredValue(tab.sql); // typing comes first
  const statement = useMemo(() => statementAt(written, Math.min(cursor, written.length)), [written, cursor]);
  const onCursor = useCallback((at: number) => startTransition(() => setCursor(at)), []);
  const names = useMemo(() => scan(statement?.text ?? '').params, [statement]);
  const params = useMemo((): Params => Object.fromEntries(names.map(n => [n, tab.params[n] ?? ''])), [names, tab.params]);
  const { problem } = useCheck(statement, params);
  const failure = run.failed ?? (result?.state === 'failed' && result.error && tab.result === result.id ? errorOf(result.error) : undefined);
  const problems = useMemo(() => { const p = problem ?? problemOf(tab, failure); return p ? [p] : none; }, [problem, tab, failure]);

  const start = (each?: { param: string; values: string[] }) => {
    const s: Statement | undefined = handle.current?.current() ?? statement;
    if (s) void run.run(s, tabsNow().find(t => t.id === tab.id)?.params ?? {}, each);
  };
  const onRun = useCallback(() => start(), [tab.id, tab.result, statement]); // eslint-disable-line -- start is these
  const save = async () => {
    const now = tabsNow().find(t => t.id === tab.id) ?? tab;
    if (!now.query) { setDialog('save'); return; }
    const name = now.name ?? tabName(now, w.untitled);
    try {
      await saveQuery({ id: now.query, name, sql: now.sql, params: now.params, shared: false });
      changeTab(now.id, { saved: now.sql });
      done(w.queryNamed(name));
    } catch (e) { setTrouble(e); }
  };
  const format = () => {
    const s = handle.current?.current() ?? statement;
    if (s) formatSql(s.text).then(text => { setTrouble(undefined); handle.current?.replace(s.from, s.from + s.text.length, text.replace(/[;\s]+$/, '')); }, setTrouble);
  };
  const goTo = (error: unknown) => {
    const p = problemOf(tab, error);
    return p && (() => handle.current?.focus(p.from));
  };
  // A dashboard gets what is looked at: the chart when one is drawn, else a table.
  const drawn = () => {
    const columns = columnsOfResult(result), c = search.view === 'chart' ? chosen(search.chart, columns) : undefined;
    return c ? { chart: specOf(c, columns) } : {};
  };
  const inspected = result && result.rows > 0 && (result.columns?.length ?? 0) > 0 && search.col !== '-' ? result : undefined;

  const side = useMemo(() => (
    <div className="sql-side">
      <Tabs value={search.side ?? 'data'} onChange={v => set({ side: v === 'data' ? undefined : v })} tabs={[
        { value: 'data', label: w.data, panel: <CatalogPane onInsert={(text, alone) => handle.current?.insert(text, alone)} /> },
        { value: 'saved', label: w.saved, panel: <SavedPane onOpen={q => open(tabsNow().find(t => t.query === q.id)?.id ?? addTab({ name: q.name, sql: q.sql, params: q.params ?? {}, query: q.id, saved: q.sql }))} /> },
        { value: 'history', label: w.history, panel: <HistoryPane onOpen={r => open(tabsNow().find(t => t.sql === r.sql)?.id ?? addTab({ sql: r.sql, params: r.params ?? {}, result: r.id }))} /> },
      ]} />
    </div>
  ), [w, search.side, set, open]);
  const writing = (
    <div className="sql-writing">
      <TabStrip tabs={tabs} open={tab.id} onOpen={open} />
      <div className="sql-editor" id="sqlpanel" role="tabpanel" aria-labelledby={`sqltab-${tab.id}`}>
        <Editor doc={tab.id} text={tab.sql} onChange={(id, sql) => { if (tabsNow().some(t => t.id === id && t.sql !== sql)) changeTab(id, { sql }); }} onCursor={onCursor} onRun={onRun} onSave={() => void save()} onFormat={format} tables={catalog} typeWord={shortType} problems={problems} label={w.editor} placeholder={w.write} handle={handle} />
      </div>
    </div>
  );
  const answer = (
    <div className="sql-answer">
      <RunBar statement={statement} names={names} params={params} onParam={(n, v) => changeTab(tab.id, { params: { ...tab.params, [n]: v } })} running={result?.state === 'running'} starting={run.starting} onRun={start} onCancel={() => { if (result) run.cancel(result.id).catch(setTrouble); }}
        result={result && (result.columns?.length ?? 0) > 0 ? result.id : undefined} view={search.view ?? 'rows'} onView={v => set({ view: v === 'rows' ? undefined : v })} sort={sort} filters={filters} onSave={() => void save()} onSaveAs={() => setDialog('save')} onSaveView={() => setDialog('view')} onAddTo={() => setDialog('board')} onFormat={format} />
      {trouble !== undefined && <div className="sql-note"><ErrorNote error={toApiError(trouble)} mono retry={() => setTrouble(undefined)} /></div>}
      <ResultPane key={tab.id} tab={tab} failed={run.failed} onRetry={onRun} onGoTo={goTo} />
    </div>
  );
  const middle = <Split name="sql.editor" down size={272} min={120} max={900} first={writing} second={answer} />;
  return (
    <div className="sql" onKeyDown={e => { if (e.key === 'F6') { e.preventDefault(); toNextPart(e.currentTarget, e.shiftKey); } }}>
      <Split name="sql.side" size={236} min={160} max={480} first={side} second={<Split name="sql.look" end size={248} min={200} max={640} first={middle} second={inspected && <Inspector r={inspected} />} />} />
      {dialog === 'save' && <SaveQuery tab={tab} name={tabName(tab, '')} onClose={() => setDialog(undefined)} />}
      {dialog === 'board' && statement && <Suspense><AddToDashboard sql={statement.text} params={params} title={tabName(tab, '')} {...drawn()} onClose={() => setDialog(undefined)} /></Suspense>}
      {dialog === 'view' && statement && <SaveView sql={statement.text} params={params} name={tab.name ?? ''} onClose={() => setDialog(undefined)} />}
    </div>
  );
}

// toNextPart moves the focus from one part of the page to the next: what there is to find, the text, what to do with it, the answer, the closer look.
function toNextPart(page: HTMLElement, back: boolean) {
  const parts = ['.sql-side [role="tab"][aria-selected="true"]', '[data-editor]', '.sql-runbar .btn', '.grid, .sql-shown button', '.drawer button'].map(q => page.querySelector<HTMLElement>(q)).filter(x => x !== null);
  const places = ['.sql-side', '.sql-editor', '.sql-runbar', '.sql-result', '.drawer'];
  const here = places.find(q => document.activeElement?.closest(q));
  const now = parts.findIndex(p => here !== undefined && p.closest(here));
  const next = parts[(now + (back ? parts.length - 1 : 1)) % parts.length];
  (next?.shadowRoot?.querySelector<HTMLElement>('.cm-content') ?? next)?.focus();
}
