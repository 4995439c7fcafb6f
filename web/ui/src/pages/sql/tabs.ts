// The open tabs: kept in this browser a moment later, and by the server a moment after that, so that they are there on another machine too.
import { useSyncExternalStore } from 'react';
import { toApiError } from '../../api';
import { getPreferences, type Params, putPreferences } from './client';

export interface Tab {
  id: string;
  name?: string; // nothing: named after what it asks
  sql: string;
  params: Params;
  query?: string; // the saved query that it is
  saved?: string; // its text when it was saved
  result?: string;
  before?: string; // the result that was shown until result has rows
  ran?: { text: string; from: number; each?: { param: string; values: string[] } }; // what result is the answer to
}

const key = 'maru.sql.tabs', tabsMax = 50, field = 'sql_tabs';
const listeners = new Set<() => void>();
let tabs: readonly Tab[] = read();
let prefs: { body: Record<string, unknown>; tag: string | undefined } | undefined;
let server: 'unknown' | 'has' | 'not' = 'unknown';
let timer: ReturnType<typeof setTimeout> | undefined, writing: ReturnType<typeof setTimeout> | undefined;
let touched = false; // changed since the page was opened: what the server has does not replace it
let next = 0;

export function freshId(): string {
  return `${Date.now().toString(36)}${(next++).toString(36)}`;
}

function valid(x: unknown): readonly Tab[] {
  if (!Array.isArray(x)) return [];
  return x.filter((t): t is Tab => typeof t === 'object' && t !== null && typeof (t as Tab).id === 'string' && typeof (t as Tab).sql === 'string').map(t => ({ ...t, params: typeof t.params === 'object' && t.params !== null ? t.params : {} })).slice(0, tabsMax);
}

function read(): readonly Tab[] {
  try {
    const kept = valid(JSON.parse(localStorage.getItem(key) ?? '[]'));
    if (kept.length) return kept;
  } catch {
    // Private mode, or somebody else's text: one empty tab.
  }
  return [{ id: '1', sql: '', params: {} }];
}

function set(t: readonly Tab[]) {
  tabs = t;
  touched = true;
  for (const f of listeners) f();
  writing ??= setTimeout(write, 400);
  clearTimeout(timer);
  timer = setTimeout(() => void keep(), 800);
}

// write keeps the tabs in this browser. Long texts take a while: not while somebody writes, but before the page goes.
function write() {
  clearTimeout(writing);
  writing = undefined;
  try { localStorage.setItem(key, JSON.stringify(tabs)); } catch { /* private mode: the server has them */ }
}
addEventListener('pagehide', () => { if (writing !== undefined) write(); });
addEventListener('visibilitychange', () => { if (writing !== undefined && document.hidden) write(); });

// load asks the server once what it has kept.
let loading: Promise<void> | undefined;
export function loadTabs(): Promise<void> {
  return (loading ??= load());
}

async function load(): Promise<void> {
  try {
    prefs = await getPreferences();
    server = 'has';
    const theirs = valid(prefs.body[field]);
    const mine = tabs.filter(t => t.sql.trim() !== '');
    if (theirs.length && !touched) {
      tabs = [...theirs, ...mine.filter(t => !theirs.some(x => x.id === t.id || x.sql === t.sql))].slice(0, tabsMax);
      for (const f of listeners) f();
    }
  } catch (e) {
    if (toApiError(e).kind === 'not_found') server = 'not'; // this browser keeps them alone
  }
}

async function keep() {
  if (server === 'not') return;
  try {
    prefs ??= await getPreferences();
    prefs = { body: { ...prefs.body, [field]: tabs }, tag: prefs.tag };
    prefs = { body: prefs.body, tag: await putPreferences(prefs.body, prefs.tag) };
    server = 'has';
  } catch (e) {
    const kind = toApiError(e).kind;
    if (kind === 'not_found') server = 'not';
    else if (kind === 'conflict') { // another tab of the browser wrote: theirs stay, ours are added
      prefs = await getPreferences().catch(() => undefined);
      const theirs = valid(prefs?.body[field]);
      set([...tabs, ...theirs.filter(t => !tabs.some(x => x.id === t.id))].slice(0, tabsMax));
    } else timer = setTimeout(() => void keep(), 5000); // away: again later; the browser has them
  }
}

export const useTabs = () => useSyncExternalStore(f => { listeners.add(f); return () => listeners.delete(f); }, () => tabs);
export const tabsNow = () => tabs;

export function changeTab(id: string, change: Partial<Tab>) {
  set(tabs.map(t => (t.id === id ? { ...t, ...change } : t)));
}
export function addTab(t: Omit<Tab, 'id' | 'params'> & { id?: string; params?: Params }): string {
  const id = t.id ?? freshId();
  if (tabs.some(x => x.id === id)) return id;
  const rest = tabs.length === 1 && tabs[0]?.sql.trim() === '' && !tabs[0].query ? [] : tabs; // an empty tab alone makes room
  set([...rest.slice(-(tabsMax - 1)), { ...t, params: t.params ?? {}, id }]);
  return id;
}
// closeTab gives what undoes it.
export function closeTab(id: string): () => void {
  const old = tabs;
  const left = tabs.filter(t => t.id !== id);
  set(left.length ? left : [{ id: freshId(), sql: '', params: {} }]);
  return () => set(old);
}
export function moveTab(id: string, by: number) {
  const i = tabs.findIndex(t => t.id === id), j = i + by, a = tabs[i], b = tabs[j];
  if (!a || !b) return;
  const out = [...tabs];
  out[i] = b;
  out[j] = a;
  set(out);
}

// tabName is a tab's own name, or its first comment, or what it reads.
export function tabName(t: Tab, untitled: string): string {
  if (t.name) return t.name;
  const comment = /^\s*--\s*(.+)/.exec(t.sql)?.[1]?.trim();
  const from = /\bfrom\s+("[^"]+"|[\w\p{L}.]+)/iu.exec(t.sql)?.[1];
  return (comment ?? from ?? untitled).slice(0, 40);
}
