// A small server for the pages without maru: static files from ../dist (or none, behind `npm run dev`) and the API from fixtures/*.mjs.
// Each fixture exports `routes`: { 'GET /api/topics/{name}': ({ params, query, body, res, state }) => value }. A value is answered as JSON,
// { status, body } with that status, undefined means that the route has written to res itself.
// `live` of a fixture: { topic: () => value }, sent when the topic is subscribed and once a second after that.
// ?state=empty|error in the page's address is no business of the server: set the cookie mock=empty|error|setup|out instead.
import { createServer } from 'node:http';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.env.MARU_DIST ?? join(here, '..', 'dist');
export const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.json': 'application/json' };

export async function serve(port = 7799) {
  const routes = [], live = {};
  for (const f of readdirSync(join(here, 'fixtures')).filter(n => n.endsWith('.mjs')).sort()) {
    const m = await import(pathToFileURL(join(here, 'fixtures', f)));
    for (const [k, handler] of Object.entries(m.routes ?? {})) {
      const [method, path] = k.split(' ');
      const names = [];
      routes.push({ method, handler, names, re: new RegExp(`^${path.replace(/\{(\w+)\}/g, (_, n) => (names.push(n), '([^/]+)'))}$`) });
    }
    Object.assign(live, m.live ?? {});
  }
  const server = createServer(async (req, res) => {
    const url = new URL(req.url, 'http://x');
    const state = /(?:^|; )mock=(\w+)/.exec(req.headers.cookie ?? '')?.[1] ?? 'full';
    try {
      if (url.pathname === '/api/live') return stream(req, res, url, live, state);
      if (url.pathname.startsWith('/api/')) return await answer(req, res, url, routes, state);
      file(req, res, url);
    } catch (e) {
      console.error(e);
      if (!res.headersSent) json(res, 500, { error: { kind: 'internal', message: String(e) } });
    }
  });
  await new Promise(ok => server.listen(port, '127.0.0.1', ok));
  return server;
}

function json(res, status, body) {
  res.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  res.end(body === null || status === 204 ? undefined : JSON.stringify(body));
}

async function answer(req, res, url, routes, state) {
  for (const r of routes) {
    const m = req.method === r.method && r.re.exec(url.pathname);
    if (!m) continue;
    if (state === 'error' && !url.pathname.startsWith('/api/session')) return json(res, 503, { error: { kind: 'unavailable', message: 'the worker is starting: 2 of 3 parts are up' } });
    const chunks = [];
    for await (const c of req) chunks.push(c);
    const text = Buffer.concat(chunks).toString();
    const got = await r.handler({ params: Object.fromEntries(r.names.map((n, i) => [n, decodeURIComponent(m[i + 1])])), query: url.searchParams, body: text ? JSON.parse(text) : undefined, req, res, state });
    if (got === undefined) return undefined;
    return got !== null && typeof got === 'object' && 'status' in got && 'body' in got ? json(res, got.status, got.body) : json(res, got === null ? 204 : 200, got);
  }
  return json(res, 404, { error: { kind: 'not_found', message: `the mock has no ${req.method} ${url.pathname}` } });
}

function stream(req, res, url, live, state) {
  if (state === 'error') return json(res, 503, { error: { kind: 'unavailable', message: 'starting' } });
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = (event, data) => res.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const topics = (url.searchParams.get('topics') ?? '').split(',');
  const all = () => { for (const t of topics) { const f = live[t]; if (f) { const v = f({ state }); if (v !== undefined) send(t, v); } } };
  send('ping', { now: new Date().toISOString() });
  all();
  const a = setInterval(all, 1000), b = setInterval(() => send('ping', { now: new Date().toISOString() }), 10_000);
  req.on('close', () => { clearInterval(a); clearInterval(b); });
}

function file(req, res, url) {
  let path = normalize(join(dist, url.pathname));
  if (!path.startsWith(dist) || !existsSync(path) || !statSync(path).isFile()) path = join(dist, 'index.html');
  const hashed = url.pathname.startsWith('/assets/');
  const head = { 'Content-Type': types[extname(path)] ?? 'application/octet-stream', 'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache', 'X-Content-Type-Options': 'nosniff', 'Content-Security-Policy': csp, Vary: 'Accept-Encoding' };
  if (/\bgzip\b/.test(req.headers['accept-encoding'] ?? '') && existsSync(`${path}.gz`)) { head['Content-Encoding'] = 'gzip'; path += '.gz'; }
  res.writeHead(200, head);
  res.end(readFileSync(path));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.argv[2] ?? 7799);
  await serve(port);
  console.log(`http://127.0.0.1:${port}/`);
}
