// What the dashboards do, by keyboard where a person could. Against the mock server and ../dist: node dashbehaviour.mjs [part of a test's name]
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { serve } from './mock.mjs';

const port = 7798, base = `http://127.0.0.1:${port}`, server = await serve(port), only = process.argv[2];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const chart = '.tile .chart-box canvas';
let failed = 0;

async function test(name, cookie, f, prefs = { lang: 'en', theme: 'light', zone: 'Asia/Seoul' }) {
  if (only && !name.includes(only)) return;
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'Asia/Seoul', acceptDownloads: true });
  await context.addInitScript(p => { if (!localStorage.getItem('maru.prefs')) localStorage.setItem('maru.prefs', p); }, JSON.stringify(prefs));
  await context.addCookies([{ name: 'mock', value: cookie, url: base }]);
  const page = await context.newPage(), broken = [];
  page.setDefaultTimeout(15_000);
  page.on('console', m => { if (/Content Security Policy/.test(m.text())) broken.push(m.text()); });
  page.on('pageerror', e => broken.push(String(e.stack)));
  page.on('dialog', d => d.accept());
  try {
    await f(page, context);
    assert.deepEqual(broken, []);
    console.log(`ok   ${name}`);
  } catch (e) { failed++; console.log(`FAIL ${name}: ${String(e.stack).split('\n').slice(0, 8).join(' | ')} ${broken.join(' ')}`); }
  await context.close();
}
const open = async (page, more = '') => { await page.goto(`${base}/dashboards/api-health?range=6h${more}`); await page.waitForSelector(chart); await page.waitForTimeout(500); };
const search = page => new URL(page.url()).searchParams;
const asked = page => { const list = []; page.on('request', r => { if (r.url().endsWith('/data')) list.push(r.postDataJSON()); }); return list; };

