import { useCallback } from 'react';
import { useFormat } from '../../i18n';
import { type CellType, DataGrid, type FetchWindow } from '../../grid';
import { Empty } from '../../ui';
import type { TableDetail } from './api';
import { useDataWords } from './words';

// Preview is the newest rows as a grid.
export function Preview({ t }: { t: TableDetail }) {
  const w = useDataWords();
  const f = useFormat();
  const { columns, rows } = t.preview;
  const fetchWindow: FetchWindow = useCallback((offset, limit, names) => {
    const at = names.map(n => columns.findIndex(c => c.name === n));
    const times = at.map(i => /TIMESTAMP/.test(columns[i]?.type.toUpperCase() ?? ''));
    const cell = (r: number, c: number): unknown => {
      const v = rows[offset + r]?.[at[c] ?? -1] ?? null;
      return times[c] && typeof v === 'string' ? new Date(v) : v;
    };
    return Promise.resolve({ offset, rows: Math.max(0, Math.min(limit, rows.length - offset)), columns: names, cell });
  }, [columns, rows]);
  if (t.preview_error) return <Empty title={w.noRows}>{t.preview_error}</Empty>;
  if (rows.length === 0) return <Empty title={w.noRows}>{w.noRowsText}</Empty>;
  return (
    <div className="preview">
      <div className="preview-head faint small">{w.newest100(f.int(rows.length))}</div>
      <div className="preview-grid"><DataGrid label={w.preview} rows={rows.length} columns={columns.map(c => ({ name: c.name, type: cellType(c.type), typeName: c.type }))} version={`${t.name} ${t.newest ?? ''} ${rows.length}`} fetchWindow={fetchWindow} /></div>
    </div>
  );
}

function cellType(type: string): CellType {
  const t = type.toUpperCase();
  if (/\[\]|STRUCT|MAP|JSON/.test(t)) return 'json';
  if (/INT|DOUBLE|FLOAT|REAL|DECIMAL/.test(t)) return 'number';
  if (t.startsWith('TIMESTAMP')) return 'time';
  if (t === 'DATE') return 'date';
  if (t.startsWith('BOOL')) return 'bool';
  return t === 'BLOB' ? 'bytes' : t === 'VARCHAR' ? 'text' : 'other';
}
