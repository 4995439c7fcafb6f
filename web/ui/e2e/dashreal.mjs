// The dashboards against a real server with examples/api-log: what a person sees, and that editing really writes. Pictures go to out/dashreal.
//   node dashreal.mjs http://127.0.0.1:PORT/welcome#TOKEN   (the first time; afterwards the same address without the token: kim signs in)
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';

const link = process.argv[2], base = new URL(link).origin, out = 'out/dashreal', password = 'a long pass phrase 7';
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
let bad = 0, state;
const say = (...a) => { bad++; console.log(...a); };

async function open(lang, theme) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: lang === 'ko' ? 'ko-KR' : 'en-US', timezoneId: 'Asia/Seoul', colorScheme: theme, ...(state ? { storageState: state } : {}) });
  await context.addInitScript(v => localStorage.setItem('maru.prefs', v), JSON.stringify({ lang, theme, zone: 'Asia/Seoul' }));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('console', m => { if (m.type() === 'error' && !/status of (401|409)/.test(m.text())) say('console', m.text().slice(0, 300)); });
  page.on('pageerror', e => say('uncaught', String(e.stack ?? e).slice(0, 400)));
  page.on('response', async r => { if (r.status() >= 400 && ![401, 409].includes(r.status())) say('status', r.status(), r.request().method(), r.url().slice(base.length), (await r.text().catch(() => '')).slice(0, 300)); });
  return { context, page };
}

{
  const { context, page } = await open('en', 'light');
  await page.goto(link.includes('#') ? link : `${base}/signin`);
  await page.waitForSelector('form input');
  const fields = page.locator('form input');
  await fields.nth(0).fill('kim');
  for (let i = 1; i < (await fields.count()); i++) await fields.nth(i).fill(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(u => !/welcome|signin/.test(u.pathname));
  state = await context.storageState();
  await context.close();
}
for (const [lang, theme] of [['en', 'light'], ['ko', 'dark'], ['ko', 'light'], ['en', 'dark']]) {
  const { context, page } = await open(lang, theme);
  const shot = name => page.screenshot({ path: `${out}/${name}-${theme}-${lang}.png` });
  const began = Date.now();
  await page.goto(`${base}/dashboards/api?range=6h`);
  await page.waitForSelector('[data-tile=traffic] canvas');
  await page.waitForSelector('[data-tile=repeats] .big');
  console.log(lang, theme, `first data after ${Date.now() - began} ms`);
  await page.waitForTimeout(1500);
  await shot('api');
  await page.locator('[data-tile=errors_by_kind]').scrollIntoViewIfNeeded();
  await page.waitForTimeout(1200);
  await shot('api-low');
  await page.goto(`${base}/dashboards/api?range=7d`);
  await page.waitForSelector('[data-tile=traffic] canvas');
  await page.waitForTimeout(2500);
  await shot('api-week');
  for (const e of await page.locator('.error-note, .stale-note').allTextContents()) say('on the page:', e);
  await context.close();
}
{
  const { context, page } = await open('en', 'light');
  await page.goto(`${base}/dashboards/api?range=1h`);
  await page.waitForSelector('[data-tile=traffic] canvas');
  // A filter, with choices from the server.
  await page.locator('.filter-chip').first().click();
  await page.waitForSelector('.filter-options [role=option] + [role=option] + [role=option]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(u => u.search.includes('f='));
  await page.waitForTimeout(1500);
  await page.screenshot({ path: `${out}/filtered.png` });
  // A note.
  await page.goto(`${base}/dashboards/api?range=1h&side=notes`);
  await page.locator('.drawer header .btn').first().click();
  await page.locator('.dialog textarea').fill('deploy 2.14');
  await page.locator('.dialog .primary').click();
  await page.locator('.note-list li', { hasText: 'deploy 2.14' }).first().waitFor();
  await page.waitForTimeout(800);
  await page.screenshot({ path: `${out}/note.png` });
  await page.locator('.note-list li .icon-only').first().click();
  await page.locator('.dialog .danger').click();
  await page.locator('.dialog').waitFor({ state: 'detached' });
  // A new dashboard: a chart is written, looked at, saved; its file is there; it is deleted.
  await page.goto(`${base}/dashboards?new=true`);
  await page.locator('.dialog input').fill('Try it out');
  await page.keyboard.press('Enter');
  await page.waitForURL(u => u.pathname.startsWith('/dashboards/') && u.search.includes('edit'));
  await page.locator('.edit-bar .btn', { hasText: 'Chart' }).click();
  await page.locator('.tile-sql .cm-content').click();
  await page.keyboard.insertText('SELECT time_bucket({{step}}, window_start) AS t, class, sum(requests) AS n FROM requests_1m WHERE window_start >= {{from}} AND window_start < {{to}} GROUP BY ALL ORDER BY t');
  await page.locator('.tile-form p[role=status]').waitFor();
  await page.locator('.mark-picker button', { hasText: 'Areas' }).click();
  await page.waitForSelector('.cell canvas');
  await page.waitForTimeout(1000);
  await page.screenshot({ path: `${out}/edit.png` });
  await page.locator('.edit-bar .primary').click();
  await page.waitForURL(u => !u.search.includes('edit'));
  await page.waitForSelector('.cell canvas');
  await page.waitForTimeout(1000);
  await page.screenshot({ path: `${out}/made.png` });
  // Somebody else saves while this tab edits.
  const name = new URL(page.url()).pathname.split('/').at(-1);
  await page.locator('.dash-tools .btn', { hasText: 'Edit' }).click();
  await page.locator('.tile-handle').focus();
  await page.keyboard.press('Shift+ArrowDown');
  const got = await page.evaluate(async n => { const s = await (await fetch(`/api/dashboards/${n}`)).json(); s.spec.title = 'Theirs'; const r = await fetch(`/api/dashboards/${n}`, { method: 'PUT', headers: { 'Content-Type': 'application/json', 'If-Match': s.etag }, body: JSON.stringify({ spec: s.spec }) }); return r.status; }, name);
  if (got !== 200) say('the other save', got);
  await page.locator('.stale-note').waitFor();
  await page.keyboard.press('Control+s');
  await page.waitForSelector('.dialog .diff');
  await page.screenshot({ path: `${out}/faster.png` });
  await page.locator('.dialog .btn', { hasText: 'Overwrite' }).click();
  await page.waitForURL(u => !u.search.includes('edit'));
  await page.goto(`${base}/dashboards/${name}?side=versions`);
  await page.locator('.version').nth(2).click(); // newest first: mine over theirs, mine refused, theirs
  await page.waitForSelector('.version-one .diff');
  await page.screenshot({ path: `${out}/versions.png` });
  await page.locator('.version-one .btn', { hasText: 'Restore' }).click();
  await page.locator('.dialog .danger').click();
  await page.locator('h1', { hasText: 'Theirs' }).waitFor();
  await page.goto(`${base}/dashboards`);
  await page.waitForSelector('tbody tr');
  await page.waitForTimeout(500);
  await page.screenshot({ path: `${out}/list.png` });
  const row = page.locator('tbody tr', { hasText: 'Theirs' });
  await row.locator('.icon-only').click();
  await page.locator('.menu-item.danger').click();
  await page.locator('.dialog .danger').click();
  await row.waitFor({ state: 'detached' });
  await context.close();
}
await browser.close();
console.log(bad ? `${bad} to mend` : 'all well');
process.exit(bad ? 1 : 0);
