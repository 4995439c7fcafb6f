import { useBlocker } from '@tanstack/react-router';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react';
import { toApiError } from '../../../api';
import { textIn, useFormat } from '../../../i18n';
import { Button, Dialog, done, ErrorNote, IconButton, keyText, Menu, MenuItem, modKey, StatusMark } from '../../../ui';
import { type At, boardKey, createBoard, getBoard, nameOf, saveBoard, type Saved, type Tile, useBoardsChanged } from '../api';
import type { Draft } from '../useDraft';
import type { Tiles } from '../useTiles';
import { Conflict } from './Conflict';
import { FiltersDialog, SettingsDialog } from './Dialogs';
import { EditBoard } from './EditBoard';
import { closed, freeId, placed, roomFor, without } from './layout';
import { TileEditor } from './TileEditor';
import { useEditWords } from './words';

// DashboardEditor is the dashboard while it is edited: a bar with what can be done, the board, and the tile that is open at the right.
export function DashboardEditor({ name, saved, draft, tiles, picked, onPick, onDone, side, tools, children }: {
  name: string; saved: Saved; draft: Draft; tiles: Tiles; picked: string | undefined; onPick: (id: string | undefined) => void; onDone: (to?: string) => void; side: ReactNode; tools: ReactNode; children: (t: Tile, edit: ReactNode) => ReactNode;
}) {
  const w = useEditWords();
  const f = useFormat();
  const client = useQueryClient();
  const changed = useBoardsChanged();
  const [dialog, setDialog] = useState<'settings' | 'filters'>();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>();
  const [theirs, setTheirs] = useState<Saved>();
  const leaving = useRef(false);
  const { spec, dirty } = draft;
  const list = spec.tiles ?? [];
  const open = list.find(t => t.id === picked);
  const label = (t: Tile) => textIn(f.lang, t.title) || t.id;

  const setTiles = (next: readonly Tile[], what = '') => draft.change(d => ({ ...d, tiles: [...next] }), what);
  const add = (t: Omit<Tile, 'id' | 'at'>, h: number) => {
    const id = freeId(list);
    setTiles([...list, { ...t, id, at: roomFor(list, 12, h) }]);
    onPick(id);
    setTimeout(() => document.querySelector(`[data-tile="${id}"]`)?.scrollIntoView({ block: 'center' }), 50);
  };
  const remove = (id: string) => {
    const t = list.find(x => x.id === id);
    if (!t) return;
    const before = list;
    setTiles(without(list, id));
    if (picked === id) onPick(undefined);
    done(w.removed(label(t)), { label: w.undo, do: () => setTiles(before) });
  };
  const duplicate = (id: string) => {
    const t = list.find(x => x.id === id);
    if (!t) return;
    const copy: Tile = { ...t, id: freeId(list), title: w.copyOf(label(t)) };
    setTiles(placed([...list, copy], copy.id, { ...t.at, ...roomBeside(t.at) }));
    onPick(copy.id);
  };
  const finish = (to?: string) => { leaving.current = true; draft.drop(); onDone(to); };
  const save = async (etag = draft.base) => {
    if (!dirty) { finish(); return; }
    setBusy(true);
    setFailed(undefined);
    try {
      const got = await saveBoard(name, spec, etag);
      client.setQueryData(boardKey(name), got);
      void changed();
      done(w.saved);
      finish();
    } catch (e) {
      if (toApiError(e).kind !== 'conflict') { setFailed(e); return; }
      const now = await getBoard(name).catch(setFailed);
      if (now) { client.setQueryData(boardKey(name), now); setTheirs(now); }
    } finally { setBusy(false); }
  };
  const copy = async () => {
    const { name: _, file: __, ...rest } = spec;
    const got = await createBoard({ ...rest, title: w.copyOf(textIn(f.lang, spec.title) || name) });
    void changed();
    done(w.copySaved);
    finish(nameOf(got));
  };
  const onKey = useEffectEvent((e: KeyboardEvent) => {
    if (!modKey(e) || e.altKey) return;
    const key = e.key.toLowerCase(), writing = (e.target as HTMLElement).closest('input,textarea,[data-editor],[contenteditable]') !== null;
    if (key === 's') { e.preventDefault(); void save(); }
    else if (writing) return;
    else if (key === 'z' && !e.shiftKey && draft.undo) { e.preventDefault(); draft.undo(); }
    else if ((key === 'y' || (key === 'z' && e.shiftKey)) && draft.redo) { e.preventDefault(); draft.redo(); }
  });
  // Hears keys of the whole document.
  useEffect(() => {
    const f = (e: KeyboardEvent) => onKey(e);
    document.addEventListener('keydown', f);
    return () => document.removeEventListener('keydown', f);
  }, []);
  const guard = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && !leaving.current && (next.pathname !== current.pathname || !(next.search as { edit?: boolean }).edit),
    enableBeforeUnload: () => dirty && !leaving.current, withResolver: true,
  });
  const newer = dirty && draft.base !== saved.etag && !theirs;

  return (
    <div className="dash">
      <div className="edit-bar">
        <StatusMark state={dirty ? 'warn' : 'unknown'} label={dirty ? w.unsaved : w.allSaved} />
        <span className="edit-how faint small cut">{w.how}</span>
        <span className="grow" />
        <Button small icon="plus" onClick={() => add({ title: w.newChart, sql: '', chart: { mark: 'line' } }, 9)}>{w.addChart}</Button>
        <Button small icon="plus" onClick={() => add({ text: w.newText, chart: { mark: 'text' } }, 5)}>{w.addText}</Button>
        <Button small kind="quiet" icon="filter" onClick={() => setDialog('filters')}>{w.filters}</Button>
        <Button small kind="quiet" icon="clock" onClick={() => setDialog('settings')}>{w.settings}</Button>
        <IconButton small icon="left" label={w.undo} keys="mod+z" disabled={!draft.undo} onClick={() => draft.undo?.()} />
        <IconButton small icon="right" label={w.redo} keys="mod+shift+z" disabled={!draft.redo} onClick={() => draft.redo?.()} />
        <Menu align="end" trigger={<IconButton small icon="more" label={w.add} />}><MenuItem icon="up" onSelect={() => setTiles(closed(list))}>{w.gaps}</MenuItem></Menu>
        <Button small onClick={() => onDone()}>{w.cancel}</Button>
        <Button small kind="primary" busy={busy} title={keyText('mod+s')} onClick={() => void save()}>{w.save}</Button>
      </div>
      {newer && <div className="stale-note" role="status"><StatusMark state="warn" /><span className="grow">{w.newer(saved.by ?? '–', String(saved.version))}</span></div>}
      {failed !== undefined && <div className="edit-failed"><ErrorNote error={failed} what={w.notSaved} retry={() => void save()} /></div>}
      {tools}
      <div className="dash-stage">
        <div className="board-scroll">
          <EditBoard tiles={list} picked={picked} onLayout={setTiles} onPick={onPick} onRemove={remove} onDuplicate={duplicate}>{children}</EditBoard>
        </div>
        {side ?? (open && <TileEditor key={open.id} tile={open} d={tiles.of(open)} filters={spec.filters ?? []} change={(g, what) => draft.change(d => ({ ...d, tiles: (d.tiles ?? []).map(t => (t.id === open.id ? g(t) : t)) }), what && `${open.id} ${what}`)}
          onPlace={(at: At) => setTiles(placed(list, open.id, at), `place ${open.id}`)} onDuplicate={() => duplicate(open.id)} onRemove={() => remove(open.id)} onClose={() => onPick(undefined)} onSave={() => void save()} />)}
      </div>
      {dialog === 'settings' && <SettingsDialog spec={spec} onClose={() => setDialog(undefined)} onApply={d => draft.change(() => d)} />}
      {dialog === 'filters' && <FiltersDialog spec={spec} onClose={() => setDialog(undefined)} onApply={d => draft.change(() => d)} />}
      {theirs && <Conflict name={name} theirs={theirs} mine={spec} onClose={() => setTheirs(undefined)} onCopy={copy} onTheirs={() => { setTheirs(undefined); finish(); }} onOverwrite={async () => { draft.rebase(theirs.etag); setTheirs(undefined); await save(theirs.etag); }} />}
      {guard.status === 'blocked' && (
        <Dialog open onClose={() => guard.reset()} title={w.leaveTitle} footer={<><Button danger onClick={() => { leaving.current = true; draft.drop(); guard.proceed(); }}>{w.discard}</Button><Button kind="primary" onClick={() => { leaving.current = true; guard.proceed(); }}>{w.leave}</Button></>}>
          <p>{w.leaveText}</p>
        </Dialog>
      )}
    </div>
  );
}

// roomBeside puts a copy at the right where there is room, otherwise below.
const roomBeside = (at: At) => (at.x + 2 * at.w <= 24 ? { x: at.x + at.w } : { y: at.y + at.h });
