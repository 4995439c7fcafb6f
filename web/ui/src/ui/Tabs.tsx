import './Tabs.css';
import { Tabs as Base } from '@base-ui/react/tabs';
import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';
import { useUiWords } from './words';

export interface TabSpec<T extends string> { value: T; label: ReactNode; count?: ReactNode; panel: ReactNode }

// Tabs keeps nothing itself: the chosen one belongs into the URL.
export function Tabs<T extends string>({ value, onChange, tabs, className }: { value: T; onChange: (v: T) => void; tabs: readonly TabSpec<T>[]; className?: string }) {
  return (
    <Base.Root value={value} onValueChange={v => onChange(v as T)} className={className ?? ''}>
      <Base.List className="tabs" activateOnFocus={false}>
        {tabs.map(t => <Base.Tab key={t.value} value={t.value} className="tab">{t.label}{t.count !== undefined && <span className="n">{t.count}</span>}</Base.Tab>)}
      </Base.List>
      {tabs.map(t => <Base.Panel key={t.value} value={t.value} className="tab-panel">{t.panel}</Base.Panel>)}
    </Base.Root>
  );
}

// Split is two panes with a sash between. name remembers its place in this browser; the sized pane is the first, or the second with end. With no second
// the first has all the room, and stays the same element: nothing in it begins anew when a second comes.
export function Split({ name, down, end, size, min = 120, max = 900, first, second }: {
  name: string; down?: boolean; end?: boolean; size: number; min?: number; max?: number; first: ReactNode; second: ReactNode;
}) {
  const w = useUiWords();
  const [at, setAt] = useState(() => Number(readKept(name)) || size);
  const from = useRef<{ at: number; mouse: number }>(undefined);
  const place = (n: number, keep: boolean) => {
    const v = Math.round(Math.min(max, Math.max(min, n)));
    setAt(v);
    if (keep) writeKept(name, String(v));
  };
  const pos = (e: PointerEvent) => (down ? e.clientY : e.clientX);
  const sign = end ? -1 : 1;
  const onKey = (e: KeyboardEvent) => {
    const step = { ArrowLeft: -16, ArrowUp: -16, ArrowRight: 16, ArrowDown: 16 }[e.key];
    if (step === undefined) return;
    e.preventDefault();
    place(at + sign * step * (e.shiftKey ? 4 : 1), true);
  };
  const style = down ? { height: at, flex: 'none' } : { width: at, flex: 'none' };
  return (
    <div className={`split ${down ? 'down' : 'across'}`}>
      <div className={`pane${end ? ' rest' : ''}`} style={end ? undefined : style}>{first}</div>
      {second !== undefined && <div className="sash" role="separator" tabIndex={0} aria-label={w.resize} aria-orientation={down ? 'horizontal' : 'vertical'} aria-valuenow={at} aria-valuemin={min} aria-valuemax={max} onKeyDown={onKey}
        onPointerDown={e => { e.currentTarget.setPointerCapture(e.pointerId); e.currentTarget.dataset['drag'] = ''; from.current = { at, mouse: pos(e) }; }}
        onPointerMove={e => { if (from.current) place(from.current.at + sign * (pos(e) - from.current.mouse), false); }}
        onPointerUp={e => { if (from.current) place(from.current.at + sign * (pos(e) - from.current.mouse), true); from.current = undefined; delete e.currentTarget.dataset['drag']; }}
        onDoubleClick={() => place(size, true)} />}
      {second !== undefined && <div className={`pane${end ? '' : ' rest'}`} style={end ? style : undefined}>{second}</div>}
    </div>
  );
}

function readKept(name: string): string | null {
  try { return localStorage.getItem(`maru.split.${name}`); } catch { return null; }
}
function writeKept(name: string, v: string) {
  try { localStorage.setItem(`maru.split.${name}`, v); } catch { /* private mode */ }
}
