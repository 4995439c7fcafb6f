// One stream of server-sent events a tab: GET /api/live?topics=a,b. An event's name is the topic, its data JSON; "ping" comes every few
// seconds, so that a dead connection is noticed. The set of topics is what is on the page; changing it opens the stream anew.
export type LiveState = 'off' | 'connecting' | 'live' | 'lost';

type Handler = (data: unknown) => void;

const silentAfter = 30_000; // ms without a ping: the connection is dead, whatever the browser thinks
const backoff = [500, 1000, 2000, 5000, 10_000]; // ms
const handlers = new Map<string, Set<Handler>>();
const listeners = new Set<() => void>();

let source: EventSource | undefined;
let opened = ''; // the topics of source
let state: LiveState = 'off';
let since = Date.now(); // when it came into state
let failures = 0;
let heard = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let paused = false;

export function liveState(): LiveState { return state; }
export function liveSince(): number { return since; }

export function watchLive(f: () => void): () => void {
  listeners.add(f);
  return () => listeners.delete(f);
}

// subscribe hears what topic sends until the function that it gives is called.
export function subscribe(topic: string, f: Handler): () => void {
  let set = handlers.get(topic);
  if (!set) handlers.set(topic, (set = new Set()));
  set.add(f);
  plan(20); // many subscribe at once when a page opens
  return () => {
    set.delete(f);
    if (set.size === 0) handlers.delete(topic);
    plan(200); // another page may want the same in a moment
  };
}

// pauseLive stops the stream, for example when nobody is signed in.
export function pauseLive(p: boolean) {
  if (p === paused) return;
  paused = p;
  plan(0);
}

// reconnect tries at once.
export function reconnect() {
  failures = 0;
  opened = '';
  plan(0);
}

function plan(ms: number) {
  clearTimeout(timer);
  timer = setTimeout(open, ms);
}

function enter(s: LiveState) {
  if (s === state) return;
  state = s;
  since = Date.now();
  for (const f of listeners) f();
}

function open() {
  const topics = paused ? '' : [...handlers.keys()].sort().join(',');
  if (topics === opened && source && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = undefined;
  opened = topics;
  if (topics === '') return enter('off');
  if (state !== 'lost') enter('connecting');
  const s = new EventSource(`/api/live?topics=${encodeURIComponent(topics)}`);
  source = s;
  heard = Date.now();
  s.onopen = () => { failures = 0; heard = Date.now(); enter('live'); };
  s.onerror = () => {
    if (s !== source) return;
    s.close(); // the browser would try again by itself, but without back-off and without telling
    opened = '';
    enter('lost');
    plan((backoff[Math.min(failures++, backoff.length - 1)] ?? 1000) * (0.8 + 0.4 * Math.random()));
  };
  s.addEventListener('ping', () => { heard = Date.now(); });
  for (const topic of topics.split(',')) {
    s.addEventListener(topic, e => {
      heard = Date.now();
      const data: unknown = JSON.parse((e as MessageEvent<string>).data);
      for (const f of handlers.get(topic) ?? []) f(data);
    });
  }
}

setInterval(() => {
  if (source && state === 'live' && Date.now() - heard > silentAfter) reconnect();
}, 5000);
addEventListener('online', reconnect);
