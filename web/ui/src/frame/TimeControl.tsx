import { useId, useState } from 'react';
import { useFormat } from '../i18n';
import { browserZone, setPrefs, usePrefs } from '../prefs';
import { Button, Field, Icon, Input, Popover } from '../ui';
import { bounds, moment, rangeMs, ranges, useTimeRange, wall } from './time';
import { useFrameWords } from './words';

// TimeControl chooses the page's time range, and the zone in which all times are shown. Put it into a page's actions.
export function TimeControl({ fallback = '6h' }: { fallback?: string }) {
  const w = useFrameWords();
  const f = useFormat();
  const { zone } = usePrefs();
  const { time, set } = useTimeRange(fallback);
  const [open, setOpen] = useState(false);
  const name = (r: string) => rangeName(r, f.lang);
  const shown = time.range !== undefined ? w.last(name(time.range)) : `${f.dateTime(time.from)} – ${f.date(time.from) === f.date(time.to) ? f.hm(time.to) : f.dateTime(time.to)}`;
  const short = zone.split('/').at(-1)?.replaceAll('_', ' ');
  return (
    <Popover title={w.timeRange} align="end" open={open} onOpenChange={setOpen} trigger={<Button icon="clock" title={`${w.timeRange} · ${zone}`}>{shown}<span className="faint small">{short}</span><Icon name="down" size={12} /></Button>}>
      <div className="range">
        <div className="quick">{ranges.map(r => <Button key={r} small aria-pressed={time.range === r} onClick={() => { set({ range: r }); setOpen(false); }}>{w.last(name(r))}</Button>)}</div>
        <Absolute key={`${zone} ${shown}`} zone={zone} {...bounds(time)} onApply={(from, to) => { set({ from, to }); setOpen(false); }} />
        <Zone zone={zone} />
      </div>
    </Popover>
  );
}

const units: Record<string, string> = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week' };

// rangeName is a range in the unit that it was chosen in: 24 hours are not "1 d".
function rangeName(range: string, lang: string): string {
  const unit = units[range.slice(-1)];
  return unit && rangeMs(range) !== undefined ? new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(parseInt(range, 10)) : range;
}

function Absolute({ zone, from, to, onApply }: { zone: string; from: number; to: number; onApply: (from: string, to: string) => void }) {
  const w = useFrameWords();
  const [a, setA] = useState(wall(from, zone));
  const [b, setB] = useState(wall(to, zone));
  const bad = !(a < b);
  return (
    <form className="range" onSubmit={e => { e.preventDefault(); if (!bad) onApply(new Date(moment(a, zone)).toISOString(), new Date(moment(b, zone)).toISOString()); }}>
      <Field label={w.from}>{p => <Input {...p} type="datetime-local" value={a} onChange={e => setA(e.target.value)} />}</Field>
      <Field label={w.to} problem={bad ? w.badRange : undefined}>{p => <Input {...p} type="datetime-local" value={b} onChange={e => setB(e.target.value)} />}</Field>
      <Button type="submit" disabled={bad}>{w.apply}</Button>
    </form>
  );
}

export function Zone({ zone }: { zone: string }) {
  const w = useFrameWords();
  const list = useId();
  const [text, setText] = useState(zone);
  const zones = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const known = zones.includes(text);
  return (
    <Field label={w.zone} problem={known ? undefined : w.badZone} hint={text === browserZone() ? w.yourZone : undefined}>
      {p => (
        <>
          <Input {...p} list={list} value={text} onChange={e => { setText(e.target.value); if (zones.includes(e.target.value)) setPrefs({ zone: e.target.value }); }} />
          <datalist id={list}>{zones.map(z => <option key={z} value={z} />)}</datalist>
        </>
      )}
    </Field>
  );
}
