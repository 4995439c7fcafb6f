// Small readers for what comes in a URL: anything may stand there.
export type Raw = Record<string, unknown>;

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
