import { useQuery } from '@tanstack/react-query';
import { type GridColumn, keyOf } from '../../grid';
import { useFormat } from '../../i18n';
import { Bars, ErrorNote, Pairs, Skeleton } from '../../ui';
import { getProfile, type Profile, type Result } from './client';
import { useSqlWords } from './words';

// useProfile looks at a column of a result that has ended; of a running one it would change under the eyes.
export function useProfile(r: Result, key: string | undefined, enabled = true) {
  return useQuery({ queryKey: ['profile', r.id, key, r.state === 'running'], queryFn: () => getProfile(r.id, key ?? ''), enabled: enabled && key !== undefined && r.rows > 0, staleTime: Infinity, placeholderData: undefined, retry: false });
}

// ColumnPanel is what can be said of a column.
export function ColumnPanel({ r, column }: { r: Result; column: GridColumn }) {
  const got = useProfile(r, keyOf(column));
  return (
    <section className="sql-about" aria-label={column.name}>
      <h2 className="cut" title={column.name}>{column.name}</h2>
      {got.error ? <ErrorNote error={got.error} retry={() => void got.refetch()} /> : got.data ? <Facts p={got.data} column={column} /> : <Skeleton lines={6} width={180} />}
    </section>
  );
}

function Facts({ p, column }: { p: Profile; column: GridColumn }) {
  const w = useSqlWords();
  const f = useFormat();
  const value = useValueText(column);
  const share = (n: number) => (p.rows ? f.percent(n / p.rows) : '–');
  const numeric = p.bins && p.bins.length > 0;
  return (
    <>
      {numeric && <Histogram p={p} column={column} />}
      <Pairs items={[
        [w.type, <span key="t" className="mono">{column.typeName}</span>],
        [w.nulls, share(p.nulls)],
        ...(p.nans ? [[w.nans, share(p.nans)] as const] : []),
        [w.distinct, p.distinct_exact ? f.int(p.distinct) : w.about(f.compact(p.distinct))],
        ...(p.min !== undefined && p.min !== '' ? [[w.min, <Value key="a" text={value(p.min)} />] as const] : []),
        ...(p.mean !== undefined ? [[w.mean, Math.abs(p.mean) < 1e12 ? f.num(p.mean, 2) : f.compact(p.mean)] as const] : []),
        ...(p.max !== undefined && p.max !== '' ? [[w.max, <Value key="b" text={value(p.max)} />] as const] : []),
        ...(p.lengths ? [[w.lengths, `${f.int(p.lengths.min)} – ${f.int(p.lengths.max)}`] as const] : []),
      ]} />
      {(p.top?.[0]?.rows ?? 0) >= 0.01 * p.rows && p.distinct < p.rows && <Top p={p} column={column} />}
    </>
  );
}

const Value = ({ text }: { text: string }) => <span className="sql-value" title={text}>{text}</span>;

export function Histogram({ p, column, width = 216 }: { p: Profile; column: GridColumn; width?: number }) {
  const w = useSqlWords();
  const value = useValueText(column);
  return (
    <figure className="sql-histo">
      <Bars values={p.bins?.map(b => b.rows) ?? []} width={width} height={44} label={w.histogram(column.name)} />
      <figcaption className="small faint"><span className="cut">{value(p.bins?.[0]?.from ?? '')}</span><span className="cut">{value(p.bins?.at(-1)?.to ?? '')}</span></figcaption>
    </figure>
  );
}

export function Top({ p, column }: { p: Profile; column: GridColumn }) {
  const w = useSqlWords();
  const f = useFormat();
  const value = useValueText(column);
  const most = Math.max(1, ...(p.top ?? []).map(t => t.rows));
  return (
    <>
      <h3>{w.top}</h3>
      <ul className="sql-top">{(p.top ?? []).map((t, i) => (
        <li key={i} title={f.int(t.rows)}><i style={{ transform: `scaleX(${t.rows / most})` }} aria-hidden="true" /><span className="cut">{t.value === '' ? <span className="faint">“”</span> : value(t.value)}</span><span className="num dim">{f.percent(t.rows / Math.max(1, p.rows))}</span></li>
      ))}</ul>
      {!p.top_exact && <p className="small faint">{w.topPart}</p>}
    </>
  );
}

// useValueText writes a value of a profile, which comes as text, as its column would show it.
export function useValueText(column: GridColumn): (text: string) => string {
  const f = useFormat();
  return text => {
    if (column.type === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return f.num(Number(text), 3);
    if (column.type === 'time') { const t = Date.parse(/[zZ]|[+-]\d\d(:?\d\d)?$/.test(text) ? text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00') : `${text.replace(' ', 'T')}Z`); return Number.isNaN(t) ? text : f.stamp(t).slice(0, 19); }
    return text;
  };
}
