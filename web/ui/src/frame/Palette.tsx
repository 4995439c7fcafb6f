import './Palette.css';
import { Dialog } from '@base-ui/react/dialog';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { Icon } from '../ui';
import { type Entry, useEntries } from './entries';
import { openPalette, score } from './finder';
import { useFrameWords } from './words';

const shownMax = 60, browsedMax = 12; // of a group: more than this nobody reads

// Palette finds pages and objects by name and does what can be done from anywhere. The focus stays in the text; arrows choose.
export function Palette() {
  const w = useFrameWords();
  const close = () => openPalette(false);
  const groups = useEntries();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => groups.map(g => ({ title: g.title, entries: found(g.entries, text) })).filter(g => g.entries.length > 0).sort((a, b) => (text.trim() === '' ? 0 : best(b.entries, text) - best(a.entries, text))), [groups, text]);
  const flat = shown.flatMap(g => g.entries);
  const chosen = Math.min(at, flat.length - 1);
  const go = (i: number) => {
    const to = flat.length === 0 ? 0 : (i + flat.length) % flat.length;
    setAt(to);
    list.current?.querySelector(`#pal-${to}`)?.scrollIntoView({ block: 'nearest' });
  };
  const take = (e: Entry | undefined) => { if (e) { close(); e.go(); } };
  const onKey = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing) return; // an unfinished syllable
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[e.key];
    if (move !== undefined) go(Math.abs(move) > 1 ? Math.max(0, Math.min(flat.length - 1, chosen + move)) : chosen + move);
    else if (e.key === 'Enter') take(flat[chosen]);
    else return;
    e.preventDefault();
  };
  let n = 0;
  return (
    <Dialog.Root open onOpenChange={o => { if (!o) close(); }}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="palette" aria-label={w.find}>
          <input role="combobox" aria-expanded aria-controls="pal-list" aria-autocomplete="list" aria-activedescendant={flat.length > 0 ? `pal-${chosen}` : undefined} aria-label={w.find} placeholder={w.palettePlaceholder} autoFocus spellCheck={false} autoComplete="off" value={text} onChange={e => { setText(e.target.value); setAt(0); list.current?.scrollTo(0, 0); }} onKeyDown={onKey} />
          <div className="palette-list" id="pal-list" role="listbox" aria-label={w.find} ref={list} tabIndex={-1}>
            {shown.map(g => (
              <div key={g.title} role="group" aria-label={g.title}>
                <div className="palette-head" aria-hidden="true">{g.title}</div>
                {g.entries.map(e => {
                  const i = n++;
                  return <div key={e.id} id={`pal-${i}`} role="option" aria-selected={i === chosen} className="palette-item" onPointerMove={() => setAt(i)} onClick={() => take(e)}><Icon name={e.icon} /><span className="cut name-text">{e.label}</span>{e.end && <span className="end">{e.end}</span>}</div>;
                })}
              </div>
            ))}
            {flat.length === 0 && <p className="palette-none" role="status">{w.paletteNone}</p>}
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

const fits = (e: Entry, text: string) => Math.max(score(e.label, text), 0.9 * (e.also === undefined ? 0 : score(e.also, text)));
const best = (list: readonly Entry[], text: string) => (list[0] ? fits(list[0], text) : 0);

function found(entries: readonly Entry[], text: string): readonly Entry[] {
  if (text.trim() === '') return entries.slice(0, browsedMax);
  return entries.map(e => [e, fits(e, text)] as const).filter(([, s]) => s > 0).sort((a, b) => b[1] - a[1]).slice(0, shownMax).map(([e]) => e);
}
