// What was looked at last, newest first. Kept in this browser: it is about the person, not about the project.
import { useEffect } from 'react';
import { serverNow } from '../../api';

export type RecentKind = 'topic' | 'stream' | 'table' | 'dashboard' | 'group' | 'sql';
export interface Recent { kind: RecentKind; name: string; title?: string | undefined; at: number }

const key = 'maru.recent', keptMax = 20;

export function recents(): readonly Recent[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((r): r is Recent => typeof r === 'object' && r !== null && typeof (r as Recent).name === 'string' && typeof (r as Recent).at === 'number') : [];
  } catch {
    return []; // private mode, or somebody else's text
  }
}

// noteRecent remembers that something was opened.
export function noteRecent(kind: RecentKind, name: string, title?: string) {
  try {
    localStorage.setItem(key, JSON.stringify([{ kind, name, title, at: serverNow() }, ...recents().filter(r => r.kind !== kind || r.name !== name)].slice(0, keptMax)));
  } catch { /* not kept */ }
}

// useRecent notes the object of a page once it is known to exist.
export function useRecent(kind: RecentKind, name: string | undefined) {
  // Talks to the browser's storage.
  useEffect(() => { if (name !== undefined) noteRecent(kind, name); }, [kind, name]);
}
