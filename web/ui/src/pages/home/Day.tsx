import { Link } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Bytes, DayBar, Num, Rate, Section, Sparkline, Table, type TableColumn } from '../../ui';
import type { Service } from './api';
import { useHomeWords } from './words';

// Day is every service's last 24 hours, one line each.
export function Day({ services }: { services: readonly Service[] }) {
  const w = useHomeWords();
  const f = useFormat();
  const kinds = { collector: w.kCollector, topic: w.kTopic, stream: w.kStream, part: w.kPart };
  const bad = (s: Service) => s.state === 'failed' || s.slots.at(-1) === 'error' || s.slots.at(-1) === 'warn';
  const columns: TableColumn<Service>[] = [
    { key: 'name', head: w.name, cell: s => <NameOf s={s} /> },
    { key: 'kind', head: w.kind, cell: s => <span className="dim">{kinds[s.kind] ?? s.kind}</span> },
    { key: 'state', head: w.state, cell: s => <DayBar slots={s.slots} /> },
    { key: 'rate', head: w.throughput, cell: s => <Sparkline values={s.rate} width={160} tone={bad(s) ? 'warn' : 'c1'} /> },
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

function NameOf({ s }: { s: Service }) {
  const p = { className: 'name-cell', title: s.name, children: s.name };
  if (s.kind === 'stream') return <Link to="/streams/$name" params={{ name: s.name }} {...p} />;
  if (s.kind === 'topic') return <Link to="/topics/$name" params={{ name: s.name }} {...p} />;
  return <span {...p} />;
}
