import { type KeyboardEvent, type PointerEvent as ReactPointerEvent, type ReactNode, useRef, useState } from 'react';
import { textIn, useFormat } from '../../../i18n';
import { IconButton } from '../../../ui';
import type { At, Tile } from '../api';
import { columns, placeOf, readingOrder, rowPx } from '../Board';
import { useEditWords } from './words';
import { placed } from './layout';

const edge = 48, scrollPx = 12; // px from an edge of the page where a drag scrolls it

// EditBoard is the board whose tiles can be moved and resized: by dragging, or with the arrow keys on a tile's handle.
export function EditBoard({ tiles, picked, onLayout, onPick, onRemove, onDuplicate, children }: {
  tiles: readonly Tile[]; picked: string | undefined; onLayout: (tiles: Tile[], what: string) => void; onPick: (id: string) => void; onRemove: (id: string) => void; onDuplicate: (id: string) => void; children: (t: Tile, edit: ReactNode) => ReactNode;
}) {
  const w = useEditWords();
  const { lang } = useFormat();
  const board = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ id: string; at: At }>();
  const shown = drag ? placed(tiles, drag.id, drag.at) : tiles;

  const start = (e: ReactPointerEvent, t: Tile, resize: boolean) => {
    const el = board.current;
    if (!el || e.button !== 0) return;
    e.preventDefault();
    const scroller = el.closest<HTMLElement>('.board-scroll');
    const wide = el.clientWidth / columns, x0 = e.clientX, y0 = e.clientY, top0 = scroller?.scrollTop ?? 0;
    let at = t.at;
    const move = (m: PointerEvent) => {
      const box = scroller?.getBoundingClientRect();
      if (scroller && box) scroller.scrollTop += m.clientY > box.bottom - edge ? scrollPx : m.clientY < box.top + edge ? -scrollPx : 0;
      const dx = Math.round((m.clientX - x0) / wide), dy = Math.round((m.clientY - y0 + (scroller?.scrollTop ?? 0) - top0) / rowPx);
      at = resize ? { ...t.at, w: Math.max(2, Math.min(columns - t.at.x, t.at.w + dx)), h: Math.max(2, t.at.h + dy) } : { ...t.at, x: Math.max(0, Math.min(columns - t.at.w, t.at.x + dx)), y: Math.max(0, t.at.y + dy) };
      setDrag(d => (d?.at.x === at.x && d.at.y === at.y && d.at.w === at.w && d.at.h === at.h ? d : { id: t.id, at }));
    };
    const stop = (m: Event) => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', stop);
      removeEventListener('pointercancel', stop);
      removeEventListener('keydown', onKey, true);
      setDrag(undefined);
      if (m.type === 'pointerup' && at !== t.at) onLayout(placed(tiles, t.id, at), '');
    };
    const onKey = (k: globalThis.KeyboardEvent) => { if (k.key === 'Escape') { k.preventDefault(); k.stopPropagation(); stop(k); } };
    addEventListener('pointermove', move);
    addEventListener('pointerup', stop);
    addEventListener('pointercancel', stop);
    addEventListener('keydown', onKey, true);
  };

  const onKey = (e: KeyboardEvent, t: Tile) => {
    const d = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key] as [number, number] | undefined;
    if (d) {
      e.preventDefault();
      const at = e.shiftKey ? { ...t.at, w: Math.max(2, Math.min(columns - t.at.x, t.at.w + d[0])), h: Math.max(2, t.at.h + d[1]) } : { ...t.at, x: t.at.x + d[0], y: t.at.y + d[1] };
      onLayout(placed(tiles, t.id, at), `keys ${t.id}`);
      e.currentTarget.scrollIntoView({ block: 'nearest' });
    } else if (e.key === 'Enter') { e.preventDefault(); onPick(t.id); }
    else if (e.key === 'Delete' || e.key === 'Backspace') { e.preventDefault(); onRemove(t.id); }
    else if (e.key.toLowerCase() === 'd' && (e.ctrlKey || e.metaKey)) { e.preventDefault(); onDuplicate(t.id); }
  };

  return (
    <div className={`board editing${drag ? ' dragging' : ''}`} ref={board}>
      {/* In the order of the file, so that a tile that moves keeps its place in the document, its focus and its chart. */}
      {shown.map(t => {
        const name = textIn(lang, t.title) || t.id;
        return (
          <div key={t.id} className={`cell last first${t.id === picked ? ' picked' : ''}${drag?.id === t.id ? ' moved' : ''}`} style={placeOf(t.at)} data-tile={t.id}
            onPointerDown={e => { const el = e.target as HTMLElement; if (el.closest('.tile-head') && !el.closest('button,a,[role=menu]')) start(e, t, false); }}
            onDoubleClick={e => { if (!(e.target as HTMLElement).closest('button,a')) onPick(t.id); }}>
            {children(t, (
              <IconButton small icon="drag" className="tile-handle" label={w.handle(name, String(t.at.x + 1), String(t.at.y + 1), String(t.at.w), String(t.at.h))} aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown Shift+ArrowRight Enter Delete" onPointerDown={e => start(e, t, false)} onKeyDown={e => onKey(e, t)} />
            ))}
            <span className="tile-corner" onPointerDown={e => start(e, t, true)} aria-hidden="true" />
          </div>
        );
      })}
      <p className="hidden" aria-live="polite">{drag ? '' : w.orderIs(readingOrder(shown).map(t => textIn(lang, t.title) || t.id).join(', '))}</p>
    </div>
  );
}
