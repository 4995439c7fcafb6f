// Our own lint: what a glance does not see. `npm run check` runs it after tsc.
//   colours      no raw colour outside src/tokens.css
//   words        ko and en have the same keys (tsc), no key is unused, no Hangul outside words.ts
//   house rules  no any, no "!", no default export, files ≤ 400 lines; words.ts may be as long as it must
//   packages     exact versions, ≤ 25 runtime dependencies, licences that we may ship
//   safety       no inner HTML, no inline script
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformWithOxc } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const src = join(root, 'src');
const files = readdirSync(src, { recursive: true }).filter(n => /\.(tsx?|css)$/.test(n) && n !== join('api', 'schema.d.ts')).map(n => ({ name: n, text: readFileSync(join(src, n), 'utf8') }));
const problems = [];
const say = (name, line, text) => problems.push(`src/${name}:${line}: ${text}`);
const each = (f, re, text) => f.text.split('\n').forEach((l, i) => { const m = re.exec(l); if (m) say(f.name, i + 1, `${text}: ${m[0].trim()}`); });

for (const f of files) {
  const bare = { ...f, text: f.text.replace(/\/\*[\s\S]*?\*\//g, m => m.replace(/[^\n]/g, ' ')).replace(/(^|[\s;{}])\/\/.*$/gm, '$1') };
  const ts = /\.tsx?$/.test(f.name);
  if (f.name !== 'tokens.css') {
    each(bare, ts ? /(?<=['"`\s(:])#[0-9a-fA-F]{3,8}\b(?=['"`\s;,)])|\b(?:rgba?|hsla?|oklch|oklab)\((?=\s*[\d.])/ : /#[0-9a-fA-F]{3,8}\b(?=[\s;,)])|\b(?:rgba?|hsla?|oklch|oklab)\(/, 'a raw colour; name a token');
    if (!ts) each(bare, /:[^;{}]*(?<![\w-])(?:white|black|red|green|blue|gr[ae]y|orange|yellow|purple|pink|brown)(?![\w-])/, 'a raw colour; name a token');
  }
  if (!ts) continue;
  each(bare, /[:<,|(]\s*any\b(?!\w)|\bas any\b/, 'any');
  each(bare, /[\w\])]!(?=[.;,)\][\s])(?!=)/, 'a "!" that only silences tsc');
  each(bare, /^export default\b/, 'a default export');
  each(bare, /dangerouslySetInnerHTML|\.innerHTML\s*=|\.outerHTML\s*=|insertAdjacentHTML|document\.write/, 'markup from text');
  if (!/words\.ts$/.test(f.name) && !f.name.startsWith('i18n')) each(bare, /(?<!한국어.*)[가-힣](?!.*English)/, 'Hangul outside words.ts');
  const lines = f.text.split('\n').length;
  if (lines > 400 && !/words\.ts$/.test(f.name)) say(f.name, lines, `${lines} lines; 400 is the limit`);
}

// Words: the catalogs are loaded as they are, with defineWords replaced.
for (const f of files.filter(f => /(^|[\\/])words\.ts$/.test(f.name) && !f.name.startsWith('i18n'))) {
  const { code } = await transformWithOxc(f.text.replace(/^import .*$/gm, ''), f.name, { lang: 'ts' });
  const got = await import(`data:text/javascript,${encodeURIComponent(`const one = () => ''; const defineWords = (en, ko) => ({ en, ko });\n${code}`)}`);
  const here = dirname(f.name);
  for (const [name, { en, ko }] of Object.entries(got).filter(([n]) => n.startsWith('use'))) {
    const users = files.filter(x => x !== f && x.text.includes(name));
    const near = files.filter(x => x !== f && (dirname(x.name).startsWith(here) || users.includes(x))).map(x => x.text).join('\n');
    for (const k of Object.keys(en)) {
      if (!(k in ko)) say(f.name, 1, `${k} is not in ko`);
      if (typeof en[k] !== typeof ko[k]) say(f.name, 1, `${k} is a ${typeof en[k]} in en and a ${typeof ko[k]} in ko`);
      if (!new RegExp(`(?:\\.|['"\`])${k}\\b|[{,]\\s*${k}\\s*[,}]`).test(near)) say(f.name, 1, `${name}.${k} is used nowhere`);
    }
    for (const k of Object.keys(ko)) if (!(k in en)) say(f.name, 1, `${k} is not in en`);
  }
}

// Packages.
const pkg = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const direct = Object.keys(pkg.dependencies);
if (direct.length > 25) problems.push(`package.json: ${direct.length} runtime dependencies; 25 is the limit`);
for (const p of [pkg, ...['codegen', 'e2e'].map(d => JSON.parse(readFileSync(join(root, d, 'package.json'), 'utf8')))]) {
  for (const [n, v] of Object.entries({ ...p.dependencies, ...p.devDependencies })) if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(v)) problems.push(`${p.name}: ${n} ${v} is no exact version`);
}
const free = /^\(?(MIT|MIT-0|Apache-2\.0|BSD-[23]-Clause|0BSD|ISC|MPL-2\.0|OFL-1\.1|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|CC-BY-4\.0)( (OR|AND) .*)?\)?$/;
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
for (const [path, p] of Object.entries(lock)) {
  if (path === '' || p.dev || p.optional) continue;
  const own = join(root, path, 'package.json');
  const licence = p.license ?? (existsSync(own) ? JSON.parse(readFileSync(own, 'utf8')).license : undefined);
  if (!free.test(typeof licence === 'string' ? licence : '')) problems.push(`${path}: licence ${JSON.stringify(licence)}`);
}
if (/<script(?![^>]*\bsrc=)/.test(readFileSync(join(root, 'index.html'), 'utf8'))) problems.push('index.html: an inline script');

for (const p of problems) console.log(p);
console.log(problems.length ? `${problems.length} to mend` : `${relative(process.cwd(), src) || 'src'}: ${files.length} files, all well`);
process.exitCode = problems.length ? 1 : 0;
