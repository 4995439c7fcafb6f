// Lighthouse itself, in the Node that it needs (≥ 22.19): argument 1 is { pages: [{ name, url, cookie }], runs }, and every line that is written is one run.
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';
import desktop from 'lighthouse/core/config/desktop-config.js';

const { pages, runs } = JSON.parse(process.argv[2]);
const chrome = await launch({ chromePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
try {
  for (const { name, url, cookie } of pages) {
    for (let i = 0; i < runs; i++) {
      const { lhr } = await lighthouse(url, {
        port: chrome.port, logLevel: 'silent', onlyCategories: ['performance', 'accessibility'], blockedUrlPatterns: ['*/api/live*'], ...(cookie ? { extraHeaders: { Cookie: cookie } } : {}),
      }, desktop);
      const number = id => lhr.audits[id]?.numericValue;
      // What costs points: of speed by what it could save, of access every audit that fails.
      const found = Object.values(lhr.categories).flatMap(c => c.auditRefs).map(r => lhr.audits[r.id]).filter(a => a.score !== null && a.score < 0.9)
        .map(a => `${a.id}${a.displayValue ? ` (${a.displayValue.replaceAll('\u00a0', ' ')})` : ''}${a.details?.items?.[0]?.node ? ` ${a.details.items.slice(0, 3).map(x => x.node?.selector).join(' · ')}` : ''}`);
      console.log(JSON.stringify({
        name, error: lhr.runtimeError?.message, at: lhr.finalDisplayedUrl, performance: lhr.categories.performance.score * 100, accessibility: lhr.categories.accessibility.score * 100, found,
        fcp: number('first-contentful-paint'), lcp: number('largest-contentful-paint'), tbt: number('total-blocking-time'), cls: number('cumulative-layout-shift'), si: number('speed-index'),
      }));
    }
  }
} finally { await chrome.kill(); }
