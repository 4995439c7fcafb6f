import { useQuery } from '@tanstack/react-query';
import { useFormat } from '../i18n';
import { Button, Menu, MenuItem } from '../ui';
import { cellsOf, type CopyForm, ordered, rangeValues } from './copy';
import type { CellRange, FetchWindow, GridColumn } from './types';
import { useGridWords } from './words';

const summedMax = 20_000; // cells

// SelectionBar says how much is chosen, what its numbers come to, and copies it in a form.
export function SelectionBar({ range, columns, version, fetchWindow, onCopy }: { range: CellRange; columns: readonly GridColumn[]; version: string; fetchWindow: FetchWindow; onCopy: (form: CopyForm) => void }) {
  const f = useFormat();
  const w = useGridWords();
  const r = ordered(range);
  const chosen = columns.slice(r.column, r.toColumn + 1);
  const numeric = chosen.some(c => c.type === 'number') && cellsOf(r) <= summedMax;
  const sums = useQuery({
    queryKey: ['grid-sum', version, r, chosen.map(c => c.name)],
    enabled: numeric,
    placeholderData: undefined,
    queryFn: async () => {
      const rows = await rangeValues(fetchWindow, columns, r);
      const all = rows.flatMap(x => x.filter((v, j) => chosen[j]?.type === 'number' && v !== null && v !== undefined).map(Number)).filter(Number.isFinite);
      const sum = all.reduce((a, b) => a + b, 0);
      return all.length ? { sum, mean: sum / all.length } : null;
    },
  }).data;
  return (
    <div className="grid-chosen" role="status">
      <span>{w.cells(f.int(r.toRow - r.row + 1), f.int(r.toColumn - r.column + 1))}</span>
      {sums && <span className="dim">{w.sum} <b>{f.num(sums.sum, 2)}</b></span>}
      {sums && <span className="dim">{w.mean} <b>{f.num(sums.mean, 2)}</b></span>}
      <Menu align="end" side="top" trigger={<Button small icon="copy">{w.copyAs}</Button>}>
        <MenuItem keys="mod+c" onSelect={() => onCopy('tsv')}>{w.tsv}</MenuItem>
        <MenuItem onSelect={() => onCopy('markdown')}>{w.markdown}</MenuItem>
        <MenuItem onSelect={() => onCopy('json')}>{w.json}</MenuItem>
      </Menu>
    </div>
  );
}
