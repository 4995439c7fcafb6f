// What a person has chosen is kept by the server too, in the document in which the SQL page keeps its tabs: a browser that knows nothing of them
// yet gets it at sign-in; a change here goes there a moment later.
import { useEffect } from 'react';
import { raw, toApiError } from '../api';
import { chosenHere, prefs, setPrefs, watchPrefs } from '../prefs';

const path = '/api/preferences', field = 'window', afterMs = 800;

async function read(): Promise<{ body: Record<string, unknown>; tag: string | null }> {
  const r = await raw(path);
  return { body: ((await r.json()) ?? {}) as Record<string, unknown>, tag: r.headers.get('ETag') };
}

async function write(again = true): Promise<void> {
  const { body, tag } = await read();
  try {
    await raw(path, { method: 'PUT', body: JSON.stringify({ ...body, [field]: prefs() }), headers: { 'Content-Type': 'application/json', ...(tag ? { 'If-Match': tag } : {}) } });
  } catch (e) {
    if (again && toApiError(e).kind === 'conflict') return write(false); // the SQL page wrote in between
    throw e;
  }
}

// useKeptPrefs runs while somebody is signed in. It fails silently: the browser has the choice, too.
export function useKeptPrefs(user: string | undefined) {
  // Talks to the server's preferences.
  useEffect(() => {
    if (user === undefined) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined, theirs = '';
    if (!chosenHere()) {
      read().then(({ body }) => {
        const kept = body[field];
        if (typeof kept !== 'object' || kept === null || chosenHere()) return;
        setPrefs(kept);
        theirs = JSON.stringify(prefs());
      }).catch(() => undefined);
    }
    const stop = watchPrefs(() => {
      clearTimeout(timer);
      timer = setTimeout(() => { if (JSON.stringify(prefs()) !== theirs) void write().catch(() => undefined); }, afterMs);
    });
    return () => { stop(); clearTimeout(timer); };
  }, [user]);
}
