// The server's clock: a browser's may be wrong, and then every age on the page would be.
import { useSyncExternalStore } from 'react';

let skew = 0; // server − browser, ms
let tickers = 0;
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();
let tick = Date.now();

// noteServerTime reads the Date of an answer. It has whole seconds: a skew below two is none.
export function noteServerTime(r: Response) {
  const at = Date.parse(r.headers.get('Date') ?? '');
  if (Number.isNaN(at)) return;
  const d = at + 500 - Date.now();
  if (Math.abs(d) < 2000) skew = 0;
  else if (Math.abs(d - skew) > 2000) skew = d;
}

// serverNow is the time in ms as the server has it.
export function serverNow(): number {
  return Date.now() + skew;
}

// clockSkew is how far this browser's clock is off, in ms; 0 when it is right enough.
export function clockSkew(): number {
  return skew;
}

function subscribe(f: () => void) {
  listeners.add(f);
  if (tickers++ === 0) timer = setInterval(() => { tick = Date.now(); for (const l of listeners) l(); }, 1000);
  return () => {
    listeners.delete(f);
    if (--tickers === 0) clearInterval(timer);
  };
}

// useNow re-renders once a second with the server's time: one timer for all that shows ages.
export function useNow(): number {
  useSyncExternalStore(subscribe, () => tick);
  return serverNow();
}
