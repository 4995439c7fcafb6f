// All suites, or those that are named: node run.mjs [screens] [journeys] [door] [grid] [lighthouse] [tiles]. Exit 1 when anything fails.
import { Report } from './browser.mjs';
import { door } from './door.mjs';
import { grid } from './grid.mjs';
import { journeys } from './journeys.mjs';
import { lighthouse } from './lighthouse.mjs';
import { screens } from './screens.mjs';
import { tiles } from './tiles.mjs';

const suites = { journeys, door, screens, grid, lighthouse, tiles };
const named = ['lighthouse', 'tiles']; // only run when they are named: they measure, and one installs what it needs
const wanted = process.argv.slice(2).flatMap(a => a.split(',')).filter(a => a in suites);
let failed = 0;
for (const name of wanted.length > 0 ? wanted : Object.keys(suites).filter(n => !named.includes(n))) {
  const report = new Report(name), t = Date.now();
  try { await suites[name](report); } catch (e) { report.fail('the suite', String(e.stack ?? e)); }
  failed += report.failed;
  console.log(`${report.failed ? 'FAIL' : 'ok  '} ${name}: ${report.failed ? `${report.failed} to mend` : 'all well'} (${Math.round((Date.now() - t) / 1000)} s)`);
}
process.exit(failed ? 1 : 0);
