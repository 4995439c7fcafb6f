import { Link } from '@tanstack/react-router';
import { Chart, type ChartData, type ChartSpec } from '../../chart';
import { useFormat } from '../../i18n';
import { Drawer, ErrorNote, Pairs, Section, Skeleton } from '../../ui';
import { isTime } from './Columns';
import { type Profile, type TableDetail, useProfile } from './api';
import { quoted } from '../../editor/name';
import { numberText, valueText } from './value';
import { useDataWords } from './words';

// ColumnDrawer draws one column, without SQL.
export function ColumnDrawer({ t, column, onClose }: { t: TableDetail; column: string; onClose: () => void }) {
  const w = useDataWords();
  const profile = useProfile(t.name, column);
  const type = t.columns?.find(c => c.name === column)?.type;
  const sql = `SELECT ${quoted(column)} AS value, count(*) AS n\nFROM ${quoted(t.name)}\nGROUP BY ALL\nORDER BY n DESC\nLIMIT 100`;
  return (
    <Drawer title={column} onClose={onClose}>
      {profile.error ? <ErrorNote error={profile.error} retry={() => void profile.refetch()} /> : !profile.data ? <Skeleton lines={8} /> : <Whole p={{ ...profile.data, type: profile.data.type || type || '' }} />}
      <p className="drawer-foot"><Link className="btn small" to="/sql" search={{ sql } as never}>{w.askSql}</Link></p>
    </Drawer>
  );
}

function Whole({ p }: { p: Profile }) {
  const w = useDataWords();
  const f = useFormat();
  const show = (v: string | number | undefined) => (v === undefined ? '–' : isTime(p) ? f.stamp(new Date(v)) : numberText(p.type, v, f, 6));
  const pairs: [string, React.ReactNode][] = [[w.type, <span key="t" className="mono" title={p.type}>{p.type.toLowerCase()}</span>], [w.nulls, p.nulls === 0 ? f.int(0) : `${f.int(p.nulls)} · ${f.percent(p.nulls / p.rows)}`], [w.distinct, f.int(p.distinct)]];
  if (p.min !== undefined) pairs.push([w.min, show(p.min)], [w.max, show(p.max)]);
  if (p.mean !== undefined) pairs.push([w.mean, f.num(p.mean, 3)]);
  return (
    <div className="profile">
      <Pairs items={pairs} />
      <p className="faint small">{p.sampled ? w.sampled(f.compact(p.rows)) : w.looked(f.compact(p.rows))}</p>
      {p.histogram && p.histogram.length > 1 && <Section title={w.histogram} level={3}><Histogram p={p} /></Section>}
      {p.top.length > 0 && <Section title={w.topValues} level={3}><Tops p={p} /></Section>}
    </div>
  );
}

function Histogram({ p }: { p: Profile }) {
  const w = useDataWords();
  const h = p.histogram ?? [];
  const time = isTime(p);
  const data: ChartData = { rows: h.length, columns: [{ name: 'x', type: time ? 'time' : 'number', values: h.map(b => b.from) }, { name: w.count, type: 'number', values: h.map(b => b.count) }] };
  const spec: ChartSpec = time ? { mark: 'bar', x: 'x', y: [w.count] } : { mark: 'histogram', x: 'x', y: [w.count] };
  return <Chart height={170} title={`${p.name} · ${w.histogram}`} spec={spec} data={data} />;
}

// Tops are the most frequent values, each with its share as a bar.
function Tops({ p }: { p: Profile }) {
  const w = useDataWords();
  const f = useFormat();
  const most = Math.max(1, ...p.top.map(x => x.count));
  const rest = p.rows - p.nulls - p.top.reduce((n, x) => n + (x.value === null ? 0 : x.count), 0);
  return (
    <ul className="top-values">
      {p.top.map((x, i) => {
        const text = typeof x.value === 'string' || typeof x.value === 'number' ? numberText(p.type, x.value, f, 6) || valueText(x.value, w) : valueText(x.value, w);
        return <li key={i}><span className={`cut${x.value === null || x.value === '' ? ' faint' : ''}`} title={text}>{text}</span><svg width={80} height={6} aria-hidden="true"><rect width={Math.max(1, (80 * x.count) / most)} height={6} rx={2} /></svg><span className="num">{f.compact(x.count)}</span><span className="num faint">{f.percent(p.rows > 0 ? x.count / p.rows : 0)}</span></li>;
      })}
      {rest > 0 && p.top.length > 0 && <li className="faint"><span>{w.rest}</span><span /><span className="num">{f.compact(rest)}</span><span className="num">{f.percent(p.rows > 0 ? rest / p.rows : 0)}</span></li>}
    </ul>
  );
}
