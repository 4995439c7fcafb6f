import { type FormEvent, useState } from 'react';
import { Button, Icon, Input, Select } from '../ui';
import { type FilterOp, filterOps, type GridColumn, type GridFilter, keyOf } from './types';
import { useGridWords } from './words';

const noValue = (op: FilterOp) => op === 'is null' || op === 'is not null';

// FilterBar is the conditions that hold, each to be taken back, and the one that is being written.
export function FilterBar({ columns, filters, draft, total, onFilters, onDraft }: {
  columns: readonly GridColumn[]; filters: readonly GridFilter[]; draft: string | undefined; total: string | undefined; onFilters: (f: readonly GridFilter[]) => void; onDraft: (key: string | undefined) => void;
}) {
  const w = useGridWords();
  const words = useOpWords();
  const nameOf = (key: string) => columns.find(c => keyOf(c) === key)?.name ?? key;
  if (filters.length === 0 && draft === undefined) return null;
  return (
    <div className="grid-filters" role="group" aria-label={w.filters}>
      <Icon name="filter" size={13} />
      {filters.map((f, i) => {
        const text = `${nameOf(f.column)} ${words[f.op]}${noValue(f.op) ? '' : ` ${f.value ?? ''}`}`;
        return (
          <span key={i} className="grid-chip"><span className="cut" title={text}><b>{nameOf(f.column)}</b> <span className="dim">{words[f.op]}</span> {noValue(f.op) ? '' : <code>{f.value}</code>}</span>
            <button type="button" aria-label={w.remove(text)} onClick={() => onFilters(filters.filter((_, j) => j !== i))}><Icon name="close" size={11} /></button>
          </span>
        );
      })}
      {draft !== undefined && <Draft key={draft} column={columns.find(c => keyOf(c) === draft)} onDone={f => { if (f) onFilters([...filters, f]); onDraft(undefined); }} />}
      {filters.length > 0 && total !== undefined && <span className="dim small" role="status">{w.passing(total)}</span>}
      {filters.length > 1 && <Button small kind="quiet" onClick={() => onFilters([])}>{w.clearAll}</Button>}
    </div>
  );
}

function Draft({ column, onDone }: { column: GridColumn | undefined; onDone: (f: GridFilter | undefined) => void }) {
  const w = useGridWords();
  const words = useOpWords();
  const [op, setOp] = useState<FilterOp>(column?.type === 'text' || column?.type === 'json' ? 'contains' : '=');
  const [value, setValue] = useState('');
  if (!column) return null;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    onDone({ column: keyOf(column), op, ...(noValue(op) ? {} : { value }) });
  };
  return (
    <form className="grid-draft" onSubmit={submit} onKeyDown={e => { if (e.key === 'Escape') { e.stopPropagation(); onDone(undefined); } }}>
      <b className="cut">{column.name}</b>
      <Select label={w.compare} value={op} options={filterOps.map(o => ({ value: o, label: words[o] }))} onChange={setOp} />
      {!noValue(op) && <Input aria-label={w.value} mono autoFocus value={value} onChange={e => setValue(e.target.value)} />}
      <Button small type="submit">{w.apply}</Button>
      <Button small kind="quiet" onClick={() => onDone(undefined)}>{w.cancel}</Button>
    </form>
  );
}

export function useOpWords(): Record<FilterOp, string> {
  const w = useGridWords();
  return { '=': '=', '!=': '≠', '<': '<', '<=': '≤', '>': '>', '>=': '≥', contains: w.opContains, 'starts with': w.opStarts, 'is null': w.opNull, 'is not null': w.opNotNull };
}
