import './gallery.css';
import { useState } from 'react';
import { ApiError, serverNow } from '../api';
import { Chart, type ChartData } from '../chart';
import { Page, TimeControl } from '../frame';
import { DataGrid, type FetchWindow, type GridSort } from '../grid';
import { Age, Bars, Button, Bytes, Checkbox, Copy, DayBar, done, Duration, Empty, ErrorNote, Freshness, Input, JsonTree, Menu, MenuItem, Meter, Num, Pill, Rate, Section, Segments, Select, Skeleton, Sparkline, StatusMark, Tabs, type Slot } from '../ui';

const n = 120, now = Math.floor(serverNow() / 60_000) * 60_000, start = now - n * 180_000;
const wave = (i: number, base: number, amp: number, phase = 0) => Math.max(0, base + Math.sin((i / n) * 9 + phase) * base * 0.22 + Math.sin(i * 12.9898 + phase * 78.233) * amp);
const xs = Array.from({ length: n }, (_, i) => start + i * 180_000);

function long(names: readonly string[], f: (s: number, i: number) => number): ChartData {
  const t: number[] = [], s: string[] = [], v: number[] = [];
  names.forEach((name, k) => xs.forEach((x, i) => { t.push(x); s.push(name); v.push(f(k, i)); }));
  return { rows: t.length, columns: [{ name: 't', type: 'time', values: t }, { name: 's', type: 'text', values: s }, { name: 'n', type: 'number', values: v }] };
}

const byClass = long(['2xx', '3xx', '4xx', '5xx'], (k, i) => wave(i, [3600, 330, 220, 60][k] ?? 0, [200, 40, 40, 20][k] ?? 0, k));
const latency = long(['payments', 'search', 'cart', 'items'], (k, i) => wave(i, [560, 380, 171, 52][k] ?? 0, [50, 20, 12, 4][k] ?? 0, k));
const one = long(['now'], (_, i) => wave(i, 54, 9) + (i > 102 ? (i - 102) ** 1.75 * 2.6 : 0));
const repeats: ChartData = { ...one, compare: { rows: n, columns: [{ name: 't', type: 'time', values: xs }, { name: 'n', type: 'number', values: xs.map((_, i) => wave(i, 50, 8, 1)) }] }, usual: { x: xs, low: xs.map((_, i) => wave(i, 38, 2)), high: xs.map((_, i) => wave(i, 71, 2)) } };
const kinds: ChartData = { rows: 4, columns: [{ name: 'kind', type: 'text', values: ['timeout', '429', '<b>404</b>', '500'] }, { name: 'n', type: 'number', values: [812, 409, 333, 90] }] };
const note = { at: new Date(start + 40 * 180_000).toISOString(), text: 'deploy 2.14' };
const fetchWindow: FetchWindow = (offset, limit, columns) => Promise.resolve({ offset, rows: limit, columns, cell: (r, c) => { const i = offset + r; const name = columns[c] ?? ''; return name === 'a' ? i : name === 'b' ? (i % 7 === 0 ? null : i % 5 === 0 ? '' : `row ${i}`) : name === 'c' ? i * 1.25 : name === 'd' ? start + i * 1000 : `${name} ${i}`; } });
const grid = [{ name: 'a', type: 'number', typeName: 'BIGINT' }, { name: 'b', type: 'text', typeName: 'VARCHAR' }, { name: 'c', type: 'number', typeName: 'DOUBLE' }, { name: 'd', type: 'time', typeName: 'TIMESTAMPTZ' }, ...Array.from({ length: 46 }, (_, i) => ({ name: `x${i}`, type: 'text' as const, typeName: 'VARCHAR' }))] as const;
const slots = Array.from({ length: 48 }, (_, i): Slot => (i > 44 ? 'warn' : i === 20 ? 'error' : i < 3 ? 'none' : 'ok'));

