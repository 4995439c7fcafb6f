// Chromium as the tests drive it, and what they look for on every page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

export const languages = ['ko', 'en'], themes = ['light', 'dark'];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const launch = (more = []) => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none', '--hide-scrollbars', ...more] });

export async function open(browser, { lang = 'en', theme = 'light', width = 1440, height = 900, state, more = {} } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: lang === 'ko' ? 'ko-KR' : 'en-US', timezoneId: 'Asia/Seoul', colorScheme: theme, ...(state ? { storageState: state } : {}), ...more });
  await context.addInitScript(p => { try { if (!localStorage.getItem('maru.prefs')) localStorage.setItem('maru.prefs', p); } catch { /* the browser's own page: the server is away */ } }, JSON.stringify({ lang, theme, zone: 'Asia/Seoul' }));
  return context;
}

// write puts a statement into the editor and runs it.
export async function write(page, sql) {
  await page.waitForSelector('[data-editor] .cm-content');
  await page.locator('.cm-content').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.insertText(sql);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Enter');
}

// watch gathers what a person would not see: errors of the console, of scripts, and breaches of the content security policy.
// Chromium says there, too, what a request was refused with; expected says which of these are part of the test.
export function watch(page, expected = /$^/) {
  const said = [];
  page.on('console', m => { if (m.type() === 'error' && !expected.test(m.text())) said.push(`console: ${m.text().slice(0, 300)} ${m.location().url?.replace(/^https?:\/\/[^/]+/, '') ?? ''}`); });
  page.on('pageerror', e => said.push(`uncaught: ${String(e.stack ?? e).slice(0, 400)}`));
  return said;
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];

// axe gives what is serious or critical.
export async function axe(page) {
  await page.evaluate(axeSource); // the policy allows no script tag; evaluate goes around it
  const found = await page.evaluate(r => globalThis.axe.run(document, { resultTypes: ['violations'], runOnly: r }), rules);
  return found.violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `axe ${v.impact} ${v.id}: ${v.nodes.length}× ${v.nodes[0].target.join(' ')} ${(v.nodes[0].any[0]?.message ?? v.nodes[0].all[0]?.message ?? v.help).slice(0, 160)}`);
}

