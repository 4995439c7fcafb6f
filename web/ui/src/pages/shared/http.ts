// Paths that src/api/schema.d.ts does not know yet. When the server's document has them, a page's api.ts uses call(api.GET(…)) instead.
import { raw } from '../../api';

type Value = string | number | boolean | undefined;

// at builds a path: each part is one segment, whatever stands in it; what is undefined or empty is left out of the query.
export function at(parts: readonly string[], query: Record<string, Value> = {}): string {
  const q = new URLSearchParams(Object.entries(query).flatMap(([k, v]) => (v === undefined || v === '' ? [] : [[k, String(v)]])));
  return `/api/${parts.map(encodeURIComponent).join('/')}${q.size > 0 ? `?${q}` : ''}`;
}

export async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await raw(path, signal ? { signal } : {})).json()) as T;
}

export async function getText(path: string): Promise<string> {
  return (await raw(path)).text();
}

// send posts (or patches, or deletes) JSON; an answer without a body is undefined.
export async function send<T = void>(method: 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const r = await raw(path, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }) });
  const text = await r.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}
