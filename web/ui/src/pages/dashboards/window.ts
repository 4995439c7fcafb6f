// The time that all tiles show. It begins and ends where their periods do, so that it is the same for everybody for a while (and answers
// can be kept) and no period at its begin is cut.
import { serverNow } from '../../api';
import { bounds, rangeMs, type TimeRange } from '../../frame';

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const steps = [second, 5 * second, 10 * second, 30 * second, minute, 5 * minute, 15 * minute, hour, 6 * hour, day]; // the server's, for {{step}}
const pointsMax = 300;

export interface Span { from: number; to: number; step: number }

export function stepOf(ms: number): number {
  return steps.find(s => ms / s <= pointsMax) ?? day;
}

export function spanOf(time: TimeRange, now = serverNow()): Span {
  const b = bounds(time, now);
  const step = stepOf(b.to - b.from);
  if (time.range === undefined) return { ...b, step };
  const to = Math.ceil(now / step) * step;
  return { from: to - Math.ceil((rangeMs(time.range) ?? 6 * hour) / step) * step, to, step };
}

// movesOn: a range that ends now shows something else later.
export const movesOn = (time: TimeRange) => time.range !== undefined || Date.parse(time.to) > serverNow() - minute;

export const iso = (ms: number) => new Date(ms).toISOString();
