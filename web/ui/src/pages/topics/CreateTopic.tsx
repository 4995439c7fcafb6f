import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { Dialog, done, Field, Input } from '../../ui';
import { createTopic, type Retention, useTopicsChanged } from './api';
import { useTopicsWords } from './words';

const hour = 3_600_000;

export interface RetentionText { hours: string; gb: string }
export const retentionOf = (t: RetentionText): Retention => ({ ...(Number(t.hours) > 0 ? { ms: Math.round(Number(t.hours) * hour) } : {}), ...(Number(t.gb) > 0 ? { bytes: Math.round(Number(t.gb) * 1e9) } : {}) });
export const retentionText = (r: Retention): RetentionText => ({ hours: r.ms ? String(r.ms / hour) : '', gb: r.bytes ? String(r.bytes / 1e9) : '' });

export function RetentionFields({ value, onChange, disabled }: { value: RetentionText; onChange: (r: RetentionText) => void; disabled?: boolean }) {
  const w = useTopicsWords();
  return (
    <>
      <div className="form-row">
        <Field label={`${w.forTime} (${w.hours})`}>{p => <Input {...p} type="number" min={0} step="any" placeholder={w.forever} value={value.hours} disabled={disabled} onChange={e => onChange({ ...value, hours: e.target.value })} />}</Field>
        <Field label={`${w.upTo} (${w.gb})`}>{p => <Input {...p} type="number" min={0} step="any" placeholder={w.noBound} value={value.gb} disabled={disabled} onChange={e => onChange({ ...value, gb: e.target.value })} />}</Field>
      </div>
      <p className="faint small">{w.retentionHint}</p>
    </>
  );
}

export function CreateTopic({ taken, onClose }: { taken: readonly string[]; onClose: () => void }) {
  const w = useTopicsWords();
  const navigate = useNavigate();
  const changed = useTopicsChanged();
  const made = useRef(false);
  const [name, setName] = useState('');
  const [partitions, setPartitions] = useState('3');
  const [retention, setRetention] = useState<RetentionText>({ hours: '168', gb: '' });
  const problem = name !== '' && !/^[A-Za-z0-9._-]{1,249}$/.test(name) ? w.badName : taken.includes(name) ? w.taken : undefined;
  const create = async () => {
    await createTopic({ name, partitions: Number(partitions), retention: retentionOf(retention) });
    await changed();
    done(w.made(name));
    made.current = true;
  };
  const close = () => (made.current ? void navigate({ to: '/topics/$name', params: { name } }) : onClose());
  return (
    <Dialog open onClose={close} title={w.create} submit={w.create} onSubmit={create}>
      <Field label={w.name} hint={w.nameHint} problem={problem}>{p => <Input {...p} mono required autoFocus pattern="[A-Za-z0-9._\-]{1,249}" value={name} onChange={e => setName(e.target.value)} />}</Field>
      <Field label={w.partitions} hint={w.partitionsHint}>{p => <Input {...p} type="number" required min={1} max={1000} value={partitions} onChange={e => setPartitions(e.target.value)} />}</Field>
      <RetentionFields value={retention} onChange={setRetention} />
    </Dialog>
  );
}
