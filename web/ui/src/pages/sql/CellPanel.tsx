import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toApiError } from '../../api';
import { cellText, type FetchWindow, type GridColumn, keyOf, plainText } from '../../grid';
import { useFormat } from '../../i18n';
import { Button, Copy, ErrorNote, JsonTree, Pairs, Skeleton } from '../../ui';
import { type Result, wholeCell } from './client';
import { useSqlWords } from './words';

const shownMax = 20_000; // characters of a text in the panel: a browser needs seconds to break the lines of a million

// CellPanel is one cell, whole: a JSON tree when it is one, NULL and the empty text by name.
export function CellPanel({ r, column, row, fetchWindow, version }: { r: Result; column: GridColumn; row: number; fetchWindow: FetchWindow; version: string }) {
  const w = useSqlWords();
  const f = useFormat();
  const [asText, setAsText] = useState(false);
  const key = keyOf(column);
  const got = useQuery({
    queryKey: ['cell', version, row, key], staleTime: Infinity,
    queryFn: async ({ signal }): Promise<Cell> => {
      const win = await fetchWindow(row, 1, [key], signal);
      return { value: win.rows > 0 ? win.cell(0, 0) : null, number: win.number?.(0) ?? row, cut: win.cut?.(0, 0) };
    },
  });
  const cell = got.data;
  const whole = useQuery({ queryKey: ['cell-whole', r.id, cell?.number, key], enabled: false, retry: false, placeholderData: undefined, queryFn: () => wholeCell(r.id, cell?.number ?? row, key) });
  if (got.error) return <ErrorNote error={got.error} retry={() => void got.refetch()} />;
  if (!cell) return <Skeleton />;
  const v = whole.data ?? cell.value;
  const text = typeof v === 'string' ? v : v === null ? '' : column.type === 'number' || column.type === 'time' || column.type === 'date' ? plainText(v, column.type) : plainText(v);
  const tree = typeof v === 'object' && v !== null && !(v instanceof Uint8Array) ? { value: v } : typeof v === 'string' ? parsed(v) : undefined;
  return (
    <div className="sql-cell">
      <Pairs items={[[w.column, column.name], [w.type, <span key="t" className="mono">{column.typeName}</span>], ...(typeof v === 'string' ? [[w.size, w.chars(f.int(v.length))] as const] : [])]} />
      {cell.cut !== undefined && whole.data === undefined && <div className="sql-calm"><span className="grow">{w.cellCut(f.bytes(cell.cut))}</span><Button small busy={whole.isFetching} onClick={() => void whole.refetch()}>{w.whole}</Button></div>}
      {whole.error && <ErrorNote error={toApiError(whole.error)} />}
      <div className="row"><h3 className="grow">{w.parsed}</h3>{tree && <Button small kind="quiet" aria-pressed={asText} onClick={() => setAsText(!asText)}>{w.asText}</Button>}<Copy text={text} /></div>
      {v === null ? <p className="sql-none">{w.null}</p> : v === '' ? <p className="sql-none">{w.empty}</p>
        : tree && !asText ? <JsonTree value={tree.value} label={column.name} height={420} />
          : <pre className="sql-text" tabIndex={0}>{column.type === 'number' || column.type === 'time' ? `${cellText(f, column, v)}\n${text}` : text.slice(0, shownMax)}</pre>}
      {text.length > shownMax && (!tree || asText) && <p className="dim small">{w.shownPart(f.int(shownMax), f.int(text.length))}</p>}
    </div>
  );
}

interface Cell { value: unknown; number: number; cut: number | undefined }

function parsed(s: string): { value: unknown } | undefined {
  if (!/^\s*[[{]/.test(s)) return undefined;
  try { return { value: JSON.parse(s) as unknown }; } catch { return undefined; }
}
