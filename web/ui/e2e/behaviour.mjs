// What the frame, sign-in, account and users do, by keyboard where a person could. Against the mock server and ../dist.
import { chromium } from 'playwright-core';
import assert from 'node:assert/strict';
import { serve } from './mock.mjs';

const port = 7792, base = `http://127.0.0.1:${port}`;
const server = await serve(port);
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
let failed = 0;

async function test(name, cookie, f, prefs = { lang: 'en', theme: 'light', zone: 'Asia/Seoul' }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-US', timezoneId: 'Asia/Seoul' });
  await context.addInitScript(p => { if (!localStorage.getItem('maru.prefs')) localStorage.setItem('maru.prefs', p); }, JSON.stringify(prefs));
  const state = v => context.addCookies([{ name: 'mock', value: v, url: base }]);
  await state(cookie);
  const page = await context.newPage();
  page.setDefaultTimeout(6000);
  const broken = [];
  page.on('console', m => { if (/Content Security Policy/.test(m.text())) broken.push(m.text()); });
  page.on('pageerror', e => broken.push(String(e)));
  try {
    await f(page, state);
    assert.deepEqual(broken, []);
    console.log(`ok   ${name}`);
  } catch (e) { failed++; console.log(`FAIL ${name}: ${String(e).split('\n').slice(0, 6).join(' | ')}`); }
  await context.close();
}
const path = page => new URL(page.url()).pathname + new URL(page.url()).search;

