// The SQL page in its states, as pages.mjs lists them: `...sqlPages` there makes pictures of all.
const editor = '[data-editor]';
const cm = page => page.locator('.cm-content');
export const sqlPages = [
  { name: 'sql', path: '/sql?tab=a&result=done1', wait: '.grid-row', sleep: 700 },
  { name: 'sql-complete', path: '/sql?tab=a&result=done1', wait: '.grid-row', sleep: 500, act: async page => { await page.waitForSelector(`${editor} .cm-content`); await cm(page).click(); await page.keyboard.press('Control+End'); await page.keyboard.press('End'); for (let i = 0; i < 6; i++) await page.keyboard.press('Backspace'); await page.keyboard.press('Control+Space'); await page.waitForSelector('.cm-tooltip-autocomplete'); } },
  { name: 'sql-time', path: '/sql?tab=b&result=time1', wait: '.grid-row', sleep: 600 },
  { name: 'sql-chart', path: '/sql?tab=b&result=time1&view=chart', wait: '.chart-canvas canvas', sleep: 900 },
  { name: 'sql-profile', path: '/sql?tab=b&result=time1&view=profile', wait: '.sql-profile svg', sleep: 500 },
  { name: 'sql-big', path: '/sql?result=big1&sort=-%233&filter=%5B%7B%22column%22%3A%22%232%22%2C%22op%22%3A%22contains%22%2C%22value%22%3A%22v2%22%7D%5D', wait: '.grid-row', sleep: 2500, act: async page => { await page.locator('.grid-row .grid-cell.num').first().click(); await page.keyboard.press('Shift+ArrowDown'); await page.keyboard.press('Shift+ArrowDown'); await page.keyboard.press('Shift+ArrowRight'); } },
  { name: 'sql-wide', path: '/sql?result=wide1&col=-', wait: '.grid-row', act: async page => { await page.evaluate(() => { document.querySelector('.grid').scrollLeft = 300_000; }); } },
  { name: 'sql-odd', path: '/sql?result=odd1&col=%233', wait: '.grid-row', sleep: 700 },
  { name: 'sql-cell', path: '/sql?result=odd1&cell=3.%232', wait: '.json-row', sleep: 400 },
  { name: 'sql-menu', path: '/sql?result=odd1', wait: '.grid-row', act: async page => { await page.locator('.grid-head .grid-cell').nth(1).hover(); await page.locator('.grid-more').first().click(); await page.waitForSelector('.menu'); } },
  { name: 'sql-filter', path: '/sql?result=odd1', wait: '.grid-row', act: async page => { await page.locator('.grid').focus(); await page.keyboard.press('Alt+ArrowDown'); await page.locator('.menu-item', { hasText: /Filter|필터/ }).click(); await page.waitForSelector('.grid-draft'); } },
  { name: 'sql-failed', path: '/sql?result=fail1', wait: '.error-note', sleep: 900 },
  { name: 'sql-running', path: '/sql?sql=SELECT+path%2C+quantile_cont%28ms%2C+0.99%29+FROM+slow+GROUP+BY+ALL', wait: editor, sleep: 900, act: async page => { await page.locator('.sql-runbar .primary').click(); await page.waitForSelector('.sql-progress'); } },
  { name: 'sql-each', path: '/sql?tab=a&result=done1', wait: '.grid-row', act: async page => { await page.locator('.sql-params .btn').click(); await page.waitForSelector('.dialog textarea'); } },
  { name: 'sql-explain', path: '/sql?tab=a&result=done1', wait: '.grid-row', act: async page => { await page.locator('.sql-acts .btn').first().click(); await page.waitForSelector('.sql-plan'); } },
  { name: 'sql-view', path: '/sql?tab=a&result=done1', wait: '.grid-row', act: async page => { await page.locator('.sql-acts .btn').last().click(); await page.locator('.menu-item').nth(2).click(); await page.waitForSelector('.dialog'); } },
  { name: 'sql-saved', path: '/sql?tab=a&result=done1&side=saved', wait: '.sql-item', sleep: 600 },
  { name: 'sql-history', path: '/sql?tab=a&result=done1&side=history', wait: '.sql-item', sleep: 600 },
  { name: 'sql-empty', path: '/sql', cookie: 'empty', wait: editor, sleep: 600 },
  { name: 'sql-error', path: '/sql?sql=SELECT+1', cookie: 'error', wait: '.error-note', sleep: 500 },
  { name: 'sql-expired', path: '/sql?sql=SELECT+1', wait: editor, act: async page => { await page.evaluate(() => { const t = JSON.parse(localStorage.getItem('maru.sql.tabs')); t.push({ id: 'gone', sql: 'SELECT 1', params: {}, result: 'nothing' }); localStorage.setItem('maru.sql.tabs', JSON.stringify(t)); }); await page.goto(new URL('/sql?tab=gone&result=nothing', page.url()).href); await page.waitForSelector('.sql-result .empty'); } },
];