export function Gallery() {
  const [tab, setTab] = useState<'a' | 'b'>('a');
  const [on, setOn] = useState(true);
  const [seg, setSeg] = useState('6h');
  const [sort, setSort] = useState<GridSort>();
  return (
    <Page title="Gallery" after={<Freshness at={serverNow() - 600} ago />} actions={<TimeControl />}>
      <div className="gallery">
        <Section title="Requests per second by status"><Chart height={230} title="Requests per second by status" spec={{ mark: 'area', x: 't', y: ['n'], series: 's', stack: true, order: ['2xx', '3xx', '4xx', '5xx'], unit: 'req/s' }} data={byClass} annotations={[note]} partialFrom={now - 360_000} to={now} from={start} group="g" onZoom={() => done('zoomed')} /></Section>
        <Section title="Repeated within 200 ms, per minute"><Chart height={230} title="Repeated within 200 ms" spec={{ mark: 'line', x: 't', y: ['n'], series: 's', colors: { now: 'error' } }} data={repeats} thresholds={[{ value: 300, level: 'warn', label: 'limit' }]} group="g" /></Section>
        <Section title="Latency p95 by path"><Chart height={200} title="Latency p95 by path" spec={{ mark: 'line', x: 't', y: ['n'], series: 's', unit: 'ms' }} data={latency} group="g" /></Section>
        <Section title="Errors by kind"><Chart height={200} title="Errors by kind" spec={{ mark: 'bar', x: 'kind', y: ['n'] }} data={kinds} /></Section>
        <Section title="Numbers"><div className="nums"><Chart title="Requests" spec={{ mark: 'number', y: ['n'], unit: '/s' }} data={{ rows: n, columns: [{ name: 'n', type: 'number', values: xs.map((_, i) => wave(i, 4812, 200)) }] }} /><Chart title="p95" spec={{ mark: 'number', y: ['n'], unit: 'ms' }} data={{ rows: n, columns: [{ name: 'n', type: 'number', values: xs.map((_, i) => wave(i, 182, 9)) }] }} thresholds={[{ value: 100, level: 'error' }]} /><Num value={1_234_567} short /><Rate value={4812} /><Bytes value={71_300_000_000} /><Duration value={612} /><Duration value={840_000} /><Chart title="Nothing" height={40} spec={{ mark: 'line' }} data={{ rows: 0, columns: [] }} /></div></Section>
        <Section title="Marks" end="at the end"><div className="stack"><div className="row">{(['ok', 'running', 'waiting', 'warn', 'late', 'error', 'paused', 'unknown'] as const).map(s => <StatusMark key={s} state={s} label={s} />)}</div><div className="row"><Age ms={600} /><Age ms={840_000} late /><Pill>orders/0</Pill><DayBar slots={slots} /><Sparkline values={xs.map((_, i) => wave(i, 50, 8))} /><Bars label="b" values={[10, 6, 4, 3, 2, 2, 1, 1]} /></div><Meter label="Disk" parts={[{ share: 0.21, tone: 'c6' }, { share: 0.08, tone: 'c1' }]} /></div></Section>
        <Section title="Controls"><div className="stack"><div className="row"><Button kind="primary">Run</Button><Button>Save</Button><Button kind="quiet" icon="download">Export</Button><Button danger icon="trash">Delete</Button><Button busy>Busy</Button><Button small>Small</Button><Button disabled>Off</Button><Copy text="x" label="Copy" /></div><div className="row"><Input icon="search" placeholder="Find data" aria-label="Find" /><Select label="Mark" value="line" options={[{ value: 'line', label: 'Line' }, { value: 'bar', label: 'Bar', note: 'few' }]} onChange={() => undefined} /><Checkbox label="Stack" checked={on} onChange={setOn} /><Segments label="Range" value={seg} options={['15m', '1h', '6h', '24h'].map(v => ({ value: v, label: v }))} onChange={setSeg} /><Menu trigger={<Button>Menu</Button>}><MenuItem icon="edit">Edit</MenuItem></Menu></div><Tabs value={tab} onChange={setTab} tabs={[{ value: 'a', label: 'Messages', count: 3, panel: 'a' }, { value: 'b', label: 'Groups', panel: 'b' }]} /></div></Section>
        <Section title="JSON"><JsonTree label="value" value={{ id: 7, name: '<script>alert(1)</script>', tags: ['a', 'b', null, true], deep: { a: { b: { c: 1 } } } }} /></Section>
        <div style={{ height: 260 }}><DataGrid label="Rows" rows={1_000_000} columns={grid} version={JSON.stringify(sort ?? null)} fetchWindow={fetchWindow} sort={sort} onSort={setSort} /></div>
        <div><ErrorNote error={new ApiError('invalid', 'Parser Error: syntax error at or near "FORM"', { line: 4, column: 1, hint: 'did you mean FROM?' })} mono /><Empty title="No streams yet" action={<Button kind="primary">Write one</Button>}>A stream is a query that never ends.</Empty><Skeleton /></div>
      </div>
    </Page>
  );
}
