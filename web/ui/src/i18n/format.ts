// Numbers, units, dates and times as people of one language and zone write them. Everything on Intl.
import { useMemo } from 'react';
import { type Lang, usePrefs } from '../prefs';

// Measure is a number with its unit apart, so that the unit can be shown smaller.
export interface Measure {
  value: string;
  unit: string;
  gap: boolean; // a space between them
}

export const textOf = (m: Measure) => m.value + (m.unit && m.gap ? ' ' : '') + m.unit; // the space does not break

export type Format = ReturnType<typeof makeFormat>;

type When = Date | string | number;

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function makeFormat(lang: Lang, zone: string) {
  const number = memo((digits: number) => new Intl.NumberFormat(lang, { maximumFractionDigits: digits, minimumFractionDigits: 0 }));
  const fixed = memo((digits: number) => new Intl.NumberFormat(lang, { maximumFractionDigits: digits, minimumFractionDigits: digits }));
  const short = new Intl.NumberFormat(lang, { notation: 'compact', maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(lang, { signDisplay: 'exceptZero', maximumFractionDigits: 1 });
  const dated = memo((kind: keyof typeof dateKinds) => new Intl.DateTimeFormat(lang, { ...dateKinds[kind], timeZone: zone, hourCycle: 'h23' }));
  const stamp = new Intl.DateTimeFormat('sv-SE', { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, timeZone: zone, hourCycle: 'h23' });
  const ko = lang === 'ko';
  const at = (t: When) => (t instanceof Date ? t : new Date(t));
  const measure = (value: string, unit: string, gap = !ko): Measure => ({ value, unit, gap: unit !== '' && gap });
  const lead = (n: number) => (n === 0 || Math.abs(n) >= 10 ? 0 : 1);

  function compactM(n: number): Measure {
    if (Math.abs(n) < 10_000) return measure(number(Math.abs(n) < 100 ? 2 : 0).format(n), '');
    const parts = short.formatToParts(n);
    const unit = parts.find(p => p.type === 'compact')?.value ?? '';
    return measure(parts.filter(p => p.type !== 'compact' && p.type !== 'literal').map(p => p.value).join(''), unit === 'K' ? 'k' : unit);
  }
  function bytesM(n: number): Measure {
    let i = 0, v = Math.abs(n);
    while (v >= 999.5 && i < byteUnits.length - 1) { v /= 1000; i++; }
    return measure(number(i === 0 ? 0 : v < 9.95 ? 1 : 0).format(n < 0 ? -v : v), byteUnits[i] ?? '', true);
  }
  function durationM(ms: number): Measure {
    const a = Math.abs(ms);
    if (a < second) return measure(number(a < 1 ? 2 : a < 10 ? 1 : 0).format(ms), 'ms', true);
    if (a < 2 * minute) return measure(number(lead(ms / second)).format(ms / second), ko ? '초' : 's');
    if (a < 2 * hour) return measure(number(0).format(ms / minute), ko ? '분' : 'min');
    if (a < 2 * day) return measure(number(0).format(ms / hour), ko ? '시간' : 'h');
    return measure(number(0).format(ms / day), ko ? '일' : 'd');
  }
  // Ages are told in seconds even below one: "0.2 s", not "212 ms".
  function ageM(ms: number): Measure {
    return Math.abs(ms) < second ? measure(number(1).format(Math.max(0, ms) / second), ko ? '초' : 's') : durationM(Math.max(0, ms));
  }
  function rateM(perSecond: number): Measure {
    const a = Math.abs(perSecond);
    const m = a < 10_000 ? measure(number(a < 10 && a % 1 !== 0 ? 1 : 0).format(perSecond), '') : compactM(perSecond);
    return { value: textOf(m), unit: ko ? '/초' : '/s', gap: false };
  }
  const two = (ms: number): string => {
    const units: [number, string][] = [[day, ko ? '일' : 'd'], [hour, ko ? '시간' : 'h'], [minute, ko ? '분' : 'min'], [second, ko ? '초' : 's']];
    const i = units.findIndex(([size]) => ms >= size);
    if (i < 0) return textOf(durationM(ms));
    return units.slice(i, i + 2).map(([size, unit], j) => {
      const n = Math.floor((j === 0 ? ms : ms % (units[i]?.[0] ?? 1)) / size);
      return n === 0 && j === 1 ? '' : textOf(measure(number(0).format(n), unit));
    }).filter(Boolean).join(' ');
  };

  return {
    lang, zone,
    int: (n: number | bigint) => number(0).format(n),
    num: (n: number, digits = 2) => number(digits).format(n),
    fixed: (n: number, digits = 2) => fixed(digits).format(n),
    compact: (n: number) => textOf(compactM(n)),
    // of 1: 0.93 is "93 %" and "93%".
    percent: (f: number, digits = Math.abs(f) > 0 && Math.abs(f) < 0.0995 ? 1 : 0) => number(digits).format(f * 100) + (ko ? '%' : ' %'),
    signed: (n: number) => signed.format(n).replace('-', '−'),
    bytes: (n: number) => textOf(bytesM(n)),
    duration: (ms: number) => textOf(durationM(ms)),
    long: two, // two units: "3 d 4 h"
    age: (ms: number) => textOf(ageM(ms)),
    ago: (ms: number) => (ms < 100 ? (ko ? '지금' : 'now') : textOf(ageM(ms)) + (ko ? ' 전' : ' ago')),
    rate: (perSecond: number) => textOf(rateM(perSecond)),
    rows: (n: number) => (ko ? `${textOf(compactM(n))}${n < 10_000 ? '' : ' '}행` : `${textOf(compactM(n))} ${n === 1 ? 'row' : 'rows'}`),
    compactM, bytesM, durationM, ageM, rateM,
    time: (t: When) => dated('time').format(at(t)), // 10:14:07
    hm: (t: When) => dated('hm').format(at(t)), // 10:14
    ms: (t: When) => dated('ms').format(at(t)), // 10:14:07.912
    date: (t: When) => dated('date').format(at(t)), // Nov 23
    day: (t: When) => dated('day').format(at(t)), // Nov 23, 2026
    dateTime: (t: When) => dated('dateTime').format(at(t)), // Nov 23, 10:14
    stamp: (t: When) => stamp.format(at(t)).replace(',', '.'), // 2026-11-23 10:14:07.912: the same in every language, for cells
    full: (t: When) => `${dated('day').format(at(t))} ${dated('time').format(at(t))} ${dated('zone').formatToParts(at(t)).find(p => p.type === 'timeZoneName')?.value ?? ''}`, // with seconds, year and zone: for titles
  };
}

const dateKinds = {
  time: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
  hm: { hour: '2-digit', minute: '2-digit' },
  ms: { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 },
  date: { month: 'short', day: 'numeric' },
  day: { year: 'numeric', month: 'short', day: 'numeric' },
  dateTime: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  zone: { hour: '2-digit', timeZoneName: 'short' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

function memo<K, V>(make: (k: K) => V): (k: K) => V {
  const kept = new Map<K, V>();
  return k => {
    let v = kept.get(k);
    if (v === undefined) kept.set(k, (v = make(k)));
    return v;
  };
}

export function useFormat(): Format {
  const { lang, zone } = usePrefs();
  return useMemo(() => makeFormat(lang, zone), [lang, zone]);
}
