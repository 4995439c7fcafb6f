// What somebody is changing on a dashboard and has not saved. It is kept in this tab of the browser, so that neither a reload nor a server
// that goes away takes it.
import { useCallback, useMemo, useState } from 'react';
import { serverNow } from '../../api';
import type { Dashboard, Saved } from './api';

interface Kept { spec: Dashboard; base: string; at: number } // base: the etag that it began from
interface State { kept: Kept | undefined; undo: readonly Dashboard[]; redo: readonly Dashboard[]; what: string; when: number }

const undoMax = 100, together = 1500; // ms: keys pressed within it are one change
const keyOf = (name: string) => `maru.dashboard.${name}`;

export interface Draft {
  spec: Dashboard; // the draft, or what is saved
  base: string;
  dirty: boolean;
  at: number | undefined;
  change: (f: (d: Dashboard) => Dashboard, what?: string) => void; // what: changes of the same are undone together
  replace: (spec: Dashboard, base: string) => void;
  rebase: (etag: string) => void;
  drop: () => void;
  undo: (() => void) | undefined;
  redo: (() => void) | undefined;
}

export function useDraft(name: string, saved: Saved): Draft {
  const [s, setS] = useState<State>(() => ({ kept: read(name), undo: [], redo: [], what: '', when: 0 }));
  const dirty = useMemo(() => s.kept !== undefined && JSON.stringify(s.kept.spec) !== JSON.stringify(saved.spec), [s.kept, saved.spec]);
  const put = useCallback((f: (s: State) => State) => setS(old => {
    const next = f(old);
    write(name, next.kept);
    return next;
  }), [name]);
  const step = (from: 'undo' | 'redo') => {
    const to = from === 'undo' ? 'redo' : 'undo';
    return s[from].length === 0 ? undefined : () => put(o => {
      const spec = o[from].at(-1);
      return spec ? { ...o, [from]: o[from].slice(0, -1), [to]: [...o[to], o.kept?.spec ?? saved.spec], kept: { spec, base: o.kept?.base ?? saved.etag, at: serverNow() }, what: '' } : o;
    });
  };
  return {
    spec: s.kept?.spec ?? saved.spec, base: dirty ? (s.kept?.base ?? saved.etag) : saved.etag, dirty, at: s.kept?.at,
    change: useCallback((f, what = '') => put(o => {
      const old = o.kept?.spec ?? saved.spec, now = Date.now();
      const spec = f(old);
      if (spec === old) return o;
      const same = what !== '' && what === o.what && now - o.when < together;
      return { kept: { spec, base: o.kept && JSON.stringify(o.kept.spec) !== JSON.stringify(saved.spec) ? o.kept.base : saved.etag, at: serverNow() }, undo: same ? o.undo : [...o.undo, old].slice(-undoMax), redo: [], what, when: now };
    }), [put, saved]),
    replace: useCallback((spec, base) => put(o => ({ kept: { spec, base, at: serverNow() }, undo: [...o.undo, o.kept?.spec ?? saved.spec].slice(-undoMax), redo: [], what: '', when: 0 })), [put, saved]),
    rebase: useCallback(etag => put(o => ({ ...o, kept: o.kept && { ...o.kept, base: etag } })), [put]),
    drop: useCallback(() => put(() => ({ kept: undefined, undo: [], redo: [], what: '', when: 0 })), [put]),
    undo: step('undo'), redo: step('redo'),
  };
}

function read(name: string): Kept | undefined {
  try {
    const k = JSON.parse(sessionStorage.getItem(keyOf(name)) ?? 'null') as Kept | null;
    return k && typeof k.base === 'string' && typeof k.spec === 'object' && Array.isArray(k.spec.tiles ?? []) && typeof k.spec.time === 'object' ? k : undefined;
  } catch {
    return undefined; // private mode, or somebody else's text
  }
}

function write(name: string, kept: Kept | undefined) {
  try {
    if (kept) sessionStorage.setItem(keyOf(name), JSON.stringify(kept));
    else sessionStorage.removeItem(keyOf(name));
  } catch { /* not kept: it holds until the page is left */ }
}
