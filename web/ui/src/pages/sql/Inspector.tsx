import { useMemo } from 'react';
import { type GridColumn, keyOf } from '../../grid';
import { useFormat } from '../../i18n';
import { Drawer } from '../../ui';
import { CellPanel } from './CellPanel';
import { type Result, windowsOf } from './client';
import { ColumnPanel } from './ColumnPanel';
import { columnsOfResult, useLook, useOrder, useSqlSearch } from './useSql';
import { useSqlWords } from './words';

// Inspector stands at the right of a result: the cell that is opened, the column that is looked at, or what is worth a look first.
export function Inspector({ r }: { r: Result }) {
  const w = useSqlWords();
  const f = useFormat();
  const { search, set } = useSqlSearch();
  const { sort, filters } = useOrder();
  const columns = useMemo(() => columnsOfResult(r), [r]), look = useLook(r.id);
  const fetchWindow = useMemo(() => windowsOf(r.id, sort, filters, look), [r.id, sort, filters, look]);
  const at = /^(\d+)\.(.+)$/.exec(search.cell ?? '');
  const cellColumn = at && columns.find(c => keyOf(c) === at[2]);
  if (at && cellColumn) {
    const row = Number(at[1]);
    return <Drawer title={w.cellAt(cellColumn.name, f.int(row + 1))} onClose={() => set({ cell: undefined })}><CellPanel r={r} column={cellColumn} row={row} fetchWindow={fetchWindow} version={`${r.id} ${search.sort ?? ''} ${search.filter ?? ''}`} /></Drawer>;
  }
  const one = columns.find(c => keyOf(c) === search.col);
  const shown = one ? [one] : firstLooks(columns);
  return <Drawer title={w.profile} onClose={() => set({ col: '-', cell: undefined })}>{shown.map(c => <ColumnPanel key={keyOf(c)} r={r} column={c} />)}</Drawer>;
}

// firstLooks are a column of numbers and one of texts: the last number is usually what was asked for.
function firstLooks(columns: readonly GridColumn[]): GridColumn[] {
  const n = columns.findLast(c => c.type === 'number'), t = columns.find(c => c.type === 'text');
  return [n, t].filter((c): c is GridColumn => c !== undefined);
}
