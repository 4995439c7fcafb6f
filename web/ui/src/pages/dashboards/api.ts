// What a dashboard is (as dashboards/NAME.yaml says it) and all that its pages ask of the server.
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { ApiError, type Kind, raw } from '../../api';
import type { Annotation, Band, ChartSpec, Column, Threshold } from '../../chart';
import type { Text } from '../../i18n';
import { at, get, send } from '../shared/http';

export interface At { x: number; y: number; w: number; h: number }
export interface Filter { name: string; label?: Text; sql?: string; values?: readonly string[]; default?: string }
export interface Tile {
  id: string; title?: Text; about?: Text; at: At; sql?: string; text?: Text; chart: ChartSpec;
  step?: string; compare?: string; usual?: boolean; thresholds?: readonly Threshold[];
}
export interface Dashboard { version?: number; name?: string; file?: string; title?: Text; about?: Text; time: { range: string; refresh?: string }; filters?: readonly Filter[]; tiles?: readonly Tile[] }

export interface Listed { name: string; title?: Text; about?: Text; tiles: number; changed?: string; by?: string; problem?: unknown }
export interface Problem { line?: number; column?: number; message: string; hint?: string }
export interface Saved { spec: Dashboard; etag: string; version: number; changed?: string; by?: string; problems?: readonly Problem[] | null }
export interface Version { version: number; at: string; by?: string; kind: 'saved' | 'file' | 'refused' | 'restored'; tiles: number }

export interface WireError { kind?: string; message: string; hint?: string; line?: number; column?: number }
interface WireColumns { columns?: readonly { name: string; type: Column['type'] }[] | null; values?: readonly (readonly unknown[])[] | null; rows?: number }
export interface Answer extends WireColumns {
  id: string; step_ms?: number; reads?: readonly string[]; truncated?: boolean; compare?: WireColumns & { shift_ms: number }; usual?: Band; ms?: number; cached?: boolean; data_at?: string; error?: WireError;
}
export interface Answers { from: string; to: string; step_ms: number; choices?: Record<string, readonly string[] | null> | null; choice_errors?: Record<string, WireError> | null; tiles?: readonly Answer[] | null }
export interface Asked { from: string; to: string; filters: Record<string, string>; tiles?: readonly string[]; choices?: boolean; spec?: Dashboard }

export const boardsKey = ['dashboards'] as const;
export const boardKey = (name: string) => ['dashboard', name] as const;

export const listBoards = () => get<{ dashboards?: Listed[] | null }>(at(['dashboards']));
export const getBoard = (name: string) => get<Saved>(at(['dashboards', name]));
export const boardQuery = (name: string) => queryOptions({ queryKey: boardKey(name), queryFn: () => getBoard(name), staleTime: 5000, placeholderData: undefined });
export const useBoard = (name: string) => useQuery(boardQuery(name));

export const createBoard = (spec: Dashboard, name?: string) => send<Saved & { name?: string }>('POST', at(['dashboards']), { ...(name ? { name } : {}), spec });
export const deleteBoard = (name: string) => send('DELETE', at(['dashboards', name]));
export const duplicateBoard = (name: string, title: Text) => send<Saved & { name?: string }>('POST', at(['dashboards', name, 'duplicate']), { title });
export const getVersions = async (name: string) => (await get<{ versions?: Version[] | null }>(at(['dashboards', name, 'versions']))).versions ?? [];
export const getVersion = (name: string, v: number) => get<{ spec: Dashboard; version: number }>(at(['dashboards', name, 'versions', String(v)]));
export const restoreVersion = (name: string, v: number) => send<Saved>('POST', at(['dashboards', name, 'versions', String(v), 'restore']));
export const askData = (name: string, q: Asked, signal?: AbortSignal) => sendWith<Answers>('POST', at(['dashboards', name, 'data']), q, signal);

// saveBoard writes a dashboard over the version that etag names; "conflict" when there is a newer one.
export const saveBoard = (name: string, spec: Dashboard, etag: string) => sendWith<Saved>('PUT', at(['dashboards', name]), { spec }, undefined, { 'If-Match': etag });

export interface Note extends Annotation { id: string; by?: string }
export const getNotes = async (from: string, to: string) => (await get<{ annotations?: Note[] | null }>(at(['annotations'], { from, to }))).annotations ?? [];
export const addNote = (n: { at: string; to?: string; text: string }) => send<Note>('POST', at(['annotations']), n);
export const deleteNote = (id: string) => send('DELETE', at(['annotations', id]));

async function sendWith<T>(method: string, path: string, body: unknown, signal?: AbortSignal, headers: Record<string, string> = {}): Promise<T> {
  const r = await raw(path, { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers }, ...(signal ? { signal } : {}) });
  return (await r.json()) as T;
}

export const nameOf = (s: Saved & { name?: string }) => s.spec?.name ?? s.name ?? '';

export function useBoardsChanged() {
  const client = useQueryClient();
  return (name?: string) => Promise.all([client.invalidateQueries({ queryKey: boardsKey }), ...(name ? [client.invalidateQueries({ queryKey: boardKey(name) })] : [])]);
}

export const errorOf = (e: WireError) => new ApiError((e.kind ?? 'invalid') as Kind, e.message, { line: e.line, column: e.column, hint: e.hint });
