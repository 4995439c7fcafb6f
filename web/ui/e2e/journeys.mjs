// What people do, and what goes wrong, on a real server in a real browser.
//   node journeys.mjs [--only NAME-PART]
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { launch, open, password, Report, signIn, signUp, watch, write } from './browser.mjs';
import { api, rows, sleep, start, until } from './server.mjs';

const opt = (name, fallback) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? fallback : process.argv[i + 1]; };
const only = opt('only', '');
const out = join(dirname(fileURLToPath(import.meta.url)), 'out'); // pictures of what broke
mkdirSync(out, { recursive: true });
const evil = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';

// clicking counts a person's clicks.
function clicking(page) {
  let n = 0;
  return { click: async at => { n++; await page.locator(at).first().click(); }, get n() { return n; } };
}

async function firstChart(browser, s, sample) {
  const context = await open(browser);
  const page = await context.newPage(), said = watch(page, /status of 404/), c = clicking(page);
  await page.goto(s.link);
  const fields = page.locator('form input');
  await fields.first().waitFor();
  await fields.nth(0).fill('mina');
  for (let i = 1, n = await fields.count(); i < n; i++) await fields.nth(i).fill(password);
  await c.click('form button[type=submit]');
  await page.waitForURL(u => u.pathname === '/');
  if (sample) {
    await c.click('.first .first-do button');
    await page.waitForSelector('.flow-node', { timeout: 60_000 });
    await rows(s, 'FROM requests_1m LIMIT 1');
  }
  await c.click('.rail a[href^="/sql"]');
  await page.waitForSelector('[data-editor] .cm-content');
  await c.click('.sql-name:has-text("requests_1m")');
  await page.locator('.cm-content').press('Control+Enter');
  await page.waitForSelector('.grid-row', { timeout: 30_000 });
  await c.click('.sql-acts .seg button:nth-child(2)');
  await page.waitForSelector('.chart-canvas canvas', { timeout: 15_000 });
  await context.close();
  assert.deepEqual(said, []);
  assert.ok(c.n <= 8, `${c.n} clicks`);
  return c.n;
}

export async function journeys(report) {
  const browser = await launch();
  const todo = (name, f) => (name.includes(only) ? report.test(name, f) : undefined);
  try {
    await todo('from an empty folder to the first chart in at most 8 clicks', async () => {
      const s = await start({ empty: true });
      try { console.log(`     ${await firstChart(browser, s, true)} clicks`); } finally { await s.stop(); }
    });
    const s = await start({ since: '2h', rate: 20 });
    try {
      await todo('from the example to the first chart in at most 8 clicks', async () => { await rows(s, 'FROM requests_1m LIMIT 1'); console.log(`     ${await firstChart(browser, s, false)} clicks`); });
      const state = only && !'from the example to the first chart in at most 8 clicks'.includes(only) ? await signUp(browser, s) : await signIn(browser, s, 'mina');
      for (const [name, role] of [['joon', 'editor'], ['hana', 'viewer']]) await api(s, 'POST', '/api/users', { name, password, role });
      await rows(s, 'FROM requests_1m LIMIT 1');
      const asAdmin = async (f, more = {}) => {
        const context = await open(browser, { state, ...more });
        const page = await context.newPage();
        page.setDefaultTimeout(20_000);
        const said = watch(page, more.expected ?? /status of 404/);
        try { await f(page, context); } catch (e) {
          await page.screenshot({ path: join(out, `broken-${f.name || String(f).replace(/\W+/g, '-').slice(0, 40)}.png`) }).catch(() => undefined);
          throw e;
        } finally { await context.close(); }
        assert.deepEqual(said, []);
      };
      await todo('a viewer’s forged request is refused', () => viewer(browser, s));
      await todo('the server restarts while a page is open: nothing is lost', () => asAdmin(page => restart(page, s), { expected: /ERR_|Failed to load resource|EventSource/ }));
      await todo('the server is killed while a dashboard is edited: the draft stays, and is saved', () => asAdmin(page => killedWhileEditing(page, s), { expected: /ERR_|Failed to load resource|EventSource/ }));
      await todo('markup in names and values stays text', () => asAdmin(page => markup(page, s), { expected: /status of 40[04]/ }));
      await todo('5,000 columns', () => asAdmin(page => wide(page, s)));
      await todo('a cell of 10 MB', () => asAdmin(page => longCell(page, s)));
      await todo('10 million rows', () => asAdmin(page => many(page, s)));
      await todo('a CSV whose cells are formulas', () => asAdmin(page => formulas(page, s)));
      await todo('a clock that is wrong', () => asAdmin(page => clock(page, s)));
      await todo('by keyboard alone', () => keyboard(browser, s));
      await todo('tabs are kept on the server', () => tabsKept(browser, s, state));
      await todo('language, theme and zone follow a person to another browser', () => prefsKept(browser, s, state));
      await todo('save, find and delete a query; history; format', () => asAdmin(page => queries(page, s)));
      await todo('a query becomes a view', () => asAdmin(page => view(page, s)));
      await todo('pause and resume a stream from the palette', () => asAdmin(page => pause(page, s)));
      await todo('make a topic, produce, find the record, delete the topic', () => asAdmin(page => topics(page, s)));
      await todo('a topic’s records by a condition: wrong, mended, found, live', () => asAdmin(page => condition(page, s), { expected: /status of 40[034]/ }));
      await todo('a column becomes a chart without SQL', () => asAdmin(page => column(page, s), { expected: /$^/ }));
      await todo('cancel a query that runs', () => asAdmin(page => cancel(page, s)));
      await todo('two sign-outs: the other browser has to sign in again', () => signOut(browser, s));
    } finally { await s.stop(); }
  } finally { await browser.close(); }
}

