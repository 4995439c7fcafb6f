import './ErrorNote.css';
import type { ReactNode } from 'react';
import { type Kind, toApiError } from '../api/error';
import { Button } from './Button';
import { useUiWords } from './words';

type Words = ReturnType<typeof useUiWords>;
const whats: Record<Kind, keyof Words> = {
  invalid: 'errInvalid', not_found: 'errNotFound', conflict: 'errConflict', denied: 'errDenied', unauthenticated: 'errUnauthenticated', too_large: 'errTooLarge', out_of_memory: 'errOutOfMemory', out_of_space: 'errOutOfSpace', unavailable: 'errUnavailable', timeout: 'errTimeout', canceled: 'errCanceled', internal: 'errInternal', offline: 'errOffline',
};
const nexts: Partial<Record<Kind, keyof Words>> = { offline: 'nextOffline', denied: 'nextDenied', internal: 'nextInternal', conflict: 'nextConflict', unavailable: 'nextUnavailable' };

// ErrorNote tells what went wrong, why, and what to do. what replaces the general first line; action is the next step's button.
export function ErrorNote({ error, what, retry, action, page, mono }: { error: unknown; what?: ReactNode; retry?: (() => void) | undefined; action?: ReactNode; page?: boolean; mono?: boolean }) {
  const w = useUiWords();
  const e = toApiError(error);
  const next = nexts[e.kind];
  const why = e.kind === 'offline' ? '' : e.message;
  return (
    <div className={`error-note${page ? ' page' : ''}`} role="alert">
      <i aria-hidden="true" />
      <div>
        <b>{what ?? (w[whats[e.kind] ?? 'errInternal'] as string)}{e.line ? <span className="dim"> · {w.place(e.line, e.column ?? 1)}</span> : null}</b>
        {why && <div className={`why${mono ? ' mono' : ''}`}>{why}</div>}
        {(e.hint ?? next) && <div className="next">{e.hint ?? (next && (w[next] as string))}</div>}
      </div>
      <div className="row">{action}{retry && <Button small onClick={retry}>{w.retry}</Button>}</div>
    </div>
  );
}

// Empty is a place where something will be: one sentence, one thing to do.
export function Empty({ title, children, action, center }: { title: ReactNode; children?: ReactNode; action?: ReactNode; center?: boolean }) {
  return (
    <div className={`empty${center ? ' center' : ''}`}>
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {action && <div className="do">{action}</div>}
    </div>
  );
}

// Skeleton shows only after 150 ms: what comes sooner needs none.
export function Skeleton({ lines = 4, width = 280 }: { lines?: number; width?: number }) {
  return (
    <div className="skel-lines" aria-busy="true" aria-hidden="true">
      {Array.from({ length: lines }, (_, i) => <svg key={i} className="skel" width={width * (1 - ((i * 37) % 45) / 100)} height={10} />)}
    </div>
  );
}
