import { useState } from 'react';
import { rangeMs } from '../../../frame';
import { type Text, textIn, useFormat } from '../../../i18n';
import { Button, Field, Input, Select, TextArea } from '../../../ui';
import { useEditWords } from './words';

// TextField edits words that are the same for all, or one a language.
export function TextField({ label, value, onChange, long, hint, autoFocus }: { label: string; value: Text | undefined; onChange: (t: Text | undefined) => void; long?: number; hint?: string; autoFocus?: boolean }) {
  const w = useEditWords();
  const { lang } = useFormat();
  const two = typeof value === 'object';
  const box = (p: { id: string }, v: string, set: (s: string) => void, focus = false) => (long ? <TextArea {...p} rows={long} autoFocus={focus} value={v} onChange={e => set(e.target.value)} /> : <Input {...p} autoFocus={focus} value={v} onChange={e => set(e.target.value)} />);
  const one = (s: string) => onChange(s === '' ? undefined : s);
  if (!two) {
    return (
      <div className="text-field">
        <Field label={label} hint={hint}>{p => box(p, value ?? '', one, autoFocus)}</Field>
        <Button small kind="quiet" onClick={() => onChange({ en: value ?? '', ko: value ?? '' })}>{w.twoLanguages}</Button>
      </div>
    );
  }
  return (
    <div className="text-field">
      <Field label={`${label} · ${w.english}`}>{p => box(p, value.en ?? '', en => onChange({ ...value, en }), autoFocus)}</Field>
      <Field label={`${label} · ${w.korean}`}>{p => box(p, value.ko ?? '', ko => onChange({ ...value, ko }))}</Field>
      <Button small kind="quiet" onClick={() => one(textIn(lang, value))}>{w.oneLanguage}</Button>
    </div>
  );
}

const spans = { '1h': 'span_1h', '1d': 'span_1d', '7d': 'span_7d', '28d': 'span_28d' } as const;

// SpanField chooses a length of time, "1d", from some, or another one that is written.
export function SpanField({ label, value, options, none, onChange, hint, before }: { before?: boolean; label: string; value: string | undefined; options: readonly string[]; none: string; onChange: (v: string | undefined) => void; hint?: string }) {
  const w = useEditWords();
  const f = useFormat();
  const [own, setOwn] = useState(value !== undefined && value !== '' && !options.includes(value));
  const list = [{ value: '', label: none }, ...options.map(o => ({ value: o, label: before && o in spans ? w[spans[o as keyof typeof spans]] : f.long(rangeMs(o) ?? 0) })), { value: '*', label: w.other }];
  return (
    <Field label={label} hint={hint}>{p => (
      <div className="row">
        <Select id={p.id} label={label} value={own ? '*' : (value ?? '')} options={list} onChange={v => { setOwn(v === '*'); if (v !== '*') onChange(v || undefined); }} />
        {own && <Input aria-label={label} mono placeholder="36h" value={value ?? ''} onChange={e => onChange(e.target.value.trim() || undefined)} />}
      </div>
    )}</Field>
  );
}

// NumberField is a number that may be missing. What is half written stays in the box.
export function NumberField({ label, value, onChange, min, max, whole, hidden }: { label: string; value: number | undefined; onChange: (n: number | undefined) => void; min?: number; max?: number; whole?: boolean; hidden?: boolean }) {
  const [text, setText] = useState<string>();
  const shown = text ?? (value === undefined ? '' : String(value));
  const set = (s: string) => {
    setText(s);
    const n = Number(s);
    if (s.trim() === '') onChange(undefined);
    else if (Number.isFinite(n) && (!whole || Number.isInteger(n)) && n >= (min ?? -Infinity) && n <= (max ?? Infinity)) onChange(n);
  };
  const input = (p: object) => <Input {...p} inputMode="decimal" value={shown} onChange={e => set(e.target.value)} onBlur={() => setText(undefined)} />;
  return hidden ? input({ 'aria-label': label }) : <Field label={label}>{input}</Field>;
}