async function viewer(browser, s) {
  const context = await open(browser, { state: await signIn(browser, s, 'hana') });
  const page = await context.newPage();
  await page.goto(`${s.url}/streams/requests_1m`);
  await page.waitForSelector('.facts');
  assert.equal(await page.getByRole('button', { name: 'Pause', exact: true }).isDisabled(), true);
  assert.equal(await page.locator('.rail a[href^="/admin"]').count(), 0);
  await page.goto(`${s.url}/streams/requests_1m?act=reset`);
  await page.waitForSelector('.facts');
  assert.equal(await page.locator('.dialog').count(), 0, 'a viewer is asked to confirm');
  const forged = await page.evaluate(async () => {
    const ask = async (method, path, body) => (await fetch(path, { method, ...(body ? { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } } : {}) })).status;
    return [
      await ask('POST', '/api/streams/requests_1m/pause'), await ask('POST', '/api/streams/requests_1m/reset', {}), await ask('POST', '/api/topics', { name: 'x', partitions: 1, retention: {} }), await ask('DELETE', '/api/topics/api_log'),
      await ask('POST', '/api/topics/api_log/messages', { value: '{}', headers: [] }), await ask('GET', '/api/users'), await ask('POST', '/api/users', { name: 'x', password: 'something long 1', role: 'admin' }), await ask('PATCH', '/api/users/hana', { role: 'admin' }),
    ];
  });
  assert.deepEqual(forged, forged.map(() => 403));
  assert.equal((await api(s, 'GET', '/api/streams')).find(x => x.name === 'requests_1m').state, 'running');
  // Another site's page, with the cookie of somebody who may: refused by where it comes from.
  const cookie = (await context.cookies()).map(c => `${c.name}=${c.value}`).join('; ');
  for (const origin of ['http://evil.example', 'null', s.url.replace('127.0.0.1', 'localhost')]) {
    const r = await fetch(`${s.url}/api/session/password`, { method: 'POST', headers: { Cookie: cookie, Origin: origin, 'Content-Type': 'application/json' }, body: '{}' });
    assert.equal(r.status, 403, `from ${origin}`);
  }
  await context.close();
}

async function restart(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, 'SELECT 41 + 1 AS answer');
  await page.waitForSelector('.grid-row');
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.insertText(' -- written before');
  await s.down();
  await page.keyboard.insertText(', and while it is away');
  await page.locator('.banner').waitFor({ timeout: 20_000 });
  assert.match(await page.locator('.grid-row:not([hidden])').first().innerText(), /42/, 'the rows have gone');
  await s.up();
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 });
  await page.locator('.live', { hasText: 'Live' }).waitFor();
  assert.match(await page.locator('.cm-content').innerText(), /written before, and while it is away/);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('SELECT 7 * 6 AS again');
  await page.keyboard.press('Control+Enter');
  await page.locator('.grid-head', { hasText: 'again' }).waitFor();
}

