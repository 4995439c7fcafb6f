// What the SQL page knows and does: the open tab, its result, what the address says.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useEffectEvent, useMemo, useState } from 'react';
import { toApiError } from '../../api';
import { placeOf, type Problem, scan, type Statement } from '../../editor';
import { cellTypeOf, type GridColumn, type GridFilter, filterOps, type GridSort } from '../../grid';
import { useLiveEvent } from '../../live';
import { askAhead, checkSql, dropResult, firstOfResult, getQuery, getResult, type Params, type Result, startResult } from './client';
import { eachLine, eachSql } from './each';
import type { SqlSearch } from './search';
import { addTab, changeTab, loadTabs, type Tab, tabsNow, useTabs } from './tabs';

export function useSqlSearch() {
  const search: SqlSearch = useSearch({ from: '/app/sql' });
  const navigate = useNavigate();
  const set = useCallback((change: Partial<Record<keyof SqlSearch, string | undefined>>, replace = true) => {
    void navigate({ to: '/sql', search: ((old: SqlSearch) => ({ ...old, ...change })) as never, replace });
  }, [navigate]);
  return { search, set };
}

export function useOpenTab() {
  const client = useQueryClient();
  const tabs = useTabs();
  const { search, set } = useSqlSearch();
  const tab = useMemo((): Tab => tabs.find(t => t.id === search.tab) ?? (search.result === undefined ? undefined : tabs.find(t => t.result === search.result) ?? { id: linked(search.result), sql: '', params: {}, result: search.result }) ?? tabs[0] ?? { id: '1', sql: '', params: {} }, [tabs, search.tab, search.result]);
  const open = useCallback((id: string) => set({ tab: id, result: tabsNow().find(t => t.id === id)?.result, sql: undefined, query: undefined, sort: undefined, filter: undefined, cell: undefined, col: undefined, view: undefined, chart: undefined }), [set]);
  const arrive = useEffectEvent(async () => {
    await Promise.race([loadTabs(), new Promise(ok => setTimeout(ok, 1000))]); // what the server has kept comes first, if it answers
    if (search.sql !== undefined) {
      const same = tabsNow().find(t => t.sql === search.sql && t.sql !== '');
      open(same?.id ?? addTab({ sql: search.sql }));
    } else if (search.query !== undefined) {
      const id = search.query, has = tabsNow().find(t => t.query === id);
      if (has) { open(has.id); return; }
      const q = await getQuery(id).catch(() => undefined);
      if (q) open(addTab({ name: q.name, sql: q.sql, params: q.params ?? {}, query: q.id, saved: q.sql }));
      else set({ query: undefined });
    } else if (search.result && !tabsNow().some(t => t.id === search.tab)) {
      const id = search.result, has = tabsNow().find(t => t.result === id);
      if (has) { set({ tab: has.id }); return; }
      // Somebody's link to a result: it is on the screen already, and becomes a tab when it is known what was asked.
      const r = await client.fetchQuery({ queryKey: resultKey(id), queryFn: () => firstLook(id), staleTime: Infinity, retry: false }).catch(() => undefined);
      set(r ? { tab: addTab({ id: linked(id), sql: r.sql ?? '', result: id, ran: { text: r.sql ?? '', from: 0 } }) } : { result: undefined });
    }
  });
  // Reads what the address asks to open.
  useEffect(() => { void arrive(); }, [search.sql, search.query, search.result]);
  // Talks to the server: the tabs that it has kept.
  useEffect(() => { void loadTabs(); }, []);
  return { tabs, tab, open };
}

const linked = (result: string) => `r-${result}`; // the tab of a result that was opened by its address

const resultKey = (id: string) => ['result', id] as const;
const firstRowsWanted = 1000, longMs = 500; // what runs longer than longMs is told of by the event stream, too

// useResult is a result's state, as it happens.
export function useResult(id: string | undefined) {
  const client = useQueryClient();
  const q = useQuery({
    queryKey: resultKey(id ?? ''), queryFn: () => firstLook(id ?? ''), enabled: id !== undefined, placeholderData: undefined, staleTime: Infinity,
    refetchInterval: x => (x.state.data?.state === 'running' ? ((x.state.data.ms ?? longMs) < longMs ? 300 : 700) : (x.state.data?.work?.length ?? 0) > 0 ? 400 : false),
  });
  useLiveEvent<Result>(id !== undefined && q.data?.state === 'running' && (q.data.ms ?? 0) > longMs ? `results/${id}` : undefined, r => { if (r?.id === id) client.setQueryData(resultKey(id ?? ''), r); });
  return q;
}

// useLook asks once more how a result is; while something is under way there, useResult goes on asking.
export function useLook(id: string) {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: resultKey(id) }), [client, id]);
}

// firstLook asks how a result is, and for its first rows as soon as they are there: the page needs both, and draws meanwhile.
async function firstLook(id: string): Promise<Result> {
  const r = await getResult(id);
  askAhead(r);
  return r;
}

export function columnsOfResult(r: Result | undefined): GridColumn[] {
  return (r?.columns ?? []).map((c, i) => ({ name: c.name, key: `#${i}`, type: cellTypeOf(c.type), typeName: c.type }));
}

