// What a person loads, from dist/.vite/manifest.json: the shell (all that comes with index.html) and what each page adds, as gzip.
// Exit 1 above the budgets: shell 250 KB, a page 300 KB more, everything embedded 8 MB.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));
const kb = n => `${(n / 1000).toFixed(1)} KB`;
const gz = f => gzipSync(readFileSync(join(dist, f)), { level: 9 }).length;

// closure: a chunk, its static imports and their CSS; lazily also what is imported with import().
function closure(key, lazy = false, stop = new Set(), seen = new Set()) {
  if (seen.has(key) || stop.has(key)) return seen;
  seen.add(key);
  for (const k of [...(manifest[key].imports ?? []), ...(lazy ? (manifest[key].dynamicImports ?? []) : [])]) closure(k, lazy, stop, seen);
  return seen;
}
const filesOf = keys => new Set([...keys].flatMap(k => [manifest[k].file, ...(manifest[k].css ?? [])]));
const sum = files => [...files].reduce((n, f) => n + gz(f), 0);

const shellKeys = closure('index.html');
const shell = filesOf(shellKeys);
let bad = false;
const tell = (name, n, max) => { const over = n > max; bad ||= over; console.log(`${over ? 'OVER' : 'ok  '} ${name.padEnd(44)} ${kb(n).padStart(10)}  of ${kb(max)}`); };
tell('shell', sum(shell) + gz('index.html') + gz('theme.js'), 250_000);
for (const key of Object.keys(manifest).filter(k => k.startsWith('src/pages/') && manifest[k].isDynamicEntry)) {
  tell(key, sum([...filesOf(closure(key, true, shellKeys))].filter(f => !shell.has(f))), 300_000);
}
const all = readdirSync(dist, { recursive: true }).map(n => join(dist, n)).filter(f => statSync(f).isFile());
tell(`embedded (${all.length} files)`, all.reduce((n, f) => n + statSync(f).size, 0), 8_000_000);
process.exitCode = bad ? 1 : 0;