async function killedWhileEditing(page, s) {
  const name = 'edited', text = async () => (await api(s, 'GET', `/api/dashboards/${name}`)).spec.tiles.map(t => t.text ?? t.title);
  await api(s, 'POST', '/api/dashboards', { name, spec: { version: 1, title: 'Edited', time: { range: '1h' }, tiles: [{ id: 'n', title: 'Requests', at: { x: 0, y: 0, w: 12, h: 6 }, sql: 'SELECT sum(requests) AS n FROM requests_1m', chart: { mark: 'number', y: ['n'] } }] } });
  await page.goto(`${s.url}/dashboards/${name}?edit=true`);
  await page.waitForSelector('[data-tile=n] .big');
  const add = page.locator('.edit-bar .btn', { hasText: 'Text' }), count = n => until(`${n} tiles`, async () => await page.locator('.board [data-tile]').count() === n, 10_000);
  await add.click();
  await count(2);
  await s.down('SIGKILL');
  await add.click(); // while it is away
  await count(3);
  await page.locator('.banner').waitFor({ timeout: 20_000 });
  await page.keyboard.press('Control+s');
  await page.locator('.edit-failed').waitFor({ timeout: 20_000 }); // it says that nothing was saved
  await page.reload().catch(() => undefined); // a person who does not trust the page
  await s.up();
  await page.goto(`${s.url}/dashboards/${name}?edit=true`);
  await count(3);
  assert.equal((await text()).length, 1, 'what was not saved is on the server');
  await page.locator('.edit-bar .btn.primary').click();
  await page.waitForURL(u => !u.search.includes('edit'));
  assert.equal((await text()).length, 3);
  await api(s, 'DELETE', `/api/dashboards/${name}`);
}

async function markup(page, s) {
  const topic = 'evil';
  await api(s, 'POST', '/api/topics', { name: topic, partitions: 1, retention: {} });
  await api(s, 'POST', `/api/topics/${topic}/messages`, { key: evil, value: JSON.stringify({ [evil]: evil, '=1+1': '{{x}}' }), headers: [{ name: 'h', value: evil }] });
  const clean = async what => {
    assert.equal(await page.evaluate(() => window.pwned), undefined, `a script ran on ${what}`);
    assert.equal(await page.locator('img').count(), 0, `an image on ${what}`);
  };
  await page.goto(`${s.url}/topics/${topic}`);
  await page.locator('.rec-list .rec + div .rec').first().click();
  await page.locator('.drawer .json').waitFor();
  assert.match(await page.locator('.drawer').innerText(), /<img src=x/);
  await clean('the topic');
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, `SELECT '${evil}' AS "${evil.replaceAll('"', '""')}", 1 AS n`);
  await page.waitForSelector('.grid-row');
  await page.locator('.grid-row:not([hidden]) .grid-cell').nth(1).dblclick();
  await page.waitForTimeout(500);
  assert.match(await page.locator('.grid-head').innerText(), /<img src=x/);
  await clean('a result');
  await page.locator('.sql-acts .seg button').nth(1).click();
  await page.waitForSelector('.chart-canvas canvas');
  const box = await page.locator('.chart-canvas').boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForTimeout(300);
  await clean('a chart');
  await page.goto(`${s.url}/sql?sql=${encodeURIComponent(`SELECT * FROM "${evil}"`)}`);
  await page.waitForSelector('.cm-content');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('<img');
  await page.waitForTimeout(300);
  await clean('the palette');
  await page.goto(`${s.url}/topics/${encodeURIComponent(evil)}`);
  await page.locator('.error-note').waitFor();
  await clean('an error');
}

async function wide(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, `SELECT ${Array.from({ length: 5000 }, (_, i) => `${i} AS c${i}`).join(', ')} FROM range(1000)`);
  await page.waitForSelector('.grid-row', { timeout: 60_000 });
  assert.equal(await page.locator('.grid').getAttribute('aria-colcount'), '5000');
  const cells = await page.locator('.grid-cell').count();
  assert.ok(cells < 3000, `${cells} cells in the document`);
  await page.locator('.grid').focus();
  await page.keyboard.press('Control+End');
  await page.locator('.grid-head', { hasText: 'c4999' }).waitFor();
  await until('the last cell', () => page.evaluate(() => [...document.querySelectorAll('.grid-row:not([hidden]) .grid-cell')].some(c => c.textContent === '4,999')), 15_000);
}

async function longCell(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, "SELECT repeat('가나다라마바사아자차', 350000) AS big, 1 AS n");
  await page.waitForSelector('.grid-row', { timeout: 60_000 });
  assert.ok((await page.locator('.grid-row:not([hidden]) .grid-cell').nth(1).innerText()).length < 2000);
  await page.locator('.grid').focus();
  await page.keyboard.press('Enter');
  const whole = page.getByRole('button', { name: 'Load the whole' });
  await whole.waitFor();
  const t = Date.now();
  await whole.click();
  await whole.waitFor({ state: 'detached' });
  assert.ok(Date.now() - t < 5000, `${Date.now() - t} ms`);
  assert.ok(await page.evaluate(() => new Promise(ok => { const t = performance.now(); requestAnimationFrame(() => requestAnimationFrame(() => ok(performance.now() - t < 2000))); })), 'the page does not answer');
}

