import { type KeyboardEvent, useState } from 'react';
import { done, Icon, IconButton, Input } from '../../ui';
import { RunningMenu } from './RunningMenu';
import { addTab, changeTab, closeTab, moveTab, type Tab, tabName } from './tabs';
import { useSqlWords } from './words';

// apart tells equal names apart by a number.
function apart(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map(n => {
    const k = (seen.get(n) ?? 0) + 1;
    seen.set(n, k);
    return k === 1 ? n : `${n} (${k})`;
  });
}

// TabStrip are the open queries. Arrow keys go between them, Delete closes, F2 or a double click renames.
export function TabStrip({ tabs, open, onOpen }: { tabs: readonly Tab[]; open: string; onOpen: (id: string) => void }) {
  const w = useSqlWords();
  const [naming, setNaming] = useState('');
  const names = apart(tabs.map((t, i) => tabName(t, `${w.untitled} ${i + 1}`)));
  const close = (t: Tab, i: number) => {
    const undo = closeTab(t.id);
    if (t.id === open) onOpen((tabs[i + 1] ?? tabs[i - 1] ?? t).id);
    if (t.sql.trim() !== '') done(w.closed(names[i] ?? ''), { label: w.undo, do: () => { undo(); onOpen(t.id); } });
  };
  const onKey = (e: KeyboardEvent<HTMLElement>, t: Tab, i: number) => {
    if (e.target !== e.currentTarget) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (step !== undefined && e.altKey) moveTab(t.id, step);
    else if (step !== undefined) {
      const to = tabs[(i + step + tabs.length) % tabs.length];
      if (to) { onOpen(to.id); e.currentTarget.parentElement?.parentElement?.querySelectorAll<HTMLElement>('[role=tab]')[tabs.indexOf(to)]?.focus(); }
    } else if (e.key === 'Delete') close(t, i);
    else if (e.key === 'F2') setNaming(t.id);
    else return;
    e.preventDefault();
  };
  return (
    <div className="sql-tabs">
      <div className="sql-tablist" role="tablist" aria-label={w.tabs}>
        {tabs.map((t, i) => {
          const on = t.id === open, changed = t.query !== undefined && t.saved !== t.sql;
          return (
            <div key={t.id} className={`sql-tab${on ? ' on' : ''}`} role="presentation">
              {naming === t.id
                ? <Input autoFocus aria-label={w.rename} defaultValue={tabName(t, names[i] ?? '')} onBlur={e => { changeTab(t.id, { name: e.target.value.trim() }); setNaming(''); }} onKeyDown={e => { if (e.key === 'Enter') e.currentTarget.blur(); if (e.key === 'Escape') setNaming(''); e.stopPropagation(); }} />
                : (
                  <button type="button" role="tab" id={`sqltab-${t.id}`} aria-selected={on} aria-controls="sqlpanel" tabIndex={on ? 0 : -1} title={names[i]} aria-keyshortcuts="Delete F2" onClick={() => onOpen(t.id)} onDoubleClick={() => setNaming(t.id)} onKeyDown={e => onKey(e, t, i)} onAuxClick={e => { if (e.button === 1) close(t, i); }}>
                    <span className="cut">{names[i]}</span>{changed && <i className="sql-dot" title={w.unsaved}><span className="hidden">{w.unsaved}</span></i>}
                  </button>
                )}
              {(tabs.length > 1 || t.sql !== '') && <button type="button" className="sql-x" tabIndex={-1} aria-hidden="true" title={w.closeTab(names[i] ?? '')} onClick={() => close(t, i)}><Icon name="close" size={11} /></button>}
            </div>
          );
        })}
      </div>
      <IconButton label={w.newTab} icon="plus" small onClick={() => onOpen(addTab({ sql: '' }))} />
      <span className="grow" />
      <RunningMenu />
    </div>
  );
}
