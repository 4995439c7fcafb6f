// Small readers for what comes in a URL: anything may stand there.
export type Raw = Record<string, unknown>;

const shared = new Set(['range', 'from', 'to']); // the frame's: frame/time.ts reads them

// own makes a page's search hold what its reader has read, and nothing else: the router would pass the rest of the URL on unread.
export function own<T extends object>(read: (raw: Raw) => T): (raw: Raw) => T {
  return raw => ({ ...Object.fromEntries(Object.keys(raw).filter(k => !shared.has(k)).map(k => [k, undefined])), ...read(raw) });
}

export function text(v: unknown): string | undefined {
  return typeof v === 'string' && v !== '' ? v : typeof v === 'number' || typeof v === 'boolean' ? String(v) : undefined;
}
export function whole(v: unknown): number | undefined {
  const n = typeof v === 'number' ? v : typeof v === 'string' && v !== '' ? Number(v) : NaN;
  return Number.isSafeInteger(n) ? n : undefined;
}
export function oneOf<T extends string>(v: unknown, ...values: readonly T[]): T | undefined {
  return values.find(x => x === v);
}
export function flag(v: unknown): true | undefined {
  return v === true || v === 'true' || v === 1 ? true : undefined;
}
