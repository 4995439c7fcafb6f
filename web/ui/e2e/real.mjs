// The pages against a real server, as somebody new meets them: the welcome link,
// the first admin, each page with live data. Pictures go to out/real.
//   node real.mjs URL_OF_WELCOME_LINK
import { chromium } from 'playwright-core';
import { mkdirSync } from 'node:fs';

const link = process.argv[2], base = new URL(link).origin, out = 'out/real';
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US', timezoneId: 'Asia/Seoul', colorScheme: 'light' });
const page = await context.newPage();
let bad = 0;
page.on('console', m => { if (m.type() === 'error') { bad++; console.log('console', m.text().slice(0, 300)); } });
page.on('pageerror', e => { bad++; console.log('uncaught', String(e).slice(0, 300)); });
page.on('response', r => { if (r.status() >= 400) console.log('status', r.status(), r.request().method(), r.url().slice(base.length)); });
const shot = async name => { await page.waitForTimeout(1500); await page.screenshot({ path: `${out}/${name}.png` }); };

await page.goto(link);
await page.waitForSelector('h1');
await shot('welcome');
const fields = page.locator('input');
const n = await fields.count();
await fields.nth(0).fill('kim');
for (let i = 1; i < n; i++) await fields.nth(i).fill('a long pass phrase 7');
await page.keyboard.press('Enter');
await page.waitForURL(u => !u.pathname.startsWith('/welcome'), { timeout: 8000 });
await shot('home');
for (const [name, path] of [['topics', '/topics'], ['topic', '/topics/api_log'], ['streams', '/streams'], ['stream', '/streams/repeated_calls'], ['data', '/data'], ['table', '/data/requests_1m'], ['users', '/admin/users']]) {
  await page.goto(base + path);
  await page.waitForSelector('h1');
  await shot(name);
}
await page.goto(base + '/sql');
await page.waitForSelector('h1');
await page.waitForTimeout(1500);
const editor = page.locator('[role=textbox], .cm-content').first();
await editor.click();
await page.keyboard.press('Control+A');
await page.keyboard.insertText('FROM requests_1m ORDER BY window_start DESC, requests DESC LIMIT 500');
await page.keyboard.press('Control+Enter');
await page.waitForTimeout(2500);
await shot('sql');
await browser.close();
console.log(bad ? `${bad} errors` : 'no errors');
process.exit(bad ? 1 : 0);
