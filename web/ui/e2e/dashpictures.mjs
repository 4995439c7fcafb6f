// Pictures and axe of the dashboards alone: node dashpictures.mjs [--only …] [--lang ko] [--theme dark] [--size 1280x800] [--port 7796]
import { chromium } from 'playwright-core';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dashPages } from './dashpages.mjs';
import { serve } from './mock.mjs';

const opt = (name, fallback) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? fallback : process.argv[i + 1]; };
const only = opt('only', '').split(',').filter(Boolean), langs = opt('lang', 'ko,en').split(','), themes = opt('theme', 'light,dark').split(',');
const [width, height] = opt('size', '1440x900').split('x').map(Number), out = opt('out', 'out/dash');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const port = Number(opt('port', '7796')), base = `http://127.0.0.1:${port}`, server = await serve(port);
mkdirSync(out, { recursive: true });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none'] });
let bad = 0;
for (const lang of langs) for (const theme of themes) for (const p of dashPages.filter(p => !only.length || only.includes(p.name))) {
  const context = await browser.newContext({ viewport: { width, height }, locale: lang === 'ko' ? 'ko-KR' : 'en-US', timezoneId: 'Asia/Seoul', colorScheme: theme });
  await context.addInitScript(v => localStorage.setItem('maru.prefs', v), JSON.stringify({ lang, theme, zone: 'Asia/Seoul' }));
  await context.addCookies([{ name: 'mock', value: p.cookie ?? 'full', url: base }]);
  const page = await context.newPage(), name = `${p.name}-${theme}-${lang}`, said = [];
  page.setDefaultTimeout(9000);
  page.on('console', m => { if (m.type() === 'error' && !/status of (400|401|403|404|409|503)|net::ERR/.test(m.text())) said.push(m.text().slice(0, 300)); });
  page.on('pageerror', e => said.push(`uncaught: ${e.stack ?? e}`.slice(0, 500)));
  try {
    await page.goto(base + p.path);
    await page.waitForSelector(p.wait);
    await p.act?.(page);
    await page.evaluate(() => document.fonts.ready);
    await page.waitForTimeout(p.sleep ?? 400);
    await page.screenshot({ path: `${out}/${name}.png` });
    if (!opt('fast')) {
      await page.evaluate(axe);
      for (const v of (await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }))).violations) {
        const serious = v.impact === 'serious' || v.impact === 'critical';
        if (serious) bad++;
        console.log(`${serious ? 'FAIL' : 'note'} ${name} axe ${v.impact} ${v.id}: ${v.nodes.length}× ${v.nodes[0].target.join(' ')} ${(v.nodes[0].any[0]?.message ?? v.nodes[0].all[0]?.message ?? v.help).slice(0, 200)}`);
      }
    }
  } catch (e) { said.push(String(e).split('\n')[0]); await page.screenshot({ path: `${out}/${name}-broken.png` }); }
  for (const s of said) { bad++; console.log(`FAIL ${name} ${s}`); }
  await context.close();
}
await browser.close();
server.closeAllConnections();
server.close();
console.log(bad ? `${bad} to mend` : 'all well');
process.exitCode = bad ? 1 : 0;
