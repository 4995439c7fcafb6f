// How numbers of a chart are written: by the unit of its spec.
import { unitsIn } from './words';
import { type Format, type Measure, textOf } from '../i18n';

export function measureIn(f: Format, unit: string | undefined, n: number, decimals?: number): Measure {
  const plain = (digits: number) => (decimals === undefined ? f.num(n, digits) : f.fixed(n, decimals));
  switch (unit) {
    case undefined: case '': return decimals === undefined || (decimals === 0 && Math.abs(n) >= 1e6) ? f.compactM(n) : { value: plain(0), unit: '', gap: false };
    case 'bytes': case 'B': return f.bytesM(n);
    case 'bytes/s': case 'B/s': { const m = f.bytesM(n); return { ...m, unit: `${m.unit}${f.rateM(0).unit}` }; }
    case 'ms': return decimals === undefined && n >= 10_000 ? f.durationM(n) : { value: plain(Math.abs(n) < 10 ? 1 : 0), unit: 'ms', gap: true };
    case 's': return decimals === undefined ? f.durationM(n * 1000) : { ...f.durationM(1000), value: plain(0) };
    case '/s': return decimals === undefined ? f.rateM(n) : { ...f.rateM(0), value: plain(0) };
    case '%': return { value: plain(Math.abs(n) < 10 ? 2 : 1), unit: '%', gap: f.lang !== 'ko' };
    default: return { value: decimals === undefined ? textOf(f.compactM(n)) : plain(0), unit: unitWord(f, unit), gap: !unit.startsWith('/') && f.lang !== 'ko' };
  }
}

// onAxis leaves out the unit where it would stand at every tick and says nothing new: 6k, not 6,000 req/s.
export function onAxis(f: Format, unit: string | undefined, n: number): string {
  if (unit === '%') return f.num(n, 2) + (f.lang === 'ko' ? '%' : ' %');
  if (n === 0) return '0';
  if (unit === 'bytes' || unit === 'B' || unit === 's' || unit?.startsWith('bytes/') || unit === 'B/s') return inUnit(f, unit, n);
  return f.lang === 'en' && Math.abs(n) >= 1000 && Math.abs(n) < 10_000 ? `${f.num(n / 1000, 1)}k` : f.compact(n).replace(/\u00a0/g, '');
}

export const inUnit = (f: Format, unit: string | undefined, n: number, decimals?: number) => textOf(measureIn(f, unit, n, decimals));

function unitWord(f: Format, unit: string): string {
  return unitsIn[f.lang][unit] ?? unit;
}

// changeOf tells a number against an earlier one: shares by their difference in points, lengths by their difference, the rest by percent.
export function changeOf(f: Format, unit: string | undefined, now: number, then: number): string {
  const d = now - then, sign = d > 0 ? '+' : d < 0 ? '−' : '±';
  if (unit === '%') return `${sign}${f.num(Math.abs(d), Math.abs(d) < 10 ? 2 : 1)} ${f.lang === 'ko' ? '%p' : 'pt'}`;
  if (unit === 'ms' || unit === 's') return `${sign}${inUnit(f, unit, Math.abs(d))}`;
  if (then === 0) return `${sign}${inUnit(f, unit, Math.abs(d))}`;
  const share = Math.abs(d / then);
  return `${sign}${f.percent(share, share < 1 ? 1 : 0)}`;
}