async function many(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, 'SELECT range AS i, range % 97 AS k FROM range(10000000)');
  await page.locator('.sql-result', { hasText: /10,000,000 rows/ }).waitFor({ timeout: 120_000 });
  await page.waitForSelector('.grid-row');
  await page.locator('.grid').focus();
  await page.keyboard.press('Control+End');
  await until('the last row', () => page.evaluate(() => [...document.querySelectorAll('.grid-row:not([hidden]) .grid-cell')].some(c => c.textContent === '9,999,999')), 20_000);
}

async function formulas(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, "SELECT '=1+1' AS \"=cmd\", '@SUM(A1)' AS b, '+1' AS c, '-2+3' AS d, -5 AS n, '가' AS ko");
  await page.waitForSelector('.grid-row');
  for (const [label, bom] of [['CSV', false], ['CSV for Excel (with BOM)', true]]) {
    await page.getByRole('button', { name: /^Export/ }).click();
    const wait = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: label, exact: true }).click();
    const text = readFileSync(await (await wait).path(), 'utf8');
    assert.equal(text.startsWith('\ufeff'), bom);
    const [head, line] = text.replace(/^\ufeff/, '').split('\r\n');
    for (const field of line.split(',')) assert.ok(!/^"?[=@+]/.test(field), `a formula: ${line}`);
    assert.match(line, /,-5,/, 'a number must stay one');
    assert.ok(!/^"?=/.test(head), `a formula as a name: ${head}`);
  }
}

async function clock(page, s) {
  await page.clock.setSystemTime(new Date(Date.now() + 26 * 3_600_000));
  await page.goto(`${s.url}/`);
  await page.waitForSelector('.flow-node');
  await page.locator('.banner', { hasText: /clock is off by 1 d/ }).waitFor();
  const ages = await page.locator('.flow-node .fresh').allInnerTexts();
  assert.ok(ages.length > 0 && ages.every(a => !/\d (h|d)\b/.test(a)), `ages by the wrong clock: ${ages.join(', ')}`);
}

async function keyboard(browser, s) {
  const context = await open(browser);
  const page = await context.newPage();
  const said = watch(page, /status of (401|404)/);
  await page.goto(`${s.url}/signin`);
  await page.locator('form input').first().waitFor();
  await page.keyboard.type('mina');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.rail');
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette-item');
  await page.keyboard.type('SQL');
  await page.keyboard.press('Enter');
  await page.waitForURL(u => u.pathname === '/sql');
  await page.waitForSelector('.cm-content');
  const deep = 'let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement;';
  const f6To = async (what, f) => { for (let i = 0; i < 6; i++) { if (await page.evaluate(f)) return; await page.keyboard.press('F6'); } throw new Error(`F6 does not reach ${what}`); };
  const inEditor = `(() => { ${deep} return e?.classList.contains('cm-content') ?? false; })()`;
  await until('the editor has the focus', () => page.evaluate(inEditor), 5000);
  await page.keyboard.press('Escape'); // Tab writes in the editor; after Escape it leaves, and comes back
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(inEditor), false, 'Tab is caught in the editor');
  await f6To('the editor', inEditor);
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText('SELECT range AS i, range * 2 AS twice FROM range(500)');
  await page.keyboard.press('Control+Enter');
  await page.waitForSelector('.grid-row');
  await f6To('the grid', `document.activeElement?.classList.contains('grid') ?? false`);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await page.locator('.drawer, .sql-look, [aria-label="Cell"]').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette-item');
  await page.keyboard.type('requests_1m');
  await page.keyboard.press('Enter');
  await page.waitForURL(u => /requests_1m/.test(u.pathname + u.search));
  await context.close();
  assert.deepEqual(said, []);
}