// layout finds text that is cut without "…", text that lies on other text, and a page that is wider than its window.
export const layout = page => page.evaluate(() => {
  const out = [];
  if (document.documentElement.scrollWidth > innerWidth) out.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  const shown = e => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest('.hidden, .skip, [hidden], title, .skel');
  const name = e => `${e.tagName.toLowerCase()}${e.className && typeof e.className === 'string' ? `.${e.className.split(' ').join('.')}` : ''}`;
  const texts = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n = walk.nextNode(); n; n = walk.nextNode()) {
    const e = n.parentElement;
    if (!n.nodeValue.trim() || !e || !shown(e) || e.closest('svg, option, textarea, .grid')) continue; // the grid cuts its cells by design, and says so
    const range = document.createRange();
    range.selectNodeContents(n);
    // What of it can be seen: inside all that cuts. What is cut must say so by "…", or be scrolled.
    let clip = { l: 0, t: 0, r: innerWidth, b: innerHeight }, dots = false, scrolls = false;
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      const s = getComputedStyle(p);
      if (s.overflowX === 'visible' && s.overflowY === 'visible') { if (s.position === 'fixed') break; continue; }
      const b = p.getBoundingClientRect();
      if (s.overflowX !== 'visible') { clip.l = Math.max(clip.l, b.left); clip.r = Math.min(clip.r, b.right); }
      if (s.overflowY !== 'visible') { clip.t = Math.max(clip.t, b.top); clip.b = Math.min(clip.b, b.bottom); }
      if (s.textOverflow === 'ellipsis' || s.webkitLineClamp !== 'none') dots = true;
      if (/auto|scroll/.test(s.overflowX + s.overflowY)) scrolls = true;
    }
    for (const r of range.getClientRects()) {
      if (r.width < 1 || r.height < 1) continue;
      const v = { l: Math.max(r.left, clip.l), t: Math.max(r.top, clip.t), r: Math.min(r.right, clip.r), b: Math.min(r.bottom, clip.b) };
      if (v.r - v.l < 1 || v.b - v.t < 1) continue; // scrolled away
      if (!dots && !scrolls && (r.right > clip.r + 1.5 || r.left < clip.l - 1.5 || r.bottom > clip.b + 4)) out.push(`cut: "${n.nodeValue.trim().slice(0, 40)}" in ${name(e)}`);
      texts.push({ ...v, e, text: n.nodeValue.trim().slice(0, 30) });
    }
  }
  texts.sort((a, b) => a.t - b.t);
  for (let i = 0; i < texts.length; i++) {
    const a = texts[i];
    for (let j = i + 1; j < texts.length && texts[j].t < a.b - 3; j++) {
      const b = texts[j];
      if (a.e === b.e || Math.min(a.r, b.r) - Math.max(a.l, b.l) < 2 || Math.min(a.b, b.b) - b.t < 4) continue;
      // A layer above (a menu, a sticky head) covers what is below it: only what is really seen counts.
      const x = (Math.max(a.l, b.l) + Math.min(a.r, b.r)) / 2, y = (b.t + Math.min(a.b, b.b)) / 2;
      const top = document.elementFromPoint(x, y);
      if (!top || !(top === a.e || top === b.e || top.contains(a.e) && top.contains(b.e))) continue;
      if (top !== a.e && top !== b.e ? false : !(a.e.contains(b.e) || b.e.contains(a.e)) && !sameLayer(a.e, b.e)) continue;
      out.push(`overlap: "${a.text}" and "${b.text}" (${name(a.e)}, ${name(b.e)})`);
    }
  }
  function sameLayer(p, q) { // both, or neither, stand in something that is fixed or sticky
    const layer = e => { for (let x = e; x; x = x.parentElement) if (/fixed|sticky/.test(getComputedStyle(x).position)) return x; return null; };
    return layer(p) === layer(q);
  }
  return [...new Set(out)].slice(0, 12);
});

// Report counts what fails and goes on.
export class Report {
  failed = 0;
  constructor(name) { this.name = name; }
  fail(where, what) { this.failed++; console.log(`FAIL ${this.name}: ${where}: ${what}`); }
  async test(name, f) {
    const t = Date.now();
    try { await f(); console.log(`ok   ${this.name}: ${name} (${((Date.now() - t) / 1000).toFixed(1)} s)`); } catch (e) { this.fail(name, String(e.stack ?? e).split('\n').slice(0, 6).join('\n     ')); }
  }
}

export const password = 'a long pass phrase 7';

// signUp follows the welcome link, as somebody new does, and gives the session.
export async function signUp(browser, s, name = 'mina') {
  const context = await open(browser);
  const page = await context.newPage();
  await page.goto(s.link);
  await page.waitForSelector('form input');
  const fields = page.locator('form input');
  await fields.nth(0).fill(name);
  for (let i = 1, n = await fields.count(); i < n; i++) await fields.nth(i).fill(password);
  await page.keyboard.press('Enter');
  await page.waitForURL(u => !u.pathname.startsWith('/welcome'));
  await page.waitForSelector('.rail');
  const state = await context.storageState({ indexedDB: false });
  await context.close();
  return { cookies: state.cookies, origins: [] };
}

export async function signIn(browser, s, name, pass = password) {
  const context = await open(browser);
  const page = await context.newPage();
  await page.goto(`${s.url}/signin`);
  await page.locator('form input').nth(0).fill(name);
  await page.locator('form input').nth(1).fill(pass);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.rail');
  const state = await context.storageState();
  await context.close();
  return { cookies: state.cookies, origins: [] };
}
