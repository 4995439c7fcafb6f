import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { serverNow } from '../../api';
import { moment, wall } from '../../frame/time';
import { useFormat } from '../../i18n';
import { Dialog, done, ErrorNote, Field, Input, Section, Segments, Select, Skeleton, Table } from '../../ui';
import { type GroupDetail, type OffsetChange, type OffsetReset, resetOffsets, useTopicsChanged } from './api';
import { useTopicsWords } from './words';

// ResetOffsets moves a group's offsets; what will change is shown before it is done, as the server would do it.
export function ResetOffsets({ group, topic, onClose }: { group: GroupDetail; topic: string | undefined; onClose: () => void }) {
  const w = useTopicsWords();
  const f = useFormat();
  const changed = useTopicsChanged();
  const [to, setTo] = useState<OffsetReset['to']>('end');
  const [only, setOnly] = useState(topic ?? '');
  const [time, setTime] = useState(() => wall(serverNow() - 3_600_000, f.zone));
  const [offset, setOffset] = useState('0');
  const ask: OffsetReset = { to, ...(only ? { topic: only } : {}), ...(to === 'time' ? { at: new Date(moment(time, f.zone) || 0).toISOString() } : {}), ...(to === 'offset' ? { offset: Number(offset) } : {}) };
  const bad = to === 'offset' && !/^\d{1,15}$/.test(offset);
  const preview = useQuery({ queryKey: ['reset', group.id, ask], enabled: !bad, retry: false, staleTime: 0, queryFn: () => resetOffsets(group.id, { ...ask, dry_run: true }) });
  const changes = (preview.data?.changes ?? []).filter(c => c.from !== c.to);
  const move = async () => { await resetOffsets(group.id, ask); await changed(); done(w.moved(group.id)); };
  return (
    <Dialog open wide danger onClose={onClose} title={`${w.resetOffsets} · ${group.id}`} submit={w.resetDo} onSubmit={move}>
      <div className="row wrap">
        <Segments label={w.resetTo} value={to} options={[{ value: 'start', label: w.toStart }, { value: 'end', label: w.toEnd }, { value: 'time', label: w.toTime }, { value: 'offset', label: w.toOffset }]} onChange={setTo} />
        <Select label={w.onlyTopic} value={only} options={[{ value: '', label: w.allTopics }, ...group.topics.map(t => ({ value: t, label: t }))]} onChange={setOnly} />
      </div>
      {to === 'time' && <Field label={w.time} hint={f.zone}>{p => <Input {...p} type="datetime-local" value={time} onChange={e => setTime(e.target.value)} />}</Field>}
      {to === 'offset' && <Field label={w.offset} problem={bad ? w.badOffset : undefined}>{p => <Input {...p} mono inputMode="numeric" value={offset} onChange={e => setOffset(e.target.value)} />}</Field>}
      <Section title={w.resetWhat} level={3} end={<Sum changes={changes} />}>
        {preview.error ? <ErrorNote error={preview.error} retry={() => void preview.refetch()} /> : !preview.data ? <Skeleton lines={3} /> : changes.length === 0 ? <p className="dim">{w.nothingChanges}</p> : (
          <div className="reset-list"><Table flush label={w.resetWhat} rows={changes} rowKey={c => `${c.topic}/${c.partition}`} columns={[
            { key: 't', head: w.onlyTopic, cell: c => <span className="name-cell">{c.topic}</span> },
            { key: 'p', head: w.partition, num: true, cell: c => <span className="mono">{c.partition}</span> },
            { key: 'f', head: w.from, num: true, cell: c => <span className="mono dim">{c.from === undefined ? '–' : f.int(c.from)}</span> },
            { key: 'to', head: w.to, num: true, cell: c => <span className="mono">{f.int(c.to)}</span> },
            { key: 'd', head: w.change, num: true, cell: c => <span className={c.to < (c.from ?? 0) ? 'warned' : undefined}>{c.from === undefined ? '' : signed(c.to - c.from, f.int)}</span> },
          ]} /></div>
        )}
      </Section>
    </Dialog>
  );
}

const signed = (n: number, int: (n: number) => string) => (n > 0 ? `+${int(n)}` : n < 0 ? `−${int(-n)}` : '0');

// Sum says what the consumers will see of it.
function Sum({ changes }: { changes: readonly OffsetChange[] }) {
  const w = useTopicsWords();
  const f = useFormat();
  const sum = (sign: number) => changes.reduce((n, c) => n + Math.max(0, sign * (c.to - (c.from ?? c.to))), 0);
  const again = sum(-1), skipped = sum(1);
  return <span className="warned">{[again > 0 ? w.again(f.int(again)) : '', skipped > 0 ? w.skipped(f.int(skipped)) : ''].filter(Boolean).join(' · ')}</span>;
}
