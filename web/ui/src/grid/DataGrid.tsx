import './DataGrid.css';
import { useId, useState } from 'react';
import { useFormat } from '../i18n';
import { Button, ErrorNote } from '../ui';
import { FilterBar } from './FilterBar';
import { Head } from './Head';
import { SelectionBar } from './SelectionBar';
import type { CellAt, FetchWindow, GridColumn, GridFilter, GridSort } from './types';
import { useGrid } from './useGrid';
import { useGridWords } from './words';

export interface DataGridProps {
  label: string;
  rows: number; // all of them; of a filter, what the windows say
  columns: readonly GridColumn[];
  version: string; // changes when the rows behind fetchWindow do: another result, sort or filter
  fetchWindow: FetchWindow;
  sort?: GridSort | undefined;
  onSort?: ((s: GridSort | undefined) => void) | undefined;
  filters?: readonly GridFilter[] | undefined;
  onFilters?: ((f: readonly GridFilter[]) => void) | undefined; // with it, columns can be filtered
  onFilter?: ((column: string) => void) | undefined; // instead of onFilters: the page asks for the condition itself
  onProfile?: ((column: string) => void) | undefined;
  onCell?: ((c: CellAt) => void) | undefined; // the cell that is looked at
  onOpen?: ((c: CellAt) => void) | undefined; // Enter or a double click: show it whole
  looked?: string | undefined; // the column that is looked at elsewhere
}

// DataGrid shows any number of rows and columns: only what is looked at is fetched and drawn.
export function DataGrid(p: DataGridProps) {
  const f = useFormat();
  const w = useGridWords();
  const id = useId();
  const [draft, setDraft] = useState<string>();
  const g = useGrid(p, `${id}cell`);
  const canFilter = p.onFilters ? setDraft : p.onFilter;
  const count = g.rows + 1;
  return (
    <div className="grid-frame">
      {p.onFilters && <FilterBar columns={p.columns} filters={p.filters ?? []} draft={draft} total={g.total === undefined ? undefined : f.int(g.total)} onFilters={p.onFilters} onDraft={k => { setDraft(k); if (k === undefined) g.focus(); }} />}
      {g.error !== undefined && <div className="grid-note"><ErrorNote error={g.error} retry={g.retry} mono /></div>}
      <div ref={g.box} className="grid" role="grid" aria-label={p.label} aria-rowcount={count} aria-colcount={p.columns.length} aria-multiselectable="true" tabIndex={0}
        onKeyDown={g.onKey} onPointerDown={g.onPointer} onDoubleClick={g.onDouble} onCopy={g.onCopyEvent}>
        <Head columns={g.columns} lefts={g.lefts} from={g.seen.from} to={g.seen.to} sort={p.sort} filtered={g.filtered} looked={p.looked} onSort={p.onSort} onFilter={canFilter} onProfile={p.onProfile} onHide={g.hide} onWidth={g.setWidth} onFit={g.fit} />
        <div ref={g.sizer} className="grid-sizer" role="presentation">
          <div ref={g.layer} className="grid-layer" role="rowgroup" />
          <div ref={g.marks} className="grid-layer marks" role="presentation" aria-hidden="true"><div className="grid-range" hidden /><div className="grid-active" hidden /></div>
        </div>
      </div>
      {g.rows === 0 && g.error === undefined && <div className="grid-none" role="status">{(p.filters?.length ?? 0) > 0 ? w.noneFit : w.noRows}</div>}
      {g.hidden > 0 && <Button small className="grid-unhide" onClick={g.showAll}>{w.showAll(f.int(g.hidden))}</Button>}
      {g.range && <SelectionBar range={g.range} columns={g.columns} version={p.version} fetchWindow={p.fetchWindow} onCopy={g.copy} />}
    </div>
  );
}