async function tabsKept(browser, s, state) {
  const text = `SELECT ${Date.now()} AS kept`;
  for (const turn of [0, 1]) {
    const context = await open(browser, { state }); // a browser that knows nothing
    const page = await context.newPage();
    await page.goto(`${s.url}/sql`);
    await page.waitForSelector('.cm-content');
    if (turn === 0) {
      await page.locator('.cm-content').click();
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
      await until('the server has it', async () => (await page.evaluate(async () => JSON.stringify(await (await fetch('/api/preferences')).json()))).includes(text), 8000);
    } else await until('the tab', async () => (await page.locator('body').innerText()).includes('kept') || (await page.locator('.cm-content').innerText()).includes(text), 8000);
    await context.close();
  }
}

async function prefsKept(browser, s, state) {
  for (const turn of [0, 1]) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', colorScheme: 'light', storageState: state });
    const page = await context.newPage();
    await page.goto(`${s.url}/account`);
    await page.waitForSelector('.account');
    if (turn === 0) {
      await page.getByRole('button', { name: 'Dark', exact: true }).click();
      await until('the server has it', async () => (await page.evaluate(async () => JSON.stringify(await (await fetch('/api/preferences')).json()))).includes('"theme":"dark"'), 8000);
    } else await page.waitForSelector('html[data-theme="dark"]');
    await context.close();
  }
}

async function queries(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, "select path,count(*) n from requests_1m where class='5xx' group by path order by n desc");
  await page.waitForSelector('.grid-row, .sql-answer .empty');
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.getByRole('menuitem', { name: /^Format/ }).click();
  await until('the text is formatted', async () => /\n/.test((await page.locator('.cm-content').innerText()).trim()), 8000);
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+s');
  await page.locator('.dialog input').first().fill('Errors by path');
  await page.keyboard.press('Enter');
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await page.getByRole('tab', { name: 'Saved' }).click();
  await page.locator('.sql-item', { hasText: 'Errors by path' }).waitFor();
  await page.getByRole('tab', { name: 'History' }).click();
  await page.locator('.sql-item', { hasText: '5xx' }).first().waitFor();
  await page.keyboard.press('Control+k');
  await page.waitForSelector('.palette-item');
  await page.keyboard.type('Errors by path');
  await page.locator('.palette-item', { hasText: 'Errors by path' }).first().waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'Saved' }).click();
  await page.getByRole('button', { name: 'Delete Errors by path' }).click();
  await page.locator('.dialog .btn.danger').click();
  await page.locator('.sql-item', { hasText: 'Errors by path' }).waitFor({ state: 'detached' });
}

async function view(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, 'SELECT window_start, count(*) AS n FROM tumble(api_log, ts, INTERVAL 1 MINUTE) GROUP BY ALL');
  await page.getByRole('button', { name: /^Save/ }).click();
  await page.getByRole('menuitem', { name: /^Save as a view/ }).click();
  await page.locator('.dialog input').first().fill('calls_1m');
  await page.keyboard.press('Enter');
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await rows(s, 'FROM calls_1m LIMIT 1');
  assert.match(readFileSync(`${s.project}/streams/calls_1m.sql`, 'utf8'), /tumble\(api_log/);
}

async function pause(page, s) {
  await page.goto(`${s.url}/`);
  await page.waitForSelector('.flow-node');
  for (const [act, state] of [['Pause', 'paused'], ['Resume', 'running']]) {
    await until(`${act} is offered`, async () => {
      await page.keyboard.press('Control+k');
      await page.waitForSelector('.palette-item');
      await page.keyboard.type(`${act} errors_10s`);
      if (await page.locator('.palette-item', { hasText: new RegExp(`^${act} errors_10s$`) }).count()) return true;
      await page.keyboard.press('Escape');
      return false;
    }, 20_000);
    await page.keyboard.press('Enter');
    await page.locator('.dialog button[type=submit]').click();
    await until(state, async () => (await api(s, 'GET', '/api/streams')).find(x => x.name === 'errors_10s').state === state, 20_000);
    await page.locator('.dialog').waitFor({ state: 'detached' });
  }
}

async function topics(page, s) {
  await page.goto(`${s.url}/topics?new=true`);
  await page.locator('.dialog input').first().fill('notes');
  await page.locator('.dialog button[type=submit]').click();
  await page.waitForURL(u => u.pathname === '/topics/notes');
  await page.getByRole('button', { name: 'Produce' }).click();
  await page.locator('.dialog textarea').first().fill('{"word": "마루", "n": 7}');
  await page.locator('.dialog button[type=submit]').click();
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await page.locator('.rec-list .rec + div .rec', { hasText: '마루' }).waitFor();
  await page.goto(`${s.url}/topics/notes?filter=${encodeURIComponent('마루')}`);
  await page.locator('.rec-list .rec + div .rec', { hasText: '마루' }).waitFor();
  await page.goto(`${s.url}/topics/notes?tab=settings`);
  await page.locator('.tab-panel .btn.danger').click();
  await page.locator('.dialog input').first().fill('notes');
  await page.locator('.dialog button[type=submit]').click();
  await page.waitForURL(u => u.pathname === '/topics');
  assert.equal((await api(s, 'GET', '/api/topics')).topics.some(t => t.name === 'notes'), false);
}

