// A real server for the tests: examples/api-log in a folder of its own, with a log that grows, on ports of its own.
//   const s = await start({ since: '6h' });  s.url, s.link (the welcome link), s.project; await s.restart(); await s.stop()
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const maru = process.env.MARU ?? join(root, 'bin', 'maru');
const readyMs = 60_000;

const freePort = () => new Promise((ok, no) => { const s = createServer(); s.on('error', no); s.listen(0, '127.0.0.1', () => { const { port } = s.address(); s.close(() => ok(port)); }); });
export const sleep = ms => new Promise(ok => setTimeout(ok, ms));

// until tries until f gives something true.
export async function until(what, f, ms = readyMs) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try { const got = await f(); if (got) return got; } catch (e) { last = e; }
    if (Date.now() > end) throw new Error(`waited ${ms / 1000} s for ${what}${last ? `: ${last.message}` : ''}`);
    await sleep(150);
  }
}

export async function start({ since = '3h', rate = 20, gen = true, empty = false } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'maru-e2e-')), project = join(dir, 'api-log'), data = join(dir, 'data');
  mkdirSync(join(project, 'log'), { recursive: true });
  if (!empty) cpSync(join(root, 'examples', 'api-log'), project, { recursive: true, filter: p => !/(^|\/)(log|\.maru)(\/|$)/.test(p.slice(root.length)) });
  const http = await freePort(), kafka = await freePort(), url = `http://127.0.0.1:${http}`;
  const children = new Set();
  let said = '';
  const run = args => {
    const child = spawn(maru, args, { env: { ...process.env, MARU_DATA: data }, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    for (const out of [child.stdout, child.stderr]) out.on('data', d => { said = (said + d).slice(-200_000); });
    child.ended = new Promise(ok => child.on('exit', code => { children.delete(child); ok(code); }));
    return child;
  };
  const end = async (child, signal = 'SIGINT') => {
    if (!child || !children.has(child)) return;
    child.kill(signal);
    await Promise.race([child.ended, sleep(15_000).then(() => child.kill('SIGKILL'))]);
  };
  let server, writer;
  const up = async () => {
    server = run(['serve', '--project', project, '--data', data, '--http', `127.0.0.1:${http}`, '--kafka', `127.0.0.1:${kafka}`]);
    await until('the server', async () => children.has(server) ? (await fetch(`${url}/healthz`)).ok : Promise.reject(new Error(`the server has ended:\n${said.slice(-2000)}`)));
  };
  const stop = async () => {
    await end(writer);
    await end(server);
    for (const c of [...children]) c.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { for (const c of children) c.kill('SIGINT'); void stop().then(() => process.exit(130)); });
  try {
    await up();
    if (gen && !empty) writer = run(['gen', 'api-log', '--since', since, '--follow', '--rate', String(rate), '--past-rate', String(rate), '--out', join(project, 'log', 'api.ndjson')]);
    const link = await until('the welcome link', () => /http:\/\/\S+\/welcome#\S+/.exec(said)?.[0], 15_000);
    return {
      url, kafka: `127.0.0.1:${kafka}`, project, data, link, stop,
      log: () => said,
      token: () => readFileSync(join(data, 'keys', 'token'), 'utf8').trim(),
      restart: async (quick = false) => { await end(server, quick ? 'SIGKILL' : 'SIGINT'); await up(); },
      down: (signal = 'SIGINT') => end(server, signal), up,
      maru: async args => { const c = run(args); const code = await c.ended; if (code !== 0) throw new Error(`maru ${args.join(' ')}: ${code}\n${said.slice(-1500)}`); },
    };
  } catch (e) { await stop(); throw e; }
}

// api asks as the command line does.
export async function api(s, method, path, body, headers = {}) {
  const r = await fetch(s.url + path, { method, headers: { Authorization: `Bearer ${s.token()}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await r.text();
  let value;
  try { value = JSON.parse(text); } catch { value = text; }
  if (!r.ok) throw Object.assign(new Error(`${method} ${path}: ${r.status} ${text.slice(0, 300)}`), { status: r.status });
  return value;
}

// rows waits until a statement has rows, and gives them.
export const rows = (s, sql, ms) => until(`rows of ${sql}`, async () => { const got = await api(s, 'POST', '/api/sql', { sql }, { Accept: 'application/json' }); return Array.isArray(got) && got.length > 0 ? got : undefined; }, ms);

// commit makes a consumer group that has read up to an offset: Kafka's OffsetCommit, version 2, without a member.
export async function commit(s, group, topic, partition, offset) {
  const str = t => { const b = Buffer.from(t), n = Buffer.alloc(2); n.writeInt16BE(b.length); return Buffer.concat([n, b]); };
  const i16 = n => { const b = Buffer.alloc(2); b.writeInt16BE(n); return b; }, i32 = n => { const b = Buffer.alloc(4); b.writeInt32BE(n); return b; }, i64 = n => { const b = Buffer.alloc(8); b.writeBigInt64BE(BigInt(n)); return b; };
  const body = Buffer.concat([i16(8), i16(2), i32(1), str('e2e'), str(group), i32(-1), str(''), i64(-1), i32(1), str(topic), i32(1), i32(partition), i64(offset), str('')]);
  const [host, port] = s.kafka.split(':');
  const answer = await new Promise((ok, no) => {
    const c = connect(Number(port), host, () => c.write(Buffer.concat([i32(body.length), body])));
    c.once('data', d => { ok(d); c.end(); });
    c.once('error', no);
  });
  const code = answer.readInt16BE(answer.length - 2);
  if (code !== 0) throw new Error(`OffsetCommit: code ${code}`);
}
