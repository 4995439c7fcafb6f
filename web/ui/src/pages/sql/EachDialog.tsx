import { useState } from 'react';
import { Dialog, Field, Select, TextArea } from '../../ui';
import type { Params } from './client';
import { eachMax, valuesOf } from './each';
import { useSqlWords } from './words';

// EachDialog asks for which parameter and which values.
export function EachDialog({ names, params, onClose, onRun }: { names: readonly string[]; params: Params; onClose: () => void; onRun: (param: string, values: string[]) => void }) {
  const w = useSqlWords();
  const [param, setParam] = useState(names.at(-1) ?? '');
  const [text, setText] = useState(params[param] ?? '');
  const values = valuesOf(text);
  const over = values.length > eachMax;
  return (
    <Dialog open onClose={onClose} title={w.eachTitle} submit={w.run} onSubmit={() => { if (over || values.length === 0) throw new Error(w.eachCount(values.length, eachMax)); onRun(param, values); }}>
      <p className="dim">{w.eachText}</p>
      <Field label={w.eachParam}>{p => <Select {...p} label={w.eachParam} value={param} options={names.map(n => ({ value: n, label: n }))} onChange={setParam} />}</Field>
      <Field label={w.eachValues} hint={over ? undefined : w.eachCount(values.length, eachMax)} problem={over ? w.eachCount(values.length, eachMax) : undefined}>{p => <TextArea {...p} mono rows={8} autoFocus value={text} onChange={e => setText(e.target.value)} />}</Field>
    </Dialog>
  );
}
