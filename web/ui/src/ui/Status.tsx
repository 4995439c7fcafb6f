import './Status.css';
import type { ReactNode } from 'react';
import { useNow } from '../api/now';
import { useFormat } from '../i18n';

// State is how something is doing; each has its own shape as well as its colour.
export type State = 'ok' | 'running' | 'waiting' | 'warn' | 'late' | 'error' | 'paused' | 'unknown';

export function StatusMark({ state, label }: { state: State; label?: ReactNode }) {
  const mark = <i className={`mark ${state}`} aria-hidden="true" />;
  return label === undefined ? mark : <span className={`status${state === 'error' ? ' bad' : state === 'warn' || state === 'late' ? ' warned' : ''}`}>{mark}{label}</span>;
}

// Freshness is how old something is, the same everywhere: a dot and an age, a diamond when it is older than it may be.
export function Freshness({ at, lateAfter = 60_000, ago }: { at: Date | string | number | undefined; lateAfter?: number; ago?: boolean }) {
  const f = useFormat();
  const now = useNow();
  if (at === undefined || at === '') return <span className="fresh"><i className="mark unknown" aria-hidden="true" />–</span>;
  const t = new Date(at).getTime();
  return <Age ms={now - t} title={f.full(t)} late={now - t > lateAfter} {...(ago === undefined ? {} : { ago })} />;
}

// Age is Freshness for an age that the server has measured.
export function Age({ ms, late, ago, title }: { ms: number; late?: boolean; ago?: boolean; title?: string }) {
  const f = useFormat();
  return <span className={`fresh${late ? ' late' : ''}`} title={title}><i className={`mark ${late ? 'late' : 'ok'}`} aria-hidden="true" />{ago ? f.ago(Math.max(0, ms)) : f.age(ms)}</span>;
}

export const Pill = ({ children }: { children: ReactNode }) => <span className="pill">{children}</span>;
