import { useEffect, useRef, useState } from 'react';
import { useFormat } from '../../i18n';
import { Bars, Button, Empty, Input } from '../../ui';
import { type Column, type Profile, type TableDetail, useProfile } from './api';
import type { TableSearch } from './search';
import { numberText, valueText } from './value';
import { useDataWords } from './words';

const step = 200;

// Columns is every column with its type and what is in it; a click draws it.
export function Columns({ t, search, onSearch }: { t: TableDetail; search: TableSearch; onSearch: (c: Partial<Record<keyof TableSearch, unknown>>) => void }) {
  const w = useDataWords();
  const f = useFormat();
  const [max, setMax] = useState(step);
  const all = t.columns ?? [];
  const q = (search.q ?? '').toLowerCase();
  const fit = all.filter(c => c.name.toLowerCase().includes(q));
  if (all.length === 0) return <Empty title={w.noColumns}>{w.noColumnsText}</Empty>;
  return (
    <div className="scroll columns">
      {(all.length > 20 || q !== '') && <div className="list-head"><Input icon="search" placeholder={w.findColumn} aria-label={w.findColumn} value={search.q ?? ''} onChange={e => onSearch({ q: e.target.value || undefined })} /><span className="faint">{w.wide(f.int(fit.length))}</span></div>}
      <table className="table" aria-label={w.columns}>
        <thead><tr><th scope="col">{w.column}</th><th scope="col">{w.type}</th><th scope="col">{w.shape}</th><th scope="col" className="num">{w.nulls}</th><th scope="col" className="num">{w.distinct}</th><th scope="col" className="num">{w.min}</th><th scope="col" className="num">{w.max}</th><th scope="col">{w.top}</th></tr></thead>
        <tbody>{fit.slice(0, max).map(c => <ColumnRow key={c.name} table={t.name} column={c} on={search.column === c.name} onOpen={() => onSearch({ column: search.column === c.name ? undefined : c.name })} />)}</tbody>
      </table>
      {fit.length === 0 && <Empty title={w.noMatch} />}
      {fit.length > max && <div className="pad"><Button onClick={() => setMax(max + step)}>{w.showMore(f.int(Math.min(step, fit.length - max)))}</Button></div>}
    </div>
  );
}

// ColumnRow asks for its profile only when it is looked at: a table may have thousands of columns.
function ColumnRow({ table, column, on, onOpen }: { table: string; column: Column; on: boolean; onOpen: () => void }) {
  const w = useDataWords();
  const f = useFormat();
  const row = useRef<HTMLTableRowElement>(null);
  const [seen, setSeen] = useState(false);
  // Watches whether the row is on the screen.
  useEffect(() => {
    const el = row.current;
    if (!el || seen) return undefined;
    const watch = new IntersectionObserver(es => { if (es.some(e => e.isIntersecting)) setSeen(true); }, { rootMargin: '200px' });
    watch.observe(el);
    return () => watch.disconnect();
  }, [seen]);
  const profile = useProfile(table, column.name, seen);
  const p = profile.data;
  return (
    <tr ref={row} className="col-row" aria-selected={on} onClick={onOpen}>
      <td><button type="button" className="col-name name-cell" title={column.name} aria-expanded={on}>{column.name}</button></td>
      <td className="mono dim" title={column.type}>{typeText(column.type)}</td>
      <td><Shape p={p} /></td>
      <td className="num">{p ? <NullShare p={p} /> : wait(profile.isError, w.noProfile)}</td>
      <td className="num">{p && f.compact(p.distinct)}</td>
      <td className="num dim"><span className="edge">{p && edge(p, p.min, f)}</span></td><td className="num dim"><span className="edge">{p && edge(p, p.max, f)}</span></td>
      <td className="wide"><span className="tops">{p?.top.slice(0, 3).map((x, i) => <span key={i} title={valueText(x.value, w)}><span className="cut">{typeof x.value === 'string' && x.value !== '' ? numberText(p.type, x.value, f, 3) : valueText(x.value, w)}</span> <span className="faint">{f.percent(p.rows > 0 ? x.count / p.rows : 0)}</span></span>)}</span></td>
    </tr>
  );
}

// typeText is a type in a narrow column: SQL's long names have short ones that SQL knows too.
const typeText = (type: string) => type.toLowerCase().replace(/^timestamp with time zone$/, 'timestamptz').replace(/^(.{26}).{4,}$/, '$1…');

const wait = (failed: boolean, text: string) => (failed ? <span className="faint" title={text}>!</span> : <span className="faint">…</span>);

function NullShare({ p }: { p: Profile }) {
  const f = useFormat();
  const share = p.rows > 0 ? p.nulls / p.rows : 0;
  return <span className={share > 0.5 ? 'warned' : share === 0 ? 'faint' : undefined}>{f.percent(share)}</span>;
}

const isNumber = (p: { type: string }) => /INT|DOUBLE|FLOAT|DECIMAL/.test(p.type.toUpperCase()) && !/^INTERVAL|\[\]|\(.*\bINT/.test(p.type.toUpperCase());
export const isTime = (p: { type: string }) => /TIME|DATE/.test(p.type.toUpperCase());

function edge(p: Profile, v: string | number | undefined, f: ReturnType<typeof useFormat>): string {
  if (v === undefined) return '';
  if (isTime(p) && !Number.isNaN(new Date(v).getTime())) return f.dateTime(new Date(v));
  const n = isNumber(p) ? Number(v) : NaN;
  return Number.isNaN(n) ? String(v) : f.num(n, 3);
}

function Shape({ p }: { p: Profile | undefined }) {
  const w = useDataWords();
  if (!p) return <svg className="skel" width={96} height={14} aria-hidden="true" />;
  const values = p.histogram?.length ? p.histogram.map(h => h.count) : p.top.slice(0, 16).map(x => x.count);
  return values.length === 0 ? <span className="faint">–</span> : <Bars values={values} width={96} height={16} label={`${w.shape}: ${p.name}`} />;
}