await test('dragging over a chart zooms, in the URL; back takes it back', 'full', async page => {
  await open(page);
  const b = await page.locator('[data-tile=traffic] .chart-box').boundingBox();
  await page.mouse.move(b.x + b.width * 0.4, b.y + b.height / 2);
  await page.mouse.down();
  await page.mouse.move(b.x + b.width * 0.5, b.y + b.height / 2, { steps: 4 });
  await page.locator('.chart-drag').waitFor();
  await page.mouse.move(b.x + b.width * 0.6, b.y + b.height / 2, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(u => u.searchParams.has('from'));
  const span = Date.parse(search(page).get('to')) - Date.parse(search(page).get('from'));
  assert.ok(span > 0.8 * 3_600_000 && span < 1.8 * 3_600_000, `a fifth of six hours, not ${span / 60_000} min`);
  await page.getByRole('button', { name: 'Zoom back' }).click();
  await page.waitForURL(u => u.searchParams.get('range') === '6h');
});
await test('the crosshair goes along all time charts; only the one under the pointer has words', 'full', async page => {
  await open(page);
  const b = await page.locator('[data-tile=traffic] .chart-box').boundingBox();
  const look = () => page.locator('[data-tile=latency_by_path] .chart-box canvas').first().evaluate(c => c.toDataURL());
  const before = await look();
  await page.mouse.move(b.x + b.width * 0.5, b.y + b.height / 2);
  await page.mouse.move(b.x + b.width * 0.51, b.y + b.height / 2);
  await page.locator('[data-tile=traffic] .chart-tip', { hasText: 'total' }).waitFor();
  assert.notEqual(await look(), before);
  assert.equal(await page.locator('.chart-tip:visible').count(), 1);
});
await test('a filter: found by typing, by keyboard, in the URL, asked for, cleared', 'full', async page => {
  await open(page);
  const list = asked(page);
  await page.locator('.filter-chip').first().focus();
  await page.keyboard.press('Enter');
  await page.locator('[role=option]', { hasText: '/v2/payments' }).waitFor();
  await page.keyboard.type('pay');
  await page.keyboard.press('Enter');
  await page.waitForURL(u => u.search.includes('payments'));
  await page.locator('.filter-chip.on', { hasText: '/v2/payments' }).waitFor();
  await page.waitForTimeout(600);
  assert.ok(list.some(q => q.filters.path === '/v2/payments'));
  await page.locator('.filter-chip').first().click();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.waitForURL(u => !u.search.includes('payments'));
});
await test('live: only tiles that read a changed view are asked for again', 'full', async page => {
  await open(page);
  const list = asked(page);
  await page.waitForTimeout(5000);
  const some = list.filter(q => q.tiles);
  assert.ok(some.length > 0, 'asked again');
  assert.ok(some.some(q => q.tiles.includes('last') && !q.tiles.includes('traffic')), JSON.stringify(some.map(q => q.tiles)));
});
await test('every chart has a name and can be read as a table, by keyboard', 'full', async page => {
  await open(page);
  const said = await page.locator('[data-tile=traffic] [role=img]').first().getAttribute('aria-label');
  assert.match(said, /^Area chart: Requests per second by status\. 2xx: .* to .*, last .*5xx/);
  await page.getByRole('button', { name: 'Actions of Requests per second by status' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('View as t');
  await page.keyboard.press('Enter');
  await page.locator('[data-tile=traffic] table th', { hasText: 'series' }).waitFor();
  await page.locator('[data-tile=traffic] .tile-acts button').first().click();
  await page.waitForSelector('[data-tile=traffic] canvas');
});
await test('the summary has no particles in Korean', 'full', async page => {
  await open(page);
  const said = await page.locator('[data-tile=traffic] [role=img]').first().getAttribute('aria-label');
  assert.match(said, /^영역 차트: 초당 호출, 상태별\. 2xx: 최솟값 .*, 최댓값 .*, 마지막 /);
}, { lang: 'ko', theme: 'dark', zone: 'Asia/Seoul' });
await test('a tile alone, Esc goes back; CSV and PNG are saved', 'full', async page => {
  await open(page);
  const menu = async what => { await page.getByRole('button', { name: 'Actions of Latency p95 by path' }).click(); return page.getByRole('menuitem', { name: what }).click(); };
  await menu('Show alone');
  await page.waitForSelector('.solo canvas');
  assert.equal(search(page).get('tile'), 'latency_by_path');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.board canvas');
  const [csv] = await Promise.all([page.waitForEvent('download'), menu('Save as CSV')]);
  const text = readFileSync(await csv.path(), 'utf8');
  assert.equal(csv.suggestedFilename(), 'Latency-p95-by-path.csv');
  assert.match(text, /^\ufefft,series,n\r\n\d{4}-\d\d-\d\dT/);
  const [png] = await Promise.all([page.waitForEvent('download'), menu('Save as PNG')]);
  assert.deepEqual([...readFileSync(await png.path()).subarray(1, 4)], [80, 78, 71]);
});
await test('open as SQL: everything is filled in', 'full', async page => {
  await page.goto(`${base}/dashboards/api-health?range=6h&f=%7B%22path%22%3A%22%2Fv2%2Fo%27x%22%7D`);
  await page.waitForSelector(chart);
  await page.getByRole('button', { name: 'Actions of Latency p95 by path' }).click();
  let sql;
  page.on('framenavigated', () => { sql ??= search(page).get('sql'); });
  await page.getByRole('menuitem', { name: 'Open as SQL' }).click();
  await page.waitForURL('**/sql**');
  await page.locator('.cm-content', { hasText: 'TIMESTAMPTZ' }).waitFor();
  const doc = sql ?? await page.locator('.cm-content').innerText();
  assert.ok(doc.includes("coalesce('/v2/o''x', path)"), doc);
  assert.ok(!doc.includes('{{'), doc);
});
await test('names and words are text, whatever stands in them', 'full', async page => {
  await page.goto(`${base}/dashboards/odd`);
  await page.waitForSelector(chart);
  await page.locator('h2', { hasText: '<img src=x' }).waitFor();
  await open(page);
  await page.locator('.markdown li', { hasText: '<img src=x' }).waitFor();
  assert.equal(await page.locator('.board img, .board script').count(), 0);
});
await test('editing by keyboard: a tile moves, what is in its way goes down; undo; saved', 'full', async page => {
  await open(page, '&edit=true');
  const at = id => page.locator(`[data-tile=${id}]`).evaluate(e => [e.style.gridColumn, e.style.gridRow].join(' · '));
  await page.locator('[data-tile=requests] .tile-handle').focus();
  assert.equal(await at('traffic'), '1 / span 15 · 5 / span 9');
  await page.keyboard.press('Shift+ArrowDown');
  assert.equal(await at('requests'), '1 / span 6 · 1 / span 5');
  assert.equal(await at('traffic'), '1 / span 15 · 6 / span 9');
  assert.equal(await page.evaluate(() => document.activeElement.closest('[data-tile]').dataset.tile), 'requests');
  await page.locator('h1').click();
  await page.keyboard.press('Control+z');
  assert.equal(await at('traffic'), '1 / span 15 · 5 / span 9');
  await page.keyboard.press('Control+y');
  const [put] = await Promise.all([page.waitForRequest(r => r.method() === 'PUT'), page.keyboard.press('Control+s')]);
  assert.equal(put.postDataJSON().spec.tiles.find(t => t.id === 'requests').at.h, 5);
  assert.ok(put.headers()['if-match']);
  await page.waitForURL(u => !u.searchParams.has('edit'));
  await page.locator('.toast', { hasText: 'Saved' }).waitFor();
});
await test('editing by mouse: drag by the head, resize at the corner', 'full', async page => {
  await open(page, '&edit=true');
  const tile = page.locator('[data-tile=spread]');
  await tile.scrollIntoViewIfNeeded();
  const c = await tile.locator('.tile-corner').boundingBox();
  await page.mouse.move(c.x + 8, c.y + 8);
  await page.mouse.down();
  await page.mouse.move(c.x + 8, c.y + 8 - 62, { steps: 5 });
  await page.mouse.up();
  assert.match(await tile.evaluate(e => e.style.gridRow), /span 7$/);
  const h = await tile.locator('h2').boundingBox();
  await page.mouse.move(h.x + 5, h.y + 5);
  await page.mouse.down();
  await page.mouse.move(h.x - 120, h.y + 5, { steps: 6 });
  await page.mouse.up();
  assert.notEqual((await tile.evaluate(e => e.style.gridColumn)).split(' ')[0], '11');
  await page.locator('.edit-bar', { hasText: 'Not saved yet' }).waitFor();
});
await test('a new tile: SQL, live preview of the draft, a mistake is told in place, marks, saved', 'full', async page => {
  await open(page, '&edit=true');
  const list = asked(page);
  await page.locator('.edit-bar .btn', { hasText: 'Chart' }).click();
  await page.locator('.tile-sql .cm-content').click();
  await page.keyboard.insertText('SELECT 1 AS class\nFORM requests_1m');
  await page.locator('.tile-form .error-note', { hasText: 'did you mean FROM?' }).waitFor();
  await page.keyboard.press('Control+a');
  await page.keyboard.insertText('SELECT t, class AS series, n FROM requests_1m');
  await page.keyboard.press('Control+Enter');
  await page.locator('.tile-form p[role=status]', { hasText: 'rows in' }).waitFor();
  assert.ok(list.some(q => q.spec?.tiles.length === 1 && q.tiles.length === 1));
  for (const m of ['Areas', 'Bars', 'Histogram', 'Number', 'Table', 'Lines']) await page.getByRole('radio', { name: m }).click();
  const field = page.locator('.tile-form').getByLabel('Title', { exact: true });
  await field.fill('By class');
  await page.locator('.cell.picked h2', { hasText: 'By class' }).waitFor();
  await page.waitForSelector('.cell.picked canvas');
  const [put] = await Promise.all([page.waitForRequest(r => r.method() === 'PUT'), page.locator('.edit-bar .primary').click()]);
  const t = put.postDataJSON().spec.tiles.at(-1);
  assert.deepEqual([t.title, t.sql, t.chart], ['By class', 'SELECT t, class AS series, n FROM requests_1m', { mark: 'line' }]);
  await page.waitForURL(u => !u.searchParams.has('edit'));
});
await test('what is not saved survives a reload, and leaving asks', 'full', async page => {
  await open(page, '&edit=true&tile=words');
  await page.locator('.tile-form').getByLabel('Title · English').fill('Changed by me');
  await page.locator('.edit-bar', { hasText: 'Not saved yet' }).waitFor();
  await page.reload();
  await page.locator('.cell h2', { hasText: 'Changed by me' }).waitFor();
  await page.locator('.rail a', { hasText: 'Topics' }).click();
  await page.locator('.dialog', { hasText: 'not saved' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(search(page).get('edit'), 'true');
  await page.locator('.rail a', { hasText: 'Topics' }).click();
  await page.getByRole('button', { name: 'Leave, keep them' }).click();
  await page.waitForURL('**/topics**');
  await page.goBack();
  await page.goto(`${base}/dashboards/api-health`);
  await page.locator('.stale-note', { hasText: 'not saved' }).waitFor();
  await page.getByRole('button', { name: 'Go on editing' }).click();
  await page.locator('.cell h2', { hasText: 'Changed by me' }).waitFor();
  await page.locator('.edit-bar .btn', { hasText: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Discard them' }).click();
  await page.waitForSelector('.dash-tools');
  await page.locator('.cell h2', { hasText: 'Who to ask' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('maru.dashboard.api-health')), null);
});
await test('somebody was faster: nothing is lost, a copy can be saved', 'faster', async page => {
  await open(page, '&edit=true&tile=words');
  await page.locator('.tile-form').getByLabel('Title · English').fill('Mine');
  await page.locator('.edit-bar .primary').click();
  await page.locator('.dialog', { hasText: 'Somebody was faster' }).waitFor();
  await page.locator('.dialog .diff li', { hasText: 'Mine: ' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.cell h2', { hasText: 'Mine' }).waitFor();
  await page.locator('.edit-bar .primary').click();
  await page.getByRole('button', { name: 'Save mine as a copy' }).click();
  await page.waitForURL(u => u.pathname !== '/dashboards/api-health');
  await page.locator('h1', { hasText: '(copy)' }).waitFor();
  await page.locator('.cell h2', { hasText: 'Mine' }).waitFor();
});
await test('versions: what has changed since, and back again', 'full', async page => {
  await open(page, '&side=versions');
  await page.locator('.version').last().click();
  await page.locator('.version-one li').first().waitFor();
  await page.locator('.version-one').getByRole('button', { name: 'Restore' }).click();
  await page.locator('.dialog .danger').click();
  await page.locator('h1', { hasText: 'Before' }).waitFor();
});
await test('notes: added, on the charts, deleted', 'full', async page => {
  await page.goto(`${base}/dashboards/odd?range=1h&side=notes`);
  await page.waitForSelector(chart);
  await page.locator('.drawer').getByRole('button', { name: 'Add a note' }).click();
  await page.locator('.dialog textarea').fill('we drank tea');
  await page.locator('.dialog .primary').click();
  const note = page.locator('.note-list li', { hasText: 'we drank tea' });
  await note.waitFor();
  await note.getByRole('button').click();
  await page.locator('.dialog .danger').click();
  await note.waitFor({ state: 'detached' });
});
await test('a new dashboard opens in the editor; duplicate and delete from the list', 'full', async page => {
  await page.goto(`${base}/dashboards`);
  await page.getByRole('button', { name: 'New dashboard' }).click();
  await page.locator('.dialog input').fill('Try it');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.edit-bar');
  await page.waitForURL('**/dashboards/try-it?edit=true');
  await page.goto(`${base}/dashboards`);
  await page.getByRole('button', { name: 'Actions of Try it' }).click();
  await page.getByRole('menuitem', { name: 'Duplicate' }).click();
  await page.locator('.dialog .primary').click();
  await page.locator('td', { hasText: 'Try it (copy)' }).waitFor();
  for (const n of ['Try it (copy)', 'Try it']) {
    await page.getByRole('button', { name: `Actions of ${n}`, exact: true }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.locator('.dialog .danger').click();
    await page.getByRole('button', { name: `Actions of ${n}`, exact: true }).waitFor({ state: 'detached' });
  }
});
await test('a viewer looks only: no editing, also not by address; the rest works', 'full', async page => {
  await page.route('**/api/session', r => r.fulfill({ json: { setup: false, user: { name: 'vera', roles: ['viewer'] } } }));
  await open(page, '&edit=true');
  assert.equal(await page.locator('.edit-bar').count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Edit', exact: true }).count(), 0);
  await page.getByRole('button', { name: 'Actions of Latency p95 by path' }).click();
  assert.equal(await page.getByRole('menuitem', { name: 'Edit tile' }).count(), 0);
  await page.getByRole('menuitem', { name: 'Show alone' }).click();
  await page.waitForSelector('.solo canvas');
});
await test('a server that goes away: what is shown stays', 'full', async (page, context) => {
  await open(page);
  await context.addCookies([{ name: 'mock', value: 'error', url: base }]);
  await page.getByRole('button', { name: '1h', exact: true }).click();
  await page.locator('.stale-note').waitFor({ timeout: 25_000 });
  assert.ok((await page.locator(chart).count()) > 0);
});

await browser.close();
server.closeAllConnections();
server.close();
process.exitCode = failed ? 1 : 0;
