import './shared.css';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Button, ErrorNote, Skeleton, StatusMark } from '../../ui';
import { useUiWords } from '../../ui/words';
import { useSharedWords } from './words';

// Loaded shows what a query has brought. What there is stays when bringing it anew fails, and the page says so.
export function Loaded<T>({ query, children }: { query: UseQueryResult<T>; children: (data: T) => ReactNode }) {
  const w = useSharedWords(), ui = useUiWords();
  const retry = () => void query.refetch();
  if (query.data === undefined) return query.error ? <ErrorNote page error={query.error} retry={retry} /> : <div className="pad"><Skeleton lines={6} width={420} /></div>;
  return (
    <>
      {query.error && <div className="stale-note" role="status"><StatusMark state="warn" /><span className="grow">{w.stale}</span><Button small onClick={retry}>{ui.retry}</Button></div>}
      {children(query.data)}
    </>
  );
}
