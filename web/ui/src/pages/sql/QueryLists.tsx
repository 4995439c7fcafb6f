import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../../api';
import { useFormat } from '../../i18n';
import { Ago, Confirm, done, Empty, ErrorNote, IconButton, Input, Skeleton, StatusMark } from '../../ui';
import { deleteQuery, listHistory, listQueries, type Run, type SavedQuery } from './client';
import { useSqlWords } from './words';

const shownMax = 300;

// SavedPane lists what was saved by name.
export function SavedPane({ onOpen }: { onOpen: (q: SavedQuery) => void }) {
  const w = useSqlWords();
  const me = useSession()?.user?.name;
  const client = useQueryClient();
  const [find, setFind] = useState('');
  const [gone, setGone] = useState<SavedQuery>();
  const got = useQuery({ queryKey: ['queries'], queryFn: listQueries, placeholderData: undefined });
  const list = (got.data ?? []).filter(q => fits(`${q.name} ${q.sql}`, find)).slice(0, shownMax);
  return (
    <>
      <div className="sql-find"><Input icon="search" type="search" placeholder={w.findQuery} aria-label={w.findQuery} value={find} onChange={e => setFind(e.target.value)} /></div>
      <div className="sql-list">
        {got.isPending && <div className="sql-pad"><Skeleton width={180} /></div>}
        {got.error && <div className="sql-pad"><ErrorNote error={got.error} retry={() => void got.refetch()} /></div>}
        {got.data?.length === 0 && <Empty title={w.noSaved}>{w.noSavedText}</Empty>}
        <ul>{list.map(q => (
          <li key={q.id} className="sql-item">
            <button type="button" onClick={() => onOpen(q)}><b className="cut">{q.name}</b><code className="cut">{oneLine(q.sql)}</code><span className="small dim">{q.owner === undefined || q.owner === me ? w.mine : w.sharedBy(q.owner)} · <Ago at={q.changed} /></span></button>
            {(q.owner === undefined || q.owner === me) && <IconButton small icon="trash" label={w.deleteQuery(q.name)} onClick={() => setGone(q)} />}
          </li>
        ))}</ul>
      </div>
      <Confirm open={gone !== undefined} onClose={() => setGone(undefined)} title={w.deleteQuery(gone?.name ?? '')} consequence={w.deleteText} action={w.delete} onConfirm={async () => { if (gone) await deleteQuery(gone.id); await client.invalidateQueries({ queryKey: ['queries'] }); done(w.deleted); }} />
    </>
  );
}

// HistoryPane lists what one has run, the newest first.
export function HistoryPane({ onOpen }: { onOpen: (r: Run) => void }) {
  const w = useSqlWords();
  const f = useFormat();
  const [find, setFind] = useState('');
  const got = useQuery({ queryKey: ['history'], queryFn: listHistory, placeholderData: undefined });
  const list = (got.data ?? []).filter(r => fits(r.sql, find)).slice(0, shownMax);
  return (
    <>
      <div className="sql-find"><Input icon="search" type="search" placeholder={w.findQuery} aria-label={w.findQuery} value={find} onChange={e => setFind(e.target.value)} /></div>
      <div className="sql-list">
        {got.isPending && <div className="sql-pad"><Skeleton width={180} /></div>}
        {got.error && <div className="sql-pad"><ErrorNote error={got.error} retry={() => void got.refetch()} /></div>}
        {got.data?.length === 0 && <Empty title={w.noHistory}>{w.noHistoryText}</Empty>}
        <ul>{list.map(r => (
          <li key={r.id} className="sql-item">
            <button type="button" title={r.error} onClick={() => onOpen(r)}>
              <code className="cut">{oneLine(r.sql)}</code>
              <span className="small dim row"><StatusMark state={r.state === 'done' ? 'ok' : r.state === 'running' ? 'running' : r.state === 'failed' ? 'error' : 'paused'} /><Ago at={r.started} />{r.state === 'failed' ? <span className="bad cut">{r.error}</span> : <span>{r.rows === undefined ? '' : f.rows(r.rows)}{r.ms === undefined ? '' : ` · ${f.duration(r.ms)}`}</span>}</span>
            </button>
          </li>
        ))}</ul>
      </div>
    </>
  );
}

const fits = (text: string, find: string) => text.toLowerCase().includes(find.trim().toLowerCase());
const oneLine = (sql: string) => sql.replace(/^\s*--.*\n/, '').replace(/\s+/g, ' ').trim().slice(0, 200);
