// What a person loads, from dist/.vite/manifest.json, as gzip: the shell (what comes with index.html, and what any page may open: the palette) and
// what each page adds. A page is counted with everything that it needs to be used and with what it opens by itself; parts that only a person opens
// (named below) are told beside it and have the same budget of their own.
// Exit 1 above the budgets: shell 250 KB, a page 300 KB more, a part 300 KB, everything embedded 8 MB.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const onDemand = { // a second look at rows that are there; what only an editor opens
  'src/pages/sql/index.tsx': ['src/pages/sql/ResultChart.tsx'],
  'src/pages/dashboards/dashboard.tsx': ['src/pages/dashboards/edit/DashboardEditor.tsx', 'src/pages/dashboards/edit/Versions.tsx'],
};

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));
const kb = n => `${(n / 1000).toFixed(1)} KB`;
const gz = f => gzipSync(readFileSync(join(dist, f)), { level: 9 }).length;
const isPage = k => routes.has(k);

// closure: a chunk, its imports, and what it imports later, except pages and what is in stop.
function closure(key, stop = new Set(), seen = new Set()) {
  if (seen.has(key) || stop.has(key)) return seen;
  seen.add(key);
  for (const k of manifest[key].imports ?? []) closure(k, stop, seen);
  for (const k of manifest[key].dynamicImports ?? []) if (!isPage(k)) closure(k, stop, seen);
  return seen;
}
const filesOf = keys => new Set([...keys].flatMap(k => [manifest[k].file, ...(manifest[k].css ?? [])]));
const sum = files => [...files].reduce((n, f) => n + gz(f), 0);

// Pages are what the router loads.
const router = readFileSync(join(dist, '..', 'src', 'router.tsx'), 'utf8');
const routes = new Set([...router.matchAll(/import\('\.\/(pages\/[^']+)'\)/g)].flatMap(m => [`src/${m[1]}.tsx`, `src/${m[1]}/index.tsx`]).filter(k => manifest[k]));
const shellKeys = closure('index.html');
const shell = filesOf(shellKeys);
let bad = false;
const tell = (name, n, max) => { const over = n > max; bad ||= over; console.log(`${over ? 'OVER' : 'ok  '} ${name.padEnd(48)} ${kb(n).padStart(10)}  of ${kb(max)}`); };
tell('shell', sum(shell) + gz('index.html') + gz('theme.js'), 250_000);
for (const key of [...routes].sort()) {
  const stop = new Set([...shellKeys, ...(onDemand[key] ?? [])]);
  const page = filesOf(closure(key, stop));
  tell(key, sum([...page].filter(f => !shell.has(f))), 300_000);
  for (const part of onDemand[key] ?? []) tell(`  + when opened: ${part.replace('src/pages/', '')}`, sum([...filesOf(closure(part, shellKeys))].filter(f => !shell.has(f) && !page.has(f))), 300_000);
}
const all = readdirSync(dist, { recursive: true }).map(n => join(dist, n)).filter(f => statSync(f).isFile());
tell(`embedded (${all.length} files)`, all.reduce((n, f) => n + statSync(f).size, 0), 8_000_000);
process.exitCode = bad ? 1 : 0;