await test('a wrong password is told in place; the right one leads back to where one was', 'out', async (page, state) => {
  await page.goto(`${base}/admin/users?user=joon`);
  await page.waitForURL('**/signin?to=**');
  await page.locator('input[name=username]:focus').waitFor();
  await page.keyboard.type('mina'); // the name has the focus
  await page.keyboard.press('Tab');
  await page.keyboard.type('wrong');
  await page.keyboard.press('Enter');
  await page.getByText('Name or password is wrong').waitFor();
  await state('full');
  await page.getByLabel('Password').fill('right and long');
  await page.keyboard.press('Enter');
  await page.locator('.drawer h2', { hasText: 'joon' }).waitFor();
  assert.equal(path(page), '/admin/users?user=joon');
});
await test('a link cannot lead elsewhere after signing in', 'out', async (page, state) => {
  await page.goto(`${base}/signin?to=//example.com/x`);
  await state('full');
  await page.getByLabel('Name').fill('mina');
  await page.getByLabel('Password').fill('right and long');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${base}/`);
});
await test('the first admin: token from the fragment, passwords must agree', 'setup', async (page, state) => {
  let sent;
  page.on('request', r => { if (r.url().endsWith('/api/setup')) sent = r.postDataJSON(); });
  await page.goto(`${base}/welcome#a%2Bb`);
  await page.getByLabel('Name').fill('mina');
  await page.getByLabel('Password', { exact: true }).fill('0123456789');
  await page.getByLabel('Password again').fill('0123456788');
  await page.keyboard.press('Enter');
  await page.getByText('The two differ').waitFor();
  assert.equal(sent, undefined);
  await page.getByLabel('Password again').fill('0123456789');
  await state('full');
  await page.keyboard.press('Enter');
  await page.waitForURL(`${base}/`);
  assert.deepEqual(sent, { token: 'a+b', name: 'mina', password: '0123456789' });
});
await test('the palette: open, find by letters, go; Esc closes', 'full', async page => {
  await page.goto(`${base}/account`);
  await page.locator('.account').waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('[cmdk-input]').waitFor();
  await page.keyboard.type('orders_ch');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/topics/orders_changes');
  await page.keyboard.press('Control+k');
  await page.locator('[cmdk-input]').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('[cmdk-input]').waitFor({ state: 'detached' });
});
await test('the palette finds Hangul by first consonants', 'full', async page => {
  await page.goto(`${base}/account`);
  await page.locator('.account').waitFor();
  await page.keyboard.press('Control+k');
  await page.locator('[cmdk-input]').fill('ㄷㅅㅂㄷ');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/dashboards');
}, { lang: 'ko', theme: 'dark', zone: 'Asia/Seoul' });
await test('language and theme: by the menu, kept over a reload', 'full', async page => {
  await page.goto(`${base}/account`);
  await page.locator('button.avatar').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitemradio', { name: '한국어' }).click();
  await page.getByRole('menuitemradio', { name: '어둡게' }).click();
  await page.reload();
  await page.locator('h1', { hasText: '계정' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme + document.documentElement.lang), 'darkko');
});
await test('the time range is in the URL and goes along; Back takes it back', 'full', async page => {
  await page.goto(`${base}/account?range=24h`);
  await page.locator('.rail a', { hasText: 'Topics' }).click();
  await page.waitForURL('**/topics?range=24h');
  await page.goBack();
  await page.waitForURL('**/account?range=24h');
  await page.goto(`${base}/topics?range=%3Cscript%3E&from=x&other=1`);
  await page.locator('h1', { hasText: 'Topics' }).waitFor();
  await page.locator('.rail a', { hasText: 'Streams' }).click();
  await page.waitForURL(`${base}/streams`);
});
await test('users: add, refuse a second of the same name, delete after writing the name', 'full', async page => {
  await page.goto(`${base}/admin/users`);
  const add = async () => {
    await page.getByRole('button', { name: 'Add user' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('zoe');
    await page.keyboard.press('Enter');
  };
  await add();
  await page.locator('td', { hasText: 'zoe' }).waitFor();
  await page.locator('.toast', { hasText: 'zoe added' }).waitFor();
  await add();
  await page.locator('.dialog .error-note', { hasText: 'zoe exists already' }).waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await page.locator('td', { hasText: 'zoe' }).click();
  await page.locator('.drawer .btn.danger').click();
  assert.equal(await page.locator('.dialog .btn.danger').isDisabled(), true);
  await page.keyboard.type('zoe');
  await page.keyboard.press('Enter');
  await page.locator('td', { hasText: 'zoe' }).waitFor({ state: 'detached' });
});
await test('rows by keyboard: arrows and Enter open, Esc closes', 'full', async page => {
  await page.goto(`${base}/admin/users`);
  await page.locator('tbody tr').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/admin/users?user=hana.kim');
  await page.keyboard.press('Escape');
  await page.waitForURL('**/admin/users');
});
await test('the session ends while a page is open: sign in, and back', 'full', async (page, state) => {
  await page.goto(`${base}/admin/users`);
  await page.locator('tbody tr').first().waitFor();
  await page.route('**/api/users/**', r => r.fulfill({ status: 401, json: { error: { kind: 'unauthenticated', message: 'no session' } } }));
  await page.locator('td', { hasText: 'board' }).click();
  await state('out');
  await page.locator('.drawer .btn', { hasText: 'Disable' }).click();
  await page.locator('.dialog .btn.danger').click();
  await page.waitForURL('**/signin?to=**');
});
await test('the server goes and comes: a banner, then live again', 'full', async (page, state) => {
  await page.goto(`${base}/account`);
  await page.locator('.live', { hasText: 'Live' }).waitFor();
  await state('error');
  await page.evaluate(() => dispatchEvent(new Event('online'))); // connects anew
  await page.locator('.banner').waitFor({ timeout: 8000 });
  await state('full');
  await page.getByRole('button', { name: 'Connect now' }).click({ timeout: 1500 }).catch(() => undefined); // it may have come back by itself
  await page.locator('.live', { hasText: 'Live' }).waitFor();
  await page.locator('.banner').waitFor({ state: 'detached' });
});
await test('a viewer sees no Admin', 'full', async page => {
  await page.route('**/api/session', r => r.fulfill({ json: { setup: false, user: { name: '<img src=x onerror=alert(1)>', roles: ['viewer'] } } }));
  await page.goto(`${base}/account`);
  await page.locator('.account b', { hasText: '<img' }).waitFor();
  assert.equal(await page.locator('.rail a', { hasText: 'Admin' }).count(), 0);
});
await test('skip link and tab order: the first Tab is the skip link, Enter goes to the content', 'full', async page => {
  await page.goto(`${base}/account`);
  await page.locator('.account').waitFor();
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
});

await browser.close();
server.closeAllConnections();
server.close();
process.exitCode = failed ? 1 : 0;
