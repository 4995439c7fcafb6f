import { Link } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Bytes, DayBar, Num, Rate, Section, Sparkline, Table, type TableColumn, Tooltip } from '../../ui';
import type { Service } from './api';
import { useHomeWords } from './words';

// Day is every service's last 24 hours, one line each.
export function Day({ services, at, streams }: { services: readonly Service[]; at: string; streams: readonly string[] }) {
  const w = useHomeWords();
  const f = useFormat();
  const kinds = { collector: w.kCollector, topic: w.kTopic, stream: w.kStream, part: w.kPart };
  const bad = (s: Service) => s.state === 'failed' || s.slots.at(-1) === 'error' || s.slots.at(-1) === 'warn';
  const most = (s: Service) => Math.max(0, ...s.rate.map(v => v ?? 0));
  const columns: TableColumn<Service>[] = [
    { key: 'name', head: w.name, cell: s => <NameOf s={s} gone={s.kind === 'stream' && !streams.includes(s.name) ? w.gone : ''} /> },
    { key: 'kind', head: w.kind, cell: s => <span className="dim">{kinds[s.kind] ?? s.kind}</span> },
    { key: 'state', head: w.state, cell: s => <Slots s={s} at={at} /> },
    { key: 'rate', head: w.throughput, cell: s => <Tooltip text={most(s) > 0 && w.most(f.rate(most(s)))}><span><Sparkline values={s.rate} width={160} tone={bad(s) ? 'warn' : 'c1'} /></span></Tooltip> },
    { key: 'now', head: w.now, num: true, cell: s => <Rate value={s.now} /> },
    { key: 'late', head: w.late, num: true, cell: s => <Num value={s.late} short /> },
    { key: 'lag', head: w.lagHead, num: true, cell: s => <span className={(s.lag ?? 0) > 0 && bad(s) ? 'warned' : undefined}>{s.lag_unit === 'bytes' ? <Bytes value={s.lag} /> : <Num value={s.lag} short />}</span> },
    { key: 'restarts', head: w.restartsHead, num: true, cell: s => f.int(s.restarts) },
  ];
  return (
    <Section title={w.day} className="day">
      {services.length === 0 ? <p className="faint">{w.noServices}</p> : <Table flush label={w.day} rows={services} columns={columns} rowKey={s => `${s.kind} ${s.name}`} />}
    </Section>
  );
}

const slotMs = 1_800_000, spansMax = 4;

// Slots says beside its picture when a service was not well, to the pointer and by Tab.
function Slots({ s, at }: { s: Service; at: string }) {
  const w = useHomeWords();
  const f = useFormat();
  const spans: { from: number; to: number }[] = [];
  s.slots.forEach((slot, i) => {
    if (slot !== 'warn' && slot !== 'error') return;
    const from = Date.parse(at) - (s.slots.length - i) * slotMs, last = spans.at(-1);
    if (last && last.to === from) last.to = from + slotMs;
    else spans.push({ from, to: from + slotMs });
  });
  const time = (ms: number) => f.hm(new Date(ms).toISOString());
  const newest = spans.slice(-spansMax).map(p => `${time(p.from)}–${time(p.to)}`).join(', ') + (spans.length > spansMax ? ' …' : '');
  const text = spans.length > 0 ? w.wasBad(newest) : s.slots.every(x => x === 'none') ? w.noNotes : w.wasWell;
  return <Tooltip text={text}><span {...(spans.length > 0 ? { tabIndex: 0, role: 'group', 'aria-label': text } : {})}><DayBar slots={s.slots} /></span></Tooltip>;
}

function NameOf({ s, gone }: { s: Service; gone: string }) {
  const p = { className: 'name-cell', title: s.name, children: s.name };
  if (gone) return <span {...p} className="name-cell faint" title={`${s.name}: ${gone}`} />;
  if (s.kind === 'stream') return <Link to="/streams/$name" params={{ name: s.name }} {...p} />;
  if (s.kind === 'topic') return <Link to="/topics/$name" params={{ name: s.name }} {...p} />;
  return <span {...p} />;
}