// condition: a topic's records by a condition: wrong, mended, found, live; all by keyboard.
async function condition(page, s) {
  const field = page.getByRole('textbox', { name: 'Condition' }), list = page.locator('.rec-list .rec:not(.rec-head)');
  await page.goto(`${s.url}/topics/api_log`);
  await list.first().waitFor();
  await page.getByRole('combobox', { name: 'What to filter by' }).click();
  await page.getByRole('option', { name: 'Condition' }).click();
  await page.getByRole('button', { name: 'Insert a column' }).click();
  await page.getByRole('menuitem', { name: /^status/ }).click();
  await until('the column is in the field', async () => (await field.inputValue()) === 'status ' && field.evaluate(e => e === document.activeElement), 5000);
  await page.keyboard.type(">= 500 AND pth LIKE '/%'");
  await page.keyboard.press('Enter');
  await page.locator('.where-problem u', { hasText: /^pth$/ }).waitFor();
  assert.ok(await field.evaluate(e => e === document.activeElement), 'the focus stays in the field');
  await field.fill("status >= 500 AND path LIKE '/%'");
  await page.keyboard.press('Enter');
  await list.first().waitFor();
  assert.equal(await page.locator('.where-problem').count(), 0);
  assert.equal(new URL(page.url()).searchParams.get('where'), "status >= 500 AND path LIKE '/%'");
  await page.locator('.rec-foot', { hasText: /of [\d,]+ records that were looked at/ }).waitFor();
  for (const v of await page.locator('.rec-list .rec:not(.rec-head) .value').allTextContents()) assert.match(v, /"status":\s*5\d\d/);
  await field.fill('status IN (SELECT 1)');
  await page.keyboard.press('Enter');
  await page.locator('.where-problem', { hasText: 'cannot ask a query' }).waitFor();
  await page.goto(`${s.url}/topics/api_log?tail=true&where=${encodeURIComponent("_key = 'mine'")}`);
  await page.locator('.empty', { hasText: 'No record fits' }).waitFor();
  for (const key of ['theirs', 'mine']) await api(s, 'POST', '/api/topics/api_log/messages', { key, value: `{"path": "/of/${key}", "status": 200}` });
  await page.locator('.rec-list .rec:not(.rec-head)', { hasText: '/of/mine' }).waitFor();
  assert.equal(await list.count(), 1);
}

async function column(page, s) {
  await page.goto(`${s.url}/data`);
  await page.locator('tbody a', { hasText: 'requests_1m' }).click();
  await page.locator('.col-row', { hasText: 'p99_ms' }).click();
  await page.locator('.drawer .chart-canvas canvas').waitFor();
}

async function cancel(page, s) {
  await page.goto(`${s.url}/sql?sql=`);
  await write(page, 'SELECT count(*) FROM range(100000) a, range(100000) b WHERE (a.range * b.range) % 7 = 3');
  await page.locator('.sql-progress').waitFor();
  const t = Date.now();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.sql-calm', { hasText: 'Canceled' }).waitFor();
  assert.ok(Date.now() - t < 3000, `${Date.now() - t} ms until it was said`);
  await until('nothing runs', async () => !(await api(s, 'GET', '/api/results')).results?.some(r => r.state === 'running'), 5000);
}

async function signOut(browser, s) {
  const context = await open(browser, { state: await signIn(browser, s, 'joon') });
  const a = await context.newPage(), b = await context.newPage();
  await a.goto(`${s.url}/streams`);
  await a.waitForSelector('tbody tr');
  await b.goto(`${s.url}/account`);
  await b.waitForSelector('.account');
  await b.locator('button.avatar').click();
  await b.getByRole('menuitem', { name: 'Sign out' }).click();
  await b.waitForURL(u => u.pathname === '/signin');
  await a.locator('tbody tr').first().click();
  await a.waitForURL(u => u.pathname === '/signin', { timeout: 15_000 });
  assert.match(a.url(), /to=/);
  await context.close();
  await sleep(0);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = new Report('journeys');
  await journeys(report);
  process.exitCode = report.failed ? 1 : 0;
}
