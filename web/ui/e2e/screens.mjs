// Every page × language × theme on a real server: a picture, axe, no error, nothing cut or overlapping at 1280, 1440 and 1920.
// Pictures: out/screens (all), and the committed ones in docs/screens (light English, dark Korean).
//   node screens.mjs [--only home,sql] [--lang ko] [--theme dark] [--keep]
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { axe, languages, launch, layout, open, password, Report, signUp, themes, watch, write } from './browser.mjs';
import { api, commit, rows, start } from './server.mjs';

const here = dirname(fileURLToPath(import.meta.url)), out = join(here, 'out', 'screens'), docs = join(here, '..', '..', '..', 'docs', 'screens');
const opt = (name, fallback) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? fallback : process.argv[i + 1]; };
const widths = [1280, 1440, 1920];
const sql = 'SELECT path, sum(requests) AS requests, round(avg(p50_ms), 1) AS p50, round(max(p99_ms), 1) AS p99, count(*) FILTER (class = \'5xx\') AS bad_minutes\nFROM requests_1m\nGROUP BY path\nORDER BY requests DESC';
const byMinute = 'SELECT window_start, class, sum(requests) AS requests\nFROM requests_1m\nGROUP BY ALL\nORDER BY window_start';

// run puts a statement into the editor and waits for its rows.
async function run(page, text, end = '.grid-row') {
  await write(page, text);
  await page.waitForTimeout(300); // what was there before stays until there is something else
  await page.waitForFunction(() => !document.querySelector('.sql-progress, .progress'), undefined, { timeout: 15_000 }).catch(() => undefined);
  await page.waitForSelector(end);
}

// settled waits until what a page asks for is there, and a little for what is drawn.
async function settled(page) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"]'), undefined, { timeout: 15_000 });
  await page.waitForTimeout(700);
}

export const pages = [
  { name: 'sign-in', path: '/signin', wait: 'form', out: true },
  { name: 'home', path: '/', wait: '.flow-node', doc: true },
  { name: 'sql', path: '/sql', wait: '[data-editor]', doc: true, act: page => run(page, sql) },
  { name: 'sql-chart', path: '/sql', wait: '[data-editor]', act: async page => { await run(page, byMinute); await page.getByRole('group', { name: /Show the result as|결과/ }).getByRole('button').nth(1).click(); await page.waitForSelector('.chart-canvas canvas'); } },
  { name: 'topics', path: '/topics', wait: 'tbody tr', doc: true },
  { name: 'topic', path: '/topics/api_log', wait: '.rec-list .rec + div .rec', doc: true, act: async page => { await page.locator('.rec-list .rec + div .rec').nth(3).click(); await page.waitForSelector('.drawer .json'); } },
  { name: 'topic-settings', path: '/topics/api_log?tab=settings', wait: '.tab-panel input' },
  { name: 'groups', path: '/topics?tab=groups', wait: '.empty, tbody tr' },
  { name: 'group', path: '/groups/readers', wait: '.facts' },
  { name: 'streams', path: '/streams', wait: 'tbody tr', doc: true },
  { name: 'stream', path: '/streams/requests_1m', wait: '.op', doc: true },
  { name: 'stream-late', path: '/streams/requests_1m?tab=late', wait: '.empty, tbody tr' },
  { name: 'stream-reset', path: '/streams/requests_1m?act=reset', wait: '.dialog' },
  { name: 'data', path: '/data', wait: 'tbody tr' },
  { name: 'table', path: '/data/requests_1m?column=p99_ms', wait: '.drawer', doc: true },
  { name: 'dashboards', path: '/dashboards', wait: 'h1' },
  { name: 'dashboard', path: '/dashboards/api', wait: 'h1', doc: true, sleep: 2500 },
  { name: 'users', path: '/admin/users', wait: 'tbody tr', doc: true },
  { name: 'account', path: '/account', wait: '.account' },
  { name: 'palette', path: '/', wait: '.flow-node', act: async page => { await page.keyboard.press('Control+k'); await page.waitForSelector('.palette-item'); await page.keyboard.type('requests'); } },
  { name: 'missing', path: '/nowhere', wait: 'h1' },
];

// finds proves that what looks for cut and overlapping text finds it.
async function finds(browser, report) {
  const page = await browser.newPage();
  await page.setContent('<div style="position:relative;height:100px"><p style="position:absolute;top:10px;left:0;margin:0">one text here</p><p style="position:absolute;top:14px;left:20px;margin:0">another over it</p></div><div style="width:60px;overflow:hidden;white-space:nowrap">a text that is too long for its place</div><div style="width:60px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap">one that says so by dots</div>');
  const got = await layout(page);
  if (got.length !== 2 || !got.some(g => g.startsWith('overlap')) || !got.some(g => g.startsWith('cut'))) report.fail('the layout test itself', JSON.stringify(got));
  await page.close();
}

export async function screens(report) {
  const s = await start({ since: '8d', rate: 3 }); // a week to compare with
  const browser = await launch();
  try {
    await finds(browser, report);
    const state = await signUp(browser, s);
    for (const [name, role] of [['joon', 'editor'], ['hana', 'viewer'], ['board', 'viewer']]) await api(s, 'POST', '/api/users', { name, password, role }).catch(e => report.fail('users', e.message));
    await rows(s, "SELECT 1 FROM requests_1m WHERE window_start > now() - INTERVAL 3 MINUTES LIMIT 1", 240_000);
    await commit(s, 'readers', 'api_log', 0, 1000);
    for (const lang of opt('lang', languages.join()).split(',')) for (const theme of opt('theme', themes.join()).split(',')) for (const p of chosen()) {
      const name = `${p.name}-${theme}-${lang}`;
      const context = await open(browser, { lang, theme, ...(p.out ? {} : { state }) });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      const said = watch(page, p.expected);
      try {
        await page.goto(s.url + p.path);
        await page.waitForSelector(p.wait);
        await p.act?.(page);
        await settled(page);
        if (p.sleep) await page.waitForTimeout(p.sleep);
        await page.screenshot({ path: join(out, `${name}.png`) });
        if (p.doc || p.name === 'sign-in') if ((theme === 'light') === (lang === 'en')) copyFileSync(join(out, `${name}.png`), join(docs, `${name}.png`));
        for (const f of await axe(page)) report.fail(name, f);
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 });
          await page.waitForTimeout(250);
          for (const f of await layout(page)) report.fail(`${name} at ${width}`, f);
        }
      } catch (e) {
        report.fail(name, String(e).split('\n').slice(0, 3).join(' '));
        await page.screenshot({ path: join(out, `${name}-broken.png`) }).catch(() => undefined);
      }
      for (const f of said) report.fail(name, f);
      await context.close();
    }
    console.log(`     ${chosen().length} pages × ${languages.length} languages × ${themes.length} themes × ${widths.length} widths`);
    if (process.argv.includes('--keep')) { console.log(s.url, s.token()); await new Promise(() => undefined); }
  } finally { await browser.close(); await s.stop(); }
}

const chosen = () => { const only = opt('only', '').split(',').filter(Boolean); return pages.filter(p => !only.length || only.includes(p.name)); };

mkdirSync(out, { recursive: true });
mkdirSync(docs, { recursive: true });
if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const report = new Report('screens');
  await screens(report);
  process.exitCode = report.failed ? 1 : 0;
}
