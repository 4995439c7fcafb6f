import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useFormat } from '../../i18n';
import { Button, Popover, StatusMark } from '../../ui';
import { dropResult, listResults, type Result } from './client';
import { useSqlWords } from './words';

// RunningMenu lists the queries that are running, each to be canceled. It shows only while there are some.
export function RunningMenu() {
  const w = useSqlWords();
  const f = useFormat();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const all = useQuery({ queryKey: ['results'], queryFn: listResults, retry: false, refetchInterval: q => ((q.state.data ?? []).some(r => r.state === 'running') ? 1000 : 10_000) }).data ?? [];
  // One's own is known to have ended before the list is asked again.
  const running = all.filter(r => r.state === 'running' && (client.getQueryData<Result>(['result', r.id])?.state ?? 'running') === 'running');
  if (running.length === 0 && !open) return null;
  const cancel = (id: string) => dropResult(id).catch(() => undefined).then(() => client.invalidateQueries({ predicate: q => q.queryKey[0] === 'results' || (q.queryKey[0] === 'result' && q.queryKey[1] === id) }));
  return (
    <Popover title={w.runningTitle} align="end" open={open} onOpenChange={setOpen} trigger={<Button small kind="quiet"><StatusMark state="running" />{w.runningN(f.int(running.length))}</Button>}>
      <div className="sql-running">
        <h2>{w.runningTitle}</h2>
        {running.length === 0 && <p className="dim">{w.noRunning}</p>}
        <ul>{running.map(r => (
          <li key={r.id}>
            <div className="grow"><code className="cut">{(r.sql ?? r.id).replace(/\s+/g, ' ')}</code><span className="small dim">{f.duration(r.ms ?? 0)} · {f.rows(r.rows)}{r.owner ? ` · ${w.by(r.owner)}` : ''}{r.progress === undefined ? '' : ` · ${f.percent(r.progress)}`}</span></div>
            <Button small onClick={() => void cancel(r.id)}>{w.cancel}</Button>
          </li>
        ))}</ul>
      </div>
    </Popover>
  );
}
