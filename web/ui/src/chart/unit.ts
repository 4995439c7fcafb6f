// How numbers of a chart are written: by the unit of its spec.
import { unitsIn } from './words';
import { type Format, type Measure, textOf } from '../i18n';

export function measureIn(f: Format, unit: string | undefined, n: number): Measure {
  switch (unit) {
    case undefined: case '': return f.compactM(n);
    case 'bytes': case 'B': return f.bytesM(n);
    case 'bytes/s': case 'B/s': { const m = f.bytesM(n); return { ...m, unit: `${m.unit}${f.rateM(0).unit}` }; }
    case 'ms': return n >= 10_000 ? f.durationM(n) : { value: f.num(n, Math.abs(n) < 10 ? 1 : 0), unit: 'ms', gap: true };
    case 's': return f.durationM(n * 1000);
    case '/s': return f.rateM(n);
    case '%': return { value: f.num(n, Math.abs(n) < 10 ? 2 : 1), unit: '%', gap: f.lang !== 'ko' };
    default: return { value: textOf(f.compactM(n)), unit: unitWord(f, unit), gap: !unit.startsWith('/') && f.lang !== 'ko' };
  }
}

// onAxis leaves out the unit where it would stand at every tick and says nothing new: 6k, not 6,000 req/s.
export function onAxis(f: Format, unit: string | undefined, n: number): string {
  if (unit === 'bytes' || unit === 'B' || unit === 's' || unit === '%' || unit?.startsWith('bytes/') || unit === 'B/s') return inUnit(f, unit, n);
  return f.lang === 'en' && Math.abs(n) >= 1000 && Math.abs(n) < 10_000 ? `${f.num(n / 1000, 1)}k` : f.compact(n).replace(/\u00a0/g, '');
}

export const inUnit = (f: Format, unit: string | undefined, n: number) => textOf(measureIn(f, unit, n));

function unitWord(f: Format, unit: string): string {
  return unitsIn[f.lang][unit] ?? unit;
}
