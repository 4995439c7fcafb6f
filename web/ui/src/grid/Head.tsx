import { type KeyboardEvent, memo, type PointerEvent } from 'react';
import { copyText, done, Icon, Menu, MenuItem, MenuSep } from '../ui';
import { clamp, widthMax, widthMin } from './layout';
import { shortType } from './text';
import { type GridColumn, type GridSort, keyOf } from './types';
import { useGridWords } from './words';

export interface HeadProps {
  columns: readonly GridColumn[];
  lefts: Float64Array;
  from: number; // the columns that are looked at
  to: number;
  sort: GridSort | undefined;
  filtered: ReadonlySet<string>;
  looked: string | undefined; // the column that the inspector shows
  onSort: ((s: GridSort | undefined) => void) | undefined;
  onFilter: ((key: string) => void) | undefined;
  onProfile: ((key: string) => void) | undefined;
  onHide: (key: string) => void;
  onWidth: (key: string, px: number) => void;
  onFit: (column: number) => void;
}

// Head is one row of column names, each with a menu.
export const Head = memo(function Head(p: HeadProps) {
  const w = useGridWords();
  return (
    <div className="grid-head" role="row" aria-rowindex={1} style={{ width: p.lefts.at(-1) }}>
      <span className="grid-cell rn" role="columnheader" style={{ width: p.lefts[0] }}><span className="hidden">{w.rowNumber}</span></span>
      {p.columns.slice(p.from, p.to + 1).map((c, i) => <HeadCell key={keyOf(c)} {...p} column={c} at={p.from + i} />)}
    </div>
  );
});

function HeadCell({ column: c, at, ...p }: HeadProps & { column: GridColumn; at: number }) {
  const w = useGridWords();
  const key = keyOf(c);
  const sort = p.sort?.column === key ? p.sort : undefined;
  const left = p.lefts[at] ?? 0, width = (p.lefts[at + 1] ?? left) - left;
  const next = sort ? (sort.down ? undefined : { column: key, down: true }) : { column: key, down: false };
  return (
    <div role="columnheader" aria-colindex={at + 1} aria-sort={sort ? (sort.down ? 'descending' : 'ascending') : undefined} data-key={key}
      className={`grid-cell${c.type === 'number' ? ' num' : ''}${p.looked === key ? ' looked' : ''}`} style={{ left, width }}>
      <span className="grid-name" title={`${c.name} ${c.typeName}`} onClick={() => p.onSort?.(next)}>
        <span className="cut">{c.name}</span><small>{shortType(c.typeName)}</small>
        {sort && <Icon name={sort.down ? 'down' : 'up'} size={12} />}{p.filtered.has(key) && <Icon name="filter" size={11} />}
      </span>
      <Menu align="end" trigger={<button type="button" className="grid-more" aria-label={w.menuOf(c.name)} tabIndex={-1}><Icon name="down" size={12} /></button>}>
        {p.onSort && <>
          <MenuItem icon="up" onSelect={() => p.onSort?.({ column: key, down: false })}>{w.sortUp}</MenuItem>
          <MenuItem icon="down" onSelect={() => p.onSort?.({ column: key, down: true })}>{w.sortDown}</MenuItem>
          {sort && <MenuItem icon="close" onSelect={() => p.onSort?.(undefined)}>{w.sortNone}</MenuItem>}
          <MenuSep />
        </>}
        {p.onFilter && <MenuItem icon="filter" onSelect={() => p.onFilter?.(key)}>{w.filter}</MenuItem>}
        {p.onProfile && <MenuItem icon="chart" onSelect={() => p.onProfile?.(key)}>{w.profile}</MenuItem>}
        <MenuItem icon="minus" onSelect={() => p.onHide(key)}>{w.hide}</MenuItem>
        <MenuItem icon="copy" onSelect={() => void copyText(c.name).then(() => done(c.name))}>{w.copyName}</MenuItem>
      </Menu>
      <Sash label={w.resize(c.name)} width={width} onWidth={px => p.onWidth(key, px)} onFit={() => p.onFit(at)} />
    </div>
  );
}

function Sash({ label, width, onWidth, onFit }: { label: string; width: number; onWidth: (px: number) => void; onFit: () => void }) {
  const drag = (e: PointerEvent<HTMLElement>) => {
    e.preventDefault();
    const el = e.currentTarget, x = e.clientX;
    el.setPointerCapture(e.pointerId);
    const move = (m: globalThis.PointerEvent) => onWidth(widthMin + clamp(width + m.clientX - x - widthMin, widthMax));
    const end = () => { el.removeEventListener('pointermove', move); el.removeEventListener('pointerup', end); el.removeEventListener('pointercancel', end); };
    el.addEventListener('pointermove', move);
    el.addEventListener('pointerup', end);
    el.addEventListener('pointercancel', end);
  };
  const key = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowRight: 16 }[e.key];
    if (step === undefined) return;
    e.stopPropagation();
    onWidth(widthMin + clamp(width + step - widthMin, widthMax));
  };
  return <i className="grid-sash" role="separator" aria-orientation="vertical" aria-label={label} aria-valuenow={Math.round(width)} aria-valuemin={widthMin} aria-valuemax={widthMax} tabIndex={-1} onPointerDown={drag} onKeyDown={key} onDoubleClick={onFit} />;
}
