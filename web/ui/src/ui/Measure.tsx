import './Status.css';
import { useNow } from '../api/now';
import { type Measure, useFormat } from '../i18n';

type Value = number | bigint | null | undefined;
const none = <span className="faint">–</span>;
const plain = (v: Value) => (v === null || v === undefined || Number.isNaN(Number(v)) ? undefined : Number(v));

function Show({ m, title, big, bad }: { m: Measure; title?: string; big?: boolean; bad?: boolean }) {
  return <span className={big ? `big${bad ? ' bad' : ''}` : undefined} title={title}>{m.value}{m.unit && <span className="unit">{m.gap && !big ? ' ' : ''}{m.unit}</span>}</span>;
}

interface Props { value: Value; big?: boolean; bad?: boolean }

// Num is a count or a number; short makes 1.2 M of 1,200,000 (the whole is its title).
export function Num({ value, short, digits, ...rest }: Props & { short?: boolean; digits?: number }) {
  const f = useFormat();
  const v = plain(value);
  if (v === undefined) return none;
  return short ? <Show m={f.compactM(v)} title={f.num(v)} {...rest} /> : <Show m={{ value: f.num(v, digits ?? 2), unit: '', gap: false }} {...rest} />;
}
export function Bytes({ value, ...rest }: Props) {
  const f = useFormat();
  const v = plain(value);
  return v === undefined ? none : <Show m={f.bytesM(v)} title={`${f.int(v)} B`} {...rest} />;
}
// Duration takes milliseconds.
export function Duration({ value, ...rest }: Props) {
  const f = useFormat();
  const v = plain(value);
  return v === undefined ? none : <Show m={f.durationM(v)} {...rest} />;
}
// Rate takes a number a second.
export function Rate({ value, ...rest }: Props) {
  const f = useFormat();
  const v = plain(value);
  return v === undefined ? none : <Show m={f.rateM(v)} {...rest} />;
}
// Percent takes a share of 1.
export function Percent({ value, digits }: { value: Value; digits?: number }) {
  const f = useFormat();
  const v = plain(value);
  return v === undefined ? none : <>{f.percent(v, digits)}</>;
}

export type TimeKind = 'time' | 'hm' | 'ms' | 'date' | 'day' | 'dateTime' | 'full';

// Time is a moment in the zone that the person has chosen; its title tells it whole.
export function Time({ at, kind = 'dateTime' }: { at: Date | string | number | null | undefined; kind?: TimeKind }) {
  const f = useFormat();
  const t = at === null || at === undefined || at === '' ? NaN : new Date(at).getTime();
  if (Number.isNaN(t)) return none;
  return <time dateTime={new Date(t).toISOString()} title={f.full(t)}>{f[kind](t)}</time>;
}
// Ago is a moment as its distance from now: "3 min ago"; older than a week it is a date.
export function Ago({ at }: { at: Date | string | number | null | undefined }) {
  const f = useFormat();
  const now = useNow();
  const t = at === null || at === undefined || at === '' ? NaN : new Date(at).getTime();
  if (Number.isNaN(t)) return none;
  return <time dateTime={new Date(t).toISOString()} title={f.full(t)}>{now - t > 7 * 86_400_000 ? f.day(t) : f.ago(Math.max(0, now - t))}</time>;
}
