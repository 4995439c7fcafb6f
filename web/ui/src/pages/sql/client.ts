// All that the SQL page asks of the server. One file, so that names can be mended in one place.
import { ApiError, type ArrowTable, fetchArrow, type Kind, raw } from '../../api';
import { arrowWindow, blockColumns, windowRows, type FetchWindow, type GridFilter, type GridSort } from '../../grid';

export interface ResultColumn { name: string; type: string }
export interface WireError { kind?: string; message: string; line?: number; column?: number; hint?: string }
export type ResultState = 'running' | 'done' | 'failed' | 'canceled';

export interface Result {
  id: string;
  state: ResultState;
  sql?: string;
  owner?: string;
  started?: string;
  progress?: number; // 0 to 1; missing when it cannot be told
  columns?: ResultColumn[] | null; // from when they are known
  rows: number; // that can be read
  bytes?: number; // kept on disk
  bytes_read?: number; // of the sources
  ms?: number;
  max_rows?: number;
  truncated?: string; // why rows are missing, in words
  warnings?: string[] | null;
  data_at?: string; // the newest moment that the answer can know of
  error?: WireError;
  work?: { sort: string[]; filter: boolean; done: number }[] | null; // sorts and filters under way
}

export type Params = Record<string, string>;

async function json<T>(method: string, path: string, body?: unknown, more: RequestInit = {}): Promise<T> {
  const r = await raw(path, { method, ...more, headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...more.headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (r.status === 204 ? undefined : await r.json()) as T;
}
const part = encodeURIComponent;

// startResult is answered when so many rows are there, or a moment later: most statements are done by then, and one answer says all.
export const startResult = (sql: string, params: Params, wait: number) => json<Result>('POST', '/api/results', { sql, params, wait });
export const getResult = (id: string) => json<Result>('GET', `/api/results/${part(id)}`);
// firstOfResult is its state as soon as it has so many rows or has ended. It gives up after some seconds: a browser has few connections.
export const firstOfResult = (id: string, rows: number) => json<Result>('GET', `/api/results/${part(id)}?wait=${rows}`, undefined, { signal: AbortSignal.timeout(3000) });
export const listResults = async () => (await json<{ results?: Result[] | null }>('GET', '/api/results')).results ?? [];
export const dropResult = (id: string) => json<void>('DELETE', `/api/results/${part(id)}`);

// asked is the part of an address that says which rows, in which order.
function asked(sort: GridSort | undefined, filters: readonly GridFilter[]): string {
  const q = new URLSearchParams();
  if (sort) q.set('sort', JSON.stringify([{ column: sort.column, ...(sort.down ? { desc: true } : {}) }]));
  if (filters.length) q.set('filter', JSON.stringify(filters));
  return q.toString();
}

const slowMs = 250; // after which a sort or a filter shows how far it is

// windowsOf gives a result's rows as windows. A column is called by its place ("#3"), as names may occur twice. slow is told of rows that are long in coming,
// as they have to be put in order first.
export function windowsOf(id: string, sort: GridSort | undefined, filters: readonly GridFilter[], slow: () => void): FetchWindow {
  const how = asked(sort, filters);
  return async (offset, limit, columns, signal) => {
    const early = how === '' && offset === 0 ? ahead.get(`${id} ${columns.join(',')}`) : undefined;
    const timer = how === '' ? undefined : setTimeout(slow, slowMs);
    try {
      return arrowWindow((await early) ?? await fetchArrow(`/api/results/${part(id)}/rows?offset=${offset}&limit=${limit}&columns=${part(columns.join(','))}${how && `&${how}`}`, { signal }), offset, columns);
    } finally { clearTimeout(timer); }
  };
}

const ahead = new Map<string, Promise<ArrowTable | undefined>>(), aheadMax = 4; // first windows of the newest results, asked for before anybody looked

// askAhead asks for the window that a result is seen with first, so that it comes while the page draws the head of the grid.
export function askAhead(r: Result) {
  const columns = (r.columns ?? []).slice(0, blockColumns).map((_, i) => `#${i}`).join(','), key = `${r.id} ${columns}`;
  if (r.rows === 0 || columns === '' || (r.state === 'running' && r.rows < windowRows) || ahead.has(key)) return;
  for (const old of ahead.keys()) { if (ahead.size < aheadMax) break; ahead.delete(old); }
  ahead.set(key, fetchArrow(`/api/results/${part(r.id)}/rows?offset=0&limit=${windowRows}&columns=${part(columns)}`).catch(() => undefined)); // asked again when it is looked at
}


// firstRows are a result's first rows as Arrow: for a chart.
export const firstRows = (id: string, limit: number, columns: readonly string[], filters: readonly GridFilter[], signal: AbortSignal): Promise<ArrowTable> =>
  fetchArrow(`/api/results/${part(id)}/rows?offset=0&limit=${limit}&columns=${part(columns.join(','))}${filters.length ? `&${asked(undefined, filters)}` : ''}`, { signal });

export interface Profile {
  column: string; type: string; rows: number; nulls: number; nans?: number; distinct: number; distinct_exact: boolean; min?: string; max?: string; mean?: number;
  top: { value: string; rows: number }[] | null; top_exact: boolean; bins?: { from: string; to: string; rows: number }[] | null; lengths?: { min: number; max: number; mean: number };
}
export const getProfile = (id: string, column: string) => json<Profile>('GET', `/api/results/${part(id)}/profile?column=${part(column)}`);
// catalogBars are the counts of a table's column, for a small picture.
export async function catalogBars(table: string, column: string): Promise<number[]> {
  const p = (await json<{ columns: Profile[] }>('GET', `/api/catalog/${part(table)}/profile?column=${part(column)}`)).columns[0];
  return (p?.bins?.length ? p.bins : p?.top)?.map(b => b.rows) ?? [];
}

// wholeCell is one cell, uncut. row is the row's own number.
export const wholeCell = async (id: string, row: number, column: string) => (await raw(`/api/results/${part(id)}/cell?row=${row}&column=${part(column)}`)).text();

export function exportHref(id: string, format: 'csv' | 'json', bom: boolean, sort: GridSort | undefined, filters: readonly GridFilter[]): string {
  const how = asked(sort, filters);
  return `/api/results/${part(id)}/export?format=${format}${format === 'csv' ? '&safe=1' : ''}${bom ? '&bom=1' : ''}${how && `&${how}`}`;
}

export interface Checked { error?: WireError; params?: string[] | null; columns?: ResultColumn[] | null }
export const checkSql = (sql: string, params: Params, signal: AbortSignal) => json<Checked>('POST', '/api/sql/check', { sql, params }, { signal });
export const formatSql = async (sql: string) => (await json<{ sql: string }>('POST', '/api/sql/format', { sql })).sql;
export const explainSql = async (sql: string, params: Params) => (await json<{ text: string }>('POST', '/api/sql/explain', { sql, params })).text;

export interface SavedQuery { id: string; name: string; sql: string; params?: Params; owner?: string; shared?: boolean; changed?: string }
export const listQueries = async () => (await json<{ queries?: SavedQuery[] | null }>('GET', '/api/queries')).queries ?? [];
export const getQuery = (id: string) => json<SavedQuery>('GET', `/api/queries/${part(id)}`);
export const saveQuery = ({ id, ...q }: { id?: string | undefined; name: string; sql: string; params: Params; shared: boolean }) => (id ? json<SavedQuery>('PUT', `/api/queries/${part(id)}`, q) : json<SavedQuery>('POST', '/api/queries', q));
export const deleteQuery = (id: string) => json<void>('DELETE', `/api/queries/${part(id)}`);

export interface Run { id: string; sql: string; params?: Params; started: string; ms?: number; rows?: number; state: ResultState; error?: string }
export const listHistory = async () => (await json<{ runs?: Run[] | null }>('GET', '/api/history')).runs ?? [];

export const saveView = (name: string, sql: string) => json<unknown>('POST', '/api/streams', { name, sql });

export const preferencesPath = '/api/preferences';
// getPreferences gives what is kept of somebody, with its ETag.
export async function getPreferences(): Promise<{ body: Record<string, unknown>; tag: string | undefined }> {
  const r = await raw(preferencesPath);
  return { body: ((await r.json()) ?? {}) as Record<string, unknown>, tag: r.headers.get('ETag') ?? undefined };
}
export async function putPreferences(body: Record<string, unknown>, tag: string | undefined): Promise<string | undefined> {
  const r = await raw(preferencesPath, { method: 'PUT', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...(tag ? { 'If-Match': tag } : {}) } });
  return r.headers.get('ETag') ?? undefined;
}

export function errorOf(e: WireError): ApiError {
  return new ApiError((e.kind ?? 'invalid') as Kind, e.message, { line: e.line, column: e.column, hint: e.hint });
}
