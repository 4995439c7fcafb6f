// How numbers of a chart are written: by the unit of its spec.
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
    default: return { value: textOf(f.compactM(n)), unit: unitWord(f, unit), gap: !unit.startsWith('/') };
  }
}

export const inUnit = (f: Format, unit: string | undefined, n: number) => textOf(measureIn(f, unit, n));

const koUnits: Record<string, string> = { 'req/min': '건/분', 'req/s': '건/초', '/min': '/분', rows: '행', requests: '건', calls: '건' };
function unitWord(f: Format, unit: string): string {
  return f.lang === 'ko' ? (koUnits[unit] ?? unit) : unit;
}
