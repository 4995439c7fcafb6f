import { useState } from 'react';
import { useFormat } from '../../i18n';
import { Button, Copy, Drawer, ErrorNote, IconButton, JsonTree, Pairs, Section, Segments, Skeleton, Time } from '../../ui';
import { type Payload, type TopicRecord, useRecord } from './api';
import { hexOf, jsonOf } from './payload';
import { useTopicsWords } from './words';

// RecordDrawer is one record whole. One that is not in the list is fetched.
export function RecordDrawer({ topic, partition, offset, known, onClose, newer, older }: { topic: string; partition: number; offset: number; known: TopicRecord | undefined; onClose: () => void; newer: (() => void) | undefined; older: (() => void) | undefined }) {
  const w = useTopicsWords();
  const f = useFormat();
  const [all, setAll] = useState(false);
  const fetched = useRecord(topic, partition, offset, known === undefined || all);
  const r = (all ? fetched.data : undefined) ?? known ?? fetched.data;
  return (
    <Drawer title={w.record(f.int(partition), f.int(offset))} onClose={onClose} actions={<><IconButton label={w.newer} icon="up" disabled={!newer} onClick={newer} /><IconButton label={w.olderOne} icon="down" disabled={!older} onClick={older} /></>}>
      {!r ? fetched.error ? <ErrorNote error={fetched.error} retry={() => void fetched.refetch()} /> : <Skeleton /> : (
        <div className="record">
          <Pairs items={[[w.when, <Time key="t" at={r.at} kind="full" />], [w.partition, f.int(r.partition)], [w.offset, <span key="o" className="mono">{f.int(r.offset)}</span>], [w.size, f.bytes((r.key?.bytes ?? 0) + (r.value?.bytes ?? 0))]]} />
          <Part title={w.key} payload={r.key} none={w.noKey} />
          <Part title={w.value} payload={r.value} none={w.tombstone} open={4} />
          {r.value?.cut && !all && <div className="row"><span className="faint small">{w.wholeCut(f.bytes(r.value.bytes))}</span><Button small onClick={() => setAll(true)}>{w.loadWhole}</Button></div>}
          <Section title={w.headers} level={3}>
            {r.headers.length === 0 ? <span className="faint">{w.noHeaders}</span> : <dl className="heads">{r.headers.map((h, i) => <div key={i}><dt className="mono dim">{h.name}</dt><dd className="mono">{h.value.text ?? w.binary(f.bytes(h.value.bytes))}</dd></div>)}</dl>}
          </Section>
        </div>
      )}
    </Drawer>
  );
}

function Part({ title, payload, none, open = 2 }: { title: string; payload: Payload | undefined; none: string; open?: number }) {
  const w = useTopicsWords();
  const [as, setAs] = useState<'tree' | 'raw'>('tree');
  const json = jsonOf(payload?.text);
  const text = payload?.text ?? (payload?.base64 === undefined ? '' : hexOf(payload.base64));
  return (
    <Section title={title} level={3} end={payload && <>{json !== undefined && <Segments label={w.view} value={as} options={[{ value: 'tree', label: w.tree }, { value: 'raw', label: w.raw }]} onChange={setAs} />}<Copy text={payload.text ?? payload.base64 ?? ''} /></>}>
      {!payload ? <i className="faint">{none}</i> : json !== undefined && as === 'tree' ? <JsonTree label={title} value={json} open={open} /> : <pre className="payload" tabIndex={0} role="region" aria-label={`${title} · ${w.raw}`}>{text}</pre>}
    </Section>
  );
}
