// How old a repeated call is when the open dashboard shows it: beyond the declared delay, from the append to the log until the row is
// in the table and the browser has drawn.
//   node age.mjs [--n 200]
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, open, Report, signUp } from './browser.mjs';
import { rows, sleep, start } from './server.mjs';

const delayMs = 1000; // topics/api_log.yaml: watermark
const beyondMs = 1000;
const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * p) - 1)];

export async function age(report, n = 200) {
  const browser = await launch();
  let s;
  try {
    s = await start({ since: '6h', rate: 20 });
    const context = await open(browser, { state: await signUp(browser, s) });
    const page = await context.newPage();
    await rows(s, 'SELECT 1 FROM repeated_calls LIMIT 1');
    await page.goto(`${s.url}/dashboards/api`);
    await page.waitForSelector('text=Last repeated calls');
    await page.waitForSelector('[data-tile="last_repeats"] tbody tr, .tile tbody tr', { timeout: 30_000 });
    await sleep(5000);
    // Each path that is waited for, and when it was drawn.
    await page.evaluate(() => {
      globalThis.waited = new Map();
      const look = () => { for (const [path, w] of globalThis.waited) if (!w.at && document.body.textContent.includes(path)) { w.at = -1; requestAnimationFrame(() => setTimeout(() => { w.at = Date.now(); }, 0)); } };
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    const log = join(s.project, 'log', 'api.ndjson'), ages = [];
    for (let i = 0; i < n; i++) {
      const path = `/age/${i}/of/${n}`, line = at => `${JSON.stringify({ ts: new Date(at).toISOString(), request_id: `age${i}`, user: 'u_age', client_ip: '127.0.0.1', method: 'GET', path, query: '', body_hash: 'e3b0c44298fc1c14', status: 200, bytes: 1, latency_ms: 1 })}\n`;
      await page.evaluate(p => { globalThis.waited.set(p, { at: 0 }); }, path);
      const now = Date.now();
      appendFileSync(log, line(now - 50) + line(now));
      await page.waitForFunction(p => globalThis.waited.get(p).at > 0, path, { timeout: 30_000 });
      ages.push(await page.evaluate(p => { const { at } = globalThis.waited.get(p); globalThis.waited.delete(p); return at; }, path) - now - delayMs);
      await sleep(Math.random() * 400); // not in step with anybody's clock
    }
    ages.sort((a, b) => a - b);
    const p95 = percentile(ages, 0.95);
    console.log(`a repeated call, beyond the delay: p50 ${percentile(ages, 0.5)} ms, p95 ${p95} ms, max ${ages.at(-1)} ms (n = ${n})`);
    assert.ok(p95 <= beyondMs, `p95 ${p95} ms beyond the delay, at most ${beyondMs} are wanted`);
  } finally {
    await browser.close();
    await s?.stop();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const i = process.argv.indexOf('--n');
  const report = new Report('age');
  try { await age(report, i < 0 ? 200 : Number(process.argv[i + 1])); } catch (e) { report.fail('age', String(e.stack ?? e)); }
  process.exit(report.failed ? 1 : 0);
}