// useOrder is the sort and the filters of the address.
export function useOrder() {
  const { search, set } = useSqlSearch();
  const sort = useMemo((): GridSort | undefined => (search.sort ? { column: search.sort.replace(/^-/, ''), down: search.sort.startsWith('-') } : undefined), [search.sort]);
  const filters = useMemo(() => readFilters(search.filter), [search.filter]);
  return {
    sort, filters,
    setSort: useCallback((s: GridSort | undefined) => set({ sort: s && `${s.down ? '-' : ''}${s.column}`, cell: undefined }), [set]),
    setFilters: useCallback((f: readonly GridFilter[]) => set({ filter: f.length ? JSON.stringify(f) : undefined, cell: undefined }), [set]),
  };
}

function readFilters(text: string | undefined): GridFilter[] {
  try {
    const got: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(got) ? got.filter((f): f is GridFilter => typeof f === 'object' && f !== null && typeof (f as GridFilter).column === 'string' && filterOps.includes((f as GridFilter).op)) : [];
  } catch {
    return [];
  }
}

// useRun starts, follows and cancels what a tab asks.
export function useRun(tab: Tab) {
  const client = useQueryClient();
  const { set } = useSqlSearch();
  const [failed, setFailed] = useState<{ tab: string; error: unknown }>();
  const [starting, setStarting] = useState('');
  const run = async (s: Statement, params: Params, each?: { param: string; values: string[] }) => {
    const asked = each ? eachSql(s.text, params, each.param, each.values) : { sql: s.text, params };
    setFailed(undefined);
    setStarting(tab.id);
    const wanted = new Set(scan(asked.sql).params);
    try {
      const begun = await startResult(asked.sql, Object.fromEntries(Object.entries(asked.params).filter(([k]) => wanted.has(k))), firstRowsWanted);
      const { id } = begun;
      askAhead(begun);
      client.setQueryData(resultKey(id), begun);
      // One request that is answered when there is something to show: asking again and again would be late by half of the pause.
      if (begun.state === 'running' && begun.rows < firstRowsWanted) firstOfResult(id, firstRowsWanted).then(r => { askAhead(r); client.setQueryData<Result>(resultKey(id), old => (old === undefined || old.state === 'running' ? r : old)); }, () => undefined); // useResult asks again, and says why not
      changeTab(tab.id, { result: id, ...(tab.result ? { before: tab.result } : {}), ran: { text: s.text, from: s.from, ...(each ? { each } : {}) } });
      set({ result: id, tab: tab.id, sort: undefined, filter: undefined, cell: undefined, col: undefined });
      void client.invalidateQueries({ queryKey: ['results'] });
      void client.invalidateQueries({ queryKey: ['history'] });
    } catch (error) {
      setFailed({ tab: tab.id, error });
      changeTab(tab.id, { ran: { text: s.text, from: s.from, ...(each ? { each } : {}) } });
    } finally { setStarting(''); }
  };
  const cancel = async (id: string) => {
    await dropResult(id).catch((e: unknown) => { if (toApiError(e).kind !== 'not_found') throw e; });
    const old = client.getQueryData<Result>(resultKey(id));
    const r = await getResult(id).catch(() => undefined);
    client.setQueryData(resultKey(id), r ?? (old && { ...old, state: 'canceled' }));
    void client.invalidateQueries({ queryKey: ['results'] });
  };
  return { run, cancel, failed: failed?.tab === tab.id ? failed.error : undefined, starting: starting === tab.id, forget: () => setFailed(undefined) };
}

// problemOf is where in the tab's text an error stands. e's place counts from the statement that ran.
export function problemOf(tab: Tab, error: unknown): Problem | undefined {
  if (error === undefined || !tab.ran) return undefined;
  const e = toApiError(error);
  if (!e.line || e.kind === 'offline') return undefined;
  const { text } = tab.ran;
  const from = tab.sql.slice(tab.ran.from, tab.ran.from + text.length) === text ? tab.ran.from : tab.sql.indexOf(text);
  if (from < 0) return undefined; // the statement was changed since
  return { from: from + placeOf(text, tab.ran.each ? eachLine(e.line, text) : e.line, e.column ?? 1), message: e.message };
}

const checkAfter = 400; // ms of quiet

// useCheck asks the server what is wrong with the statement that is being written.
export function useCheck(s: Statement | undefined, params: Params): { problem: Problem | undefined } {
  const text = s?.text ?? '';
  const [quiet, setQuiet] = useState('');
  // A timer: the server is asked when the typing pauses.
  useEffect(() => { const t = setTimeout(() => setQuiet(text), checkAfter); return () => clearTimeout(t); }, [text]);
  const got = useQuery({ queryKey: ['sql-check', quiet, params], queryFn: ({ signal }) => checkSql(quiet, params, signal), enabled: quiet !== '', retry: false, staleTime: 60_000, placeholderData: undefined });
  const e = quiet === text ? got.data?.error : undefined;
  return { problem: useMemo(() => (e && s && e.line ? { from: s.from + placeOf(s.text, e.line, e.column ?? 1), message: e.message + (e.hint ? `\n${e.hint}` : '') } : undefined), [e, s]) };
}
