import { useState } from 'react';
import { useFormat } from '../../i18n';
import { Checkbox, Dialog, done, Field, Input, Select, TextArea } from '../../ui';
import { produce, type TopicDetail, useTopicsChanged } from './api';
import { useTopicsWords } from './words';
import { isolated } from '../shared/bidi';

// Produce writes one record.
export function Produce({ topic, onClose }: { topic: TopicDetail; onClose: () => void }) {
  const w = useTopicsWords();
  const f = useFormat();
  const changed = useTopicsChanged();
  const [key, setKey] = useState('');
  const [value, setValue] = useState(() => sample(topic));
  const [headers, setHeaders] = useState('');
  const [partition, setPartition] = useState('');
  const [tombstone, setTombstone] = useState(false);
  const json = problemOf(value);
  const heads = readHeaders(headers);
  const write = async () => {
    const at = await produce(topic.name, { ...(partition === '' ? {} : { partition: Number(partition) }), ...(key === '' ? {} : { key }), value: tombstone ? null : value, headers: heads.list });
    await changed();
    done(w.produced(f.int(at.partition), f.int(at.offset)));
  };
  return (
    <Dialog open wide onClose={onClose} title={w.produceTitle(isolated(topic.name))} submit={w.produceDo} onSubmit={() => { if (heads.bad === undefined) return write(); throw new Error(w.badHeaders(f.int(heads.bad))); }}>
      <div className="form-row">
        <Field label={w.keyField} hint={w.keyHint}>{p => <Input {...p} mono value={key} onChange={e => setKey(e.target.value)} />}</Field>
        <Field label={w.partition}>{p => <Select id={p.id} label={w.partition} value={partition} options={[{ value: '', label: w.chosen }, ...topic.parts.map(x => ({ value: String(x.partition), label: w.partitionN(f.int(x.partition)) }))]} onChange={setPartition} />}</Field>
      </div>
      <Field label={w.valueField} hint={tombstone ? undefined : json === undefined ? w.jsonOk : w.jsonBad(json)}>{p => <TextArea {...p} mono rows={9} autoFocus disabled={tombstone} value={value} onChange={e => setValue(e.target.value)} />}</Field>
      <Checkbox label={w.nullValue} checked={tombstone} onChange={setTombstone} />
      <Field label={w.headersField} hint={w.headersHint} problem={heads.bad === undefined ? undefined : w.badHeaders(f.int(heads.bad))}>{p => <TextArea {...p} mono rows={2} value={headers} onChange={e => setHeaders(e.target.value)} />}</Field>
      <p className="dim small">{w.another}</p>
    </Dialog>
  );
}

function problemOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (e) {
    return e instanceof Error ? e.message : String(e);
  }
}

function readHeaders(text: string): { list: { name: string; value: string }[]; bad?: number } {
  const list: { name: string; value: string }[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf(':');
    if (at < 1) return { list, bad: i + 1 };
    list.push({ name: line.slice(0, at).trim(), value: line.slice(at + 1).trim() });
  }
  return { list };
}

// sample is a record of the topic's columns, to begin with.
function sample(t: TopicDetail): string {
  const value = (type: string): unknown => (/INT|DOUBLE|DECIMAL|FLOAT/.test(type) ? 0 : /BOOL/.test(type) ? false : /TIMESTAMP/.test(type) ? new Date().toISOString() : /DATE/.test(type) ? new Date().toISOString().slice(0, 10) : /JSON/.test(type) ? {} : '');
  const own = t.columns.filter(c => !c.name.startsWith('_')).slice(0, 40);
  return JSON.stringify(Object.fromEntries(own.map(c => [c.name, value(c.type)])), null, 2);
}
