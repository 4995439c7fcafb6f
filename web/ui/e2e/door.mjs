// Sign-in, the session's end, users and Home's first look, on a real server in a real browser: node door.mjs
import assert from 'node:assert/strict';
import { pathToFileURL } from 'node:url';
import { axe, launch, layout, open, password, Report, signIn, signUp, watch } from './browser.mjs';
import { api, start } from './server.mjs';

const path = page => new URL(page.url()).pathname;

// wrong: said in the error's colour, the password is chosen to be typed again; after some, how long to wait.
async function wrong(browser, s) {
  const context = await open(browser, { width: 400, height: 800 });
  const page = await context.newPage();
  await page.goto(`${s.url}/signin?to=/topics`);
  await page.fill('[name=username]', 'hana');
  const pass = page.locator('[name=password]');
  await pass.fill('not the one 12');
  await page.keyboard.press('Enter');
  const problem = page.locator('.problem');
  await problem.waitFor();
  const color = await problem.evaluate(e => [getComputedStyle(e).color, getComputedStyle(document.querySelector('.field label').parentElement).color]);
  assert.notEqual(color[0], color[1]);
  assert.equal(await page.evaluate(() => document.activeElement.name && document.activeElement.selectionEnd), 14);
  assert.equal(await pass.getAttribute('aria-invalid'), 'true');
  await page.getByRole('button', { name: 'Show the password' }).click();
  assert.equal(await pass.getAttribute('type'), 'text');
  for (let i = 0; i < 20 && !(await page.locator('button[type=submit]:disabled').count()); i++) {
    await pass.press('Enter');
    await page.waitForTimeout(400);
  }
  await page.locator('.problem', { hasText: 'Too many wrong passwords' }).waitFor();
  assert.match(await page.locator('.field .hint').last().textContent(), /Try again in/);
  assert.deepEqual([...await axe(page), ...await layout(page)], []);
  await context.close();
}

// back: who has signed in is where they wanted to be; Back does not lead to the form, nor does its address.
async function back(browser, s) {
  const context = await open(browser);
  const page = await context.newPage(), said = watch(page);
  await page.goto(`${s.url}/topics`);
  await page.fill('[name=username]', 'joon');
  await page.fill('[name=password]', password);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/topics');
  await page.goto(`${s.url}/signin?to=/streams`);
  await page.waitForURL('**/streams');
  assert.deepEqual(said, []);
  await context.close();
}

// ended: an admin sets another password; the page says why it asks for one, and goes on where one was.
async function ended(browser, s) {
  const context = await open(browser, { state: await signIn(browser, s, 'joon') });
  const page = await context.newPage();
  await page.goto(`${s.url}/streams`);
  await page.locator('.live').waitFor();
  await api(s, 'PATCH', '/api/users/joon', { password: `${password} 2` });
  await page.locator('.rail a', { hasText: 'Topics' }).click();
  await page.waitForURL('**/signin?to=**');
  await page.getByText('Your session has ended').waitFor();
  await page.fill('[name=username]', 'joon');
  await page.fill('[name=password]', `${password} 2`);
  await page.keyboard.press('Enter');
  await page.waitForURL(u => u.pathname === '/topics' || u.pathname === '/streams');
  await context.close();
}

// away: while the server is away nobody is told that they have signed out.
async function away(browser, s, state) {
  const context = await open(browser, { state });
  const page = await context.newPage();
  await page.goto(`${s.url}/account`);
  await page.locator('.live').waitFor();
  await s.down();
  await page.locator('button.avatar').click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.locator('.toast', { hasText: 'still signed in' }).waitFor();
  assert.equal(path(page), '/account');
  await s.up();
  await page.locator('.live', { hasText: 'Live' }).waitFor({ timeout: 30_000 });
  await context.close();
}

// users: a mail address is a name; a name that is taken is said at once; a disabled admin can be enabled; no viewer sees the page.
async function users(browser, s, state) {
  const context = await open(browser, { state });
  const page = await context.newPage();
  await api(s, 'POST', '/api/users', { name: 'old', password, role: 'admin' });
  await api(s, 'PATCH', '/api/users/old', { disabled: true });
  await page.goto(`${s.url}/admin/users?user=old`);
  await page.locator('.drawer').getByRole('button', { name: 'Enable' }).click();
  await page.locator('.drawer').getByRole('button', { name: 'Disable' }).waitFor();
  await api(s, 'DELETE', '/api/users/old');
  await page.goto(`${s.url}/admin/users`);
  await page.getByRole('button', { name: 'Add user' }).click();
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Hana');
  await page.locator('.dialog .problem', { hasText: 'There is a user Hana already' }).waitFor();
  await name.fill('Kim@example.com');
  await page.keyboard.press('Enter');
  await page.locator('td', { hasText: 'kim@example.com' }).waitFor();
  await page.locator('.dialog').waitFor({ state: 'detached' });
  await context.close();
  const other = await open(browser, { state: await signIn(browser, s, 'mira') });
  const theirs = await other.newPage();
  await theirs.goto(`${s.url}/admin/users`);
  await theirs.getByText('This page is for admins').waitFor();
  assert.equal(await theirs.getByRole('button', { name: 'Add user' }).count(), 0);
  await other.close();
}

export async function door(report) {
  const browser = await launch();
  const s = await start({ since: '10m', rate: 5 });
  try {
    const state = await signUp(browser, s);
    for (const [name, role] of [['joon', 'editor'], ['hana', 'viewer'], ['mira', 'viewer']]) await api(s, 'POST', '/api/users', { name, password, role });
    await report.test('signed in: where one wanted to be', () => back(browser, s));
    await report.test('a session that has ended says so', () => ended(browser, s));
    await report.test('users', () => users(browser, s, state));
    await report.test('wrong passwords', () => wrong(browser, s));
    await report.test('signing out while the server is away', () => away(browser, s, state));
  } finally { await browser.close(); await s.stop(); }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = new Report('door');
  await door(report);
  process.exitCode = report.failed ? 1 : 0;
}
