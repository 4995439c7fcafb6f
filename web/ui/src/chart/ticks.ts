// The moments that a time axis names: round ones in the zone that the person has chosen. ECharts knows the browser's zone only.
import type { Format } from '../i18n';

const minute = 60_000, hour = 60 * minute, day = 24 * hour;
const steps = [1000, 2000, 5000, 10_000, 15_000, 30_000, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day, 28 * day, 91 * day, 365 * day];

export interface Ticks { at: number[]; label: (t: number) => string }

// ticksOf are at most max moments between from and to.
export function ticksOf(f: Format, from: number, to: number, max: number): Ticks {
  const span = Math.max(1, to - from);
  const step = steps.find(s => span / s <= max) ?? span;
  const offset = zoneOffset(from, f.zone); // of the start: a change of summer time inside moves the ticks by its hour, no more
  const at: number[] = [];
  for (let t = Math.ceil((from + offset) / step) * step - offset; t <= to; t += step) at.push(t);
  const midnight = (t: number) => (t + offset) % day === 0;
  return { at, label: t => (step >= day || (midnight(t) && span > 12 * hour) ? f.date(t) : step < minute ? f.time(t) : f.hm(t)) };
}

export function zoneOffset(ms: number, zone: string): number {
  const p = Object.fromEntries(new Intl.DateTimeFormat('en', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(ms).map(x => [x.type, Number(x.value)]));
  return Date.UTC(p['year'] ?? 0, (p['month'] ?? 1) - 1, p['day'] ?? 1, p['hour'] ?? 0, p['minute'] ?? 0, p['second'] ?? 0) - Math.floor(ms / 1000) * 1000;
}
