import { type Format, useFormat } from '../i18n';
import { Sparkline, type Tone } from '../ui';
import type { ChartProps } from './Chart';
import { numberOf } from './series';
import { type Columns, columnOf } from './spec';
import { bandAt } from './tip';
import { changeOf, measureIn } from './unit';
import { useChartWords } from './words';

const day = 86_400_000, dot = '\u00a0·\u00a0';
interface At { x: number; v: number | null }

// BigNumber is the newest number, what it was before, and its way there. A period that is not finished does not count: its number is
// still growing.
export function BigNumber({ spec, data, thresholds, partialFrom, step, summary }: ChartProps & { summary: string }) {
  const f = useFormat();
  const w = useChartWords();
  const all = pointsOf(spec, data);
  const finished = partialFrom === undefined || growing(all) ? all : all.filter(p => p.x < partialFrom || Number.isNaN(p.x));
  const points = finished.some(p => p.v !== null) ? finished : all;
  const last = points.findLast(p => p.v !== null);
  const value = last?.v ?? undefined;
  const newest = points.at(-1); // without a number, perhaps: then it says of when the number is
  const since = last && newest && newest.x > last.x ? last.x : undefined;
  const worst = value === undefined ? undefined : (thresholds ?? []).filter(t => value >= t.value).sort((a, b) => b.value - a.value)[0];
  const m = value === undefined ? undefined : measureIn(f, spec.unit, value, spec.decimals);
  const then = last && data.compare ? nearest(pointsOf(spec, data.compare), last.x, step ?? 0) : undefined;
  const ago = data.compareMs ?? 0;
  const than = ago === 7 * day ? w.thanLastWeek : ago === day ? w.thanYesterday : w.than(f.long(ago));
  const usual = last ? bandAt(data.usual, last.x, step ?? 0) : undefined;
  const odd = usual && value !== undefined && (value < usual[0] || value > usual[1]);
  const tone: Tone = worst ? worst.level : spec.colors?.[spec.y?.[0] ?? ''] ?? 'c1';
  return (
    <div className="chart-number" role="img" aria-label={summary}>
      <div className="chart-number-row">
        {m ? <span className={`big${worst ? (worst.level === 'error' ? ' bad' : ' warned') : ''}`}>{m.value}{m.unit && <span className="unit">{m.unit}</span>}</span> : <span className="big faint">–</span>}
        {points.length > 2 && <span className="chart-number-spark" aria-hidden="true"><Sparkline values={points.map(p => p.v)} tone={tone} width={96} height={22} /></span>}
      </div>
      <div className="chart-number-sub">
        {since !== undefined && <span className="warned">{w.asOf(f.day(since) === f.day(newest?.x ?? since) ? f.hm(since) : f.dateTime(since))}{(then !== undefined || usual) && dot}</span>}
        {then !== undefined && value !== undefined && <span><b>{changeOf(f, spec.unit, value, then)}</b> {than}{usual && dot}</span>}
        {usual && <span className={odd ? 'warned' : undefined}>{w.usually(about(f, usual[0]), `${about(f, usual[1])}${spec.unit === '%' ? (f.lang === 'ko' ? '%' : ' %') : ''}`)}</span>}
      </div>
    </div>
  );
}

// about is a number as one tells what is usual: two or three digits.
const about = (f: Format, n: number) => (Math.abs(n) >= 10_000 ? f.compact(n) : f.num(n, Math.abs(n) >= 10 ? 0 : Math.abs(n) >= 1 ? 1 : 2));

// Without a moment there is one number, or the last of them.
function pointsOf(spec: ChartProps['spec'], data: Columns): At[] {
  const y = columnOf(data, spec.y?.[0]) ?? data.columns.find(c => c.type === 'number' && c.name !== spec.x);
  const x = columnOf(data, spec.x) ?? data.columns.find(c => c.type === 'time');
  if (!y) return [];
  const out = Array.from(y.values, (v, i): At => ({ x: x?.type === 'time' ? Number(x.values[i]) : NaN, v: numberOf(v) }));
  return x?.type === 'time' ? out.sort((a, b) => a.x - b.x) : out;
}

// growing: a sum over the whole range never falls, so its newest value is right although the period goes on.
function growing(points: readonly At[]): boolean {
  const v = points.map(p => p.v).filter(n => n !== null);
  return v.length > 2 && (v.at(-1) ?? 0) > (v[0] ?? 0) && v.every((n, i) => i === 0 || n >= (v[i - 1] ?? n));
}

function nearest(points: readonly At[], x: number, step: number): number | undefined {
  if (Number.isNaN(x)) return points.findLast(p => p.v !== null)?.v ?? undefined;
  let best: At | undefined;
  for (const p of points) if (p.v !== null && Math.abs(p.x - x) <= step && (!best || Math.abs(p.x - x) < Math.abs(best.x - x))) best = p;
  return best?.v ?? undefined;
}
