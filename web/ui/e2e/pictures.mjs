// Pictures of every page × ko/en × light/dark, with axe on each, from the mock server and ../dist.
//   node pictures.mjs [--only NAME[,NAME]] [--lang ko] [--theme dark] [--size 1440x900] [--out DIR] [--url URL]
// Exit 1 when axe finds something serious or critical, a console error appears, or the CSP was broken.
import { chromium } from 'playwright-core';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pages } from './pages.mjs';
import { serve } from './mock.mjs';

const opt = (name, fallback) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? fallback : process.argv[i + 1]; };
const only = opt('only', '')?.split(',').filter(Boolean);
const langs = opt('lang', 'ko,en').split(','), themes = opt('theme', 'light,dark').split(',');
const [width, height] = opt('size', '1440x900').split('x').map(Number);
const out = opt('out', 'out');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const port = 7791;
const server = opt('url') ? undefined : await serve(port);
const base = opt('url', `http://127.0.0.1:${port}`);

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
let bad = 0;
for (const lang of langs) for (const theme of themes) {
  const context = await browser.newContext({ viewport: { width, height }, locale: lang === 'ko' ? 'ko-KR' : 'en-US', timezoneId: 'Asia/Seoul', colorScheme: theme, bypassCSP: false });
  await context.addInitScript(p => localStorage.setItem('maru.prefs', p), JSON.stringify({ lang, theme, zone: 'Asia/Seoul' }));
  for (const p of pages.filter(p => !only.length || only.includes(p.name))) {
    const name = `${p.name}-${theme}-${lang}`;
    await context.clearCookies();
    await context.addCookies([{ name: 'mock', value: p.cookie ?? 'full', url: base }]);
    const page = await context.newPage();
    const said = [];
    page.on('console', m => { if (m.type() === 'error' && !/status of (401|403|404|503)|net::ERR/.test(m.text())) said.push(m.text().slice(0, 300)); });
    page.on('pageerror', e => said.push(`uncaught: ${e}`.slice(0, 300)));
    try {
      await page.goto(base + p.path, { waitUntil: 'load' });
      await page.waitForSelector(p.wait ?? 'h1', { timeout: 8000 });
      await p.act?.(page);
      await page.evaluate(() => document.fonts.ready);
      await page.waitForTimeout(p.sleep ?? 350);
      await page.screenshot({ path: `${out}/${name}.png` });
      await page.evaluate(axe); // the CSP allows no script tag; evaluate goes around it
      const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
      for (const v of found.violations) {
        const serious = v.impact === 'serious' || v.impact === 'critical';
        if (serious) bad++;
        console.log(`${serious ? 'FAIL' : 'note'} ${name} axe ${v.impact} ${v.id}: ${v.nodes.length}× ${v.nodes[0].target.join(' ')} ${(v.nodes[0].any[0]?.message ?? v.help).slice(0, 160)}`);
      }
      const cut = await page.evaluate(() => [document.documentElement.scrollWidth > innerWidth ? 'page wider than window' : '', ...[...document.querySelectorAll('button, th, .pill, .crumbs h1, .rail nav a span')].filter(e => e.checkVisibility() && !e.closest('.hidden') && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflow !== 'visible' && e.clientWidth > 0).map(e => `clipped: ${e.textContent.slice(0, 40)}`)].filter(Boolean));
      for (const c of cut) console.log(`note ${name} ${c}`);
    } catch (e) { said.push(String(e).split('\n')[0]); }
    for (const s of said) { bad++; console.log(`FAIL ${name} ${s}`); }
    await page.close();
  }
  await context.close();
}
await browser.close();
server?.closeAllConnections();
server?.close();
console.log(bad ? `${bad} to mend` : 'all well');
process.exitCode = bad ? 1 : 0;
