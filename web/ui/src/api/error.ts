// One type for everything that can go wrong between a page and the server.
export type Kind =
  | 'invalid' | 'not_found' | 'conflict' | 'denied' | 'unauthenticated' | 'too_large' | 'out_of_memory' | 'out_of_space'
  | 'unavailable' | 'timeout' | 'canceled' | 'internal' | 'offline';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly kind: Kind,
    message: string,
    readonly place: { line?: number | undefined; column?: number | undefined; hint?: string | undefined; status?: number | undefined; after?: number | undefined } = {},
  ) {
    super(message);
  }
  get line() { return this.place.line; } // of the SQL, from 1
  get column() { return this.place.column; } // from 1
  get hint() { return this.place.hint; }
  get status() { return this.place.status; }
  get after() { return this.place.after; } // seconds until another try may succeed, if the server says so
}

interface Wire { error?: { kind?: string; message?: string; line?: number; column?: number; hint?: string } }

const kinds: Record<number, Kind> = { 400: 'invalid', 401: 'unauthenticated', 403: 'denied', 404: 'not_found', 409: 'conflict', 412: 'conflict', 413: 'too_large', 499: 'canceled', 503: 'unavailable', 504: 'timeout', 507: 'out_of_space' };

// errorFrom reads an answer that is no 2xx. body is what was parsed of it, if anything.
export function errorFrom(status: number, body: unknown, after?: string | null): ApiError {
  const e = (typeof body === 'object' && body !== null ? (body as Wire).error : undefined) ?? {};
  const kind = (e.kind as Kind | undefined) ?? kinds[status] ?? 'internal';
  return new ApiError(kind, e.message ?? `HTTP ${status}`, { line: e.line || undefined, column: e.column || undefined, hint: e.hint || undefined, status, after: Number(after) || undefined });
}

// toApiError makes an ApiError of whatever was thrown.
export function toApiError(e: unknown): ApiError {
  if (e instanceof ApiError) return e;
  if (e instanceof DOMException && e.name === 'AbortError') return new ApiError('canceled', e.message);
  if (e instanceof TypeError && /fetch|network/i.test(e.message)) return new ApiError('offline', e.message);
  return new ApiError('internal', e instanceof Error ? e.message : String(e));
}
