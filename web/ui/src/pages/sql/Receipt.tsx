import { useNow } from '../../api';
import { useFormat } from '../../i18n';
import { Age, Tooltip } from '../../ui';
import type { Result } from './client';
import { useSqlWords } from './words';

// Receipt says what an answer is made of and what it took. One limit, always told.
export function Receipt({ r, old }: { r: Result; old: boolean }) {
  const w = useSqlWords();
  const f = useFormat();
  return (
    <div className="sql-receipt" role="status">
      <b>{w.rowsN(r.rows, f.int(r.rows))}</b>
      {(r.columns?.length ?? 0) > 12 && <span>{w.columnsN(f.int(r.columns?.length ?? 0))}</span>}
      {r.ms !== undefined && <span>{f.duration(r.ms)}</span>}
      {r.bytes_read !== undefined && <span>{w.read(f.bytes(r.bytes_read))}</span>}
      {r.bytes !== undefined && r.bytes >= 1e6 && <span className="sql-wide">{w.kept(f.bytes(r.bytes))}</span>}
      {r.data_at && r.state !== 'failed' && <DataAge at={r.data_at} />}
      {old && <span className="warned">{w.older}</span>}
      <span className="grow" />
      {(r.warnings?.length ?? 0) > 0 && <Tooltip text={r.warnings?.join('\n')}><span className="warned" tabIndex={0}>{w.warnings(r.warnings?.length ?? 0)}</span></Tooltip>}
      {r.truncated ? <Tooltip text={r.truncated}><span className="warned cut" tabIndex={0}>{w.cut}: {r.truncated}</span></Tooltip> : (r.max_rows || r.state !== 'running') && <span>{r.max_rows ? w.limit(f.int(r.max_rows)) : w.noLimit}</span>}
    </div>
  );
}

function DataAge({ at }: { at: string }) {
  const w = useSqlWords();
  const f = useFormat();
  const now = useNow();
  const ms = Math.max(0, now - Date.parse(at));
  return <span title={f.full(at)} aria-label={w.dataAge(f.age(ms))}><Age ms={ms} late={ms > 600_000} ago /></span>;
}
