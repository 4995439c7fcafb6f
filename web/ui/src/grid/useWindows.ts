import { useEffect, useRef, useState } from 'react';
import type { FetchWindow, GridWindow } from './types';

const windowRows = 200;
const keptMax = 40; // windows

// useWindows fetches what is looked at and keeps the last few windows. version changes when the rows do (a sort, a filter).
export function useWindows(fetchWindow: FetchWindow, columns: readonly string[], first: number, last: number, version: string): { at: (row: number) => GridWindow | undefined; error: unknown } {
  const kept = useRef({ version: '', windows: new Map<number, GridWindow>() });
  const [, redraw] = useState(0);
  const [error, setError] = useState<unknown>();
  const key = `${version} ${columns.join('\t')}`;
  const from = Math.floor(first / windowRows), to = Math.floor(Math.max(first, last) / windowRows);
  // Talks to the server.
  useEffect(() => {
    if (kept.current.version !== key) kept.current = { version: key, windows: new Map() };
    const { windows } = kept.current;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      for (let i = from; i <= to; i++) {
        if (windows.has(i)) continue;
        fetchWindow(i * windowRows, windowRows, columns, stop.signal).then(w => {
          windows.set(i, w);
          if (windows.size > keptMax) { const old = windows.keys().next().value; if (old !== undefined) windows.delete(old); }
          setError(undefined);
          redraw(n => n + 1);
        }, e => { if (!stop.signal.aborted) setError(e); });
      }
    }, windows.size === 0 ? 0 : 40);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [key, from, to, fetchWindow]); // eslint-disable-line -- columns is in key
  return { at: row => (kept.current.version === key ? kept.current.windows.get(Math.floor(row / windowRows)) : undefined), error };
}
