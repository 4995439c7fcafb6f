import { memo, useMemo, useState } from 'react';
import { type Format, textIn, useFormat } from '../i18n';
import { Button, Icon, Sparkline } from '../ui';
import { numberOf } from './series';
import type { ChartSpec, Column, Columns, Threshold } from './spec';
import { inUnit } from './unit';
import { useChartWords } from './words';

const rowsMax = 500; // nobody reads more; who wants them all takes the CSV

interface Sort { column: string; down: boolean }

// DataTable is a chart's data as rows: what mark table shows, and "view as table".
export const DataTable = memo(function DataTable({ title, data, spec, thresholds, onMore }: { title: string; data: Columns; spec: ChartSpec; thresholds?: readonly Threshold[] | undefined; onMore?: (() => void) | undefined }) {
  const f = useFormat();
  const w = useChartWords();
  const [sort, setSort] = useState<Sort>();
  const columns = data.columns.filter(c => !spec.columns?.find(x => x.name === c.name)?.hide);
  const order = useMemo(() => orderOf(data, sort), [data, sort]);
  const cells = columns.map(c => cellOf(c, data, spec, f, thresholds ?? []));
  const turn = (c: Column) => setSort(s => (s?.column !== c.name ? { column: c.name, down: c.type !== 'text' } : s.down === (c.type !== 'text') ? { column: c.name, down: !s.down } : undefined));
  return (
    <div className="chart-table table-wrap" tabIndex={0} role="group" aria-label={title}>
      <table className="table flush" aria-label={title}>
        <thead><tr>{columns.map((c, i) => {
          const own = spec.columns?.find(x => x.name === c.name);
          const on = sort?.column === c.name;
          return (
            <th key={c.name} scope="col" className={cells[i]?.num ? 'num' : undefined} aria-sort={on ? (sort.down ? 'descending' : 'ascending') : 'none'}>
              <button type="button" onClick={() => turn(c)}>{textIn(f.lang, own?.label) || c.name}{on && <Icon name={sort.down ? 'down' : 'up'} size={12} />}</button>
            </th>
          );
        })}</tr></thead>
        <tbody>{order.slice(0, rowsMax).map(i => <tr key={i}>{columns.map((c, k) => { const cell = cells[k]; return <td key={c.name} className={cell?.cls(i)}>{cell?.show(i)}</td>; })}</tr>)}</tbody>
      </table>
      {data.rows > rowsMax && <p className="chart-more faint">{onMore ? <Button small kind="quiet" icon="download" onClick={onMore}>{w.more(f.int(data.rows - rowsMax))}</Button> : w.more(f.int(data.rows - rowsMax))}</p>}
    </div>
  );
});

function orderOf(data: Columns, sort: Sort | undefined): number[] {
  const all = Array.from({ length: data.rows }, (_, i) => i);
  const c = data.columns.find(x => x.name === sort?.column);
  if (!c || !sort) return all;
  const sign = sort.down ? -1 : 1;
  return all.sort((a, b) => {
    const x = c.values[a], y = c.values[b];
    if (x === null || x === undefined || y === null || y === undefined) return x === y ? 0 : x === null || x === undefined ? 1 : -1; // nothing is last, either way
    return sign * (c.type === 'text' ? String(x).localeCompare(String(y), undefined, { numeric: true }) : Number(x) - Number(y) || 0);
  });
}

interface Cells { num: boolean; cls: (i: number) => string | undefined; show: (i: number) => React.ReactNode }

function cellOf(c: Column, data: Columns, spec: ChartSpec, f: Format, thresholds: readonly Threshold[]): Cells {
  const own = spec.columns?.find(x => x.name === c.name);
  const isY = spec.y?.includes(c.name) ?? false;
  const unit = own?.unit ?? (isY ? spec.unit : undefined), decimals = own?.decimals ?? (isY ? spec.decimals : undefined);
  const empty = (i: number) => { const v = c.values[i]; return v === null || v === undefined || v === ''; };
  if (c.type === 'time') {
    const write = timeOf(c, data.rows, f);
    return { num: false, cls: () => 'mono', show: i => (empty(i) ? '–' : write(Number(c.values[i]))) };
  }
  if (c.type === 'number') {
    const level = (i: number) => { const v = numberOf(c.values[i]); return isY && v !== null ? thresholds.filter(t => v >= t.value).sort((a, b) => b.value - a.value)[0]?.level : undefined; };
    return { num: true, cls: i => { const l = level(i); return l ? `num ${l === 'error' ? 'bad' : 'warned'} strong` : 'num'; }, show: i => { const v = numberOf(c.values[i]); return v === null ? '–' : unit || decimals !== undefined ? inUnit(f, unit, v, decimals) : isWhole(c.name) ? String(v) : f.num(v); } };
  }
  const code = c.type === 'text' && looksLikeCode(c, data.rows);
  return {
    num: false, cls: () => (code ? 'mono' : undefined),
    show: i => {
      if (empty(i)) return '–';
      const v = c.values[i], trend = c.type === 'other' ? trendOf(v) : undefined;
      if (trend) return <Sparkline values={trend} width={96} />;
      return typeof v === 'object' ? JSON.stringify(v) : String(v);
    },
  };
}

// Names whose numbers are no amounts: 2026, 404, 1193 are not written with separators.
const isWhole = (name: string) => /(^|_)(id|status|code|year|port|partition|offset|line)$/i.test(name);

// timeOf writes moments no longer than they differ: of one day only the time, with milliseconds where there are any.
function timeOf(c: Column, rows: number, f: Format): (ms: number) => string {
  let min = Infinity, max = -Infinity, fine = false, seconds = false;
  for (let i = 0; i < rows; i++) {
    const v = c.values[i];
    if (v === null || v === undefined) continue;
    const ms = Number(v);
    min = Math.min(min, ms); max = Math.max(max, ms);
    fine ||= ms % 1000 !== 0; seconds ||= ms % 60_000 !== 0;
  }
  const one = f.day(min) === f.day(max);
  const time = fine ? f.ms : seconds ? f.time : f.hm;
  return ms => (one ? time(ms) : `${f.date(ms)} ${time(ms)}`);
}

// looksLikeCode: paths, versions and ids stand in the mono face, sentences and words do not.
function looksLikeCode(c: Column, rows: number): boolean {
  let code = 0;
  const n = Math.min(rows, 20);
  for (let i = 0; i < n; i++) if (/^\S*[/_{}=]\S*$|^[A-Z]+ \/\S*$|^\S*\d\S*[-_.]\S*$/.test(String(c.values[i] ?? ''))) code++;
  return n > 0 && code > n / 2;
}

// trendOf: a list of numbers in a cell is drawn.
function trendOf(v: unknown): (number | null)[] | undefined {
  let list = v;
  if (typeof v === 'string' && v.startsWith('[') && v.length < 20_000) { try { list = JSON.parse(v); } catch { return undefined; } }
  return Array.isArray(list) && list.length > 1 && list.every(n => n === null || typeof n === 'number') ? (list as (number | null)[]) : undefined;
}
