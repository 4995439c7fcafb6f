import '../shared/shared.css';
import './dashboards.css';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { useCan } from '../../api';
import { Page, type TimeRange, TimeControl, useTimeRange } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { textIn, useFormat } from '../../i18n';
import { useLiveEvent } from '../../live';
import { Button, copyText, done, Empty, ErrorNote, Freshness, IconButton, Menu, MenuItem, MenuSep, Segments, Skeleton, StatusMark } from '../../ui';
import { noteRecent } from '../shared/recents';
import { boardKey, type Dashboard, getBoard, type Saved, type Tile, useBoard } from './api';
import { Board } from './Board';
import { FilterChips } from './FilterChips';
import { DeleteBoard, DuplicateBoard } from './ListDialogs';
import { NotesDrawer, useNotes } from './Notes';
import { TileView } from './Tile';
import { useDraft } from './useDraft';
import { useTiles } from './useTiles';
import { iso } from './window';
import { useDashboardsWords } from './words';

const DashboardEditor = lazy(() => import('./edit/DashboardEditor').then(m => ({ default: m.DashboardEditor })));
const VersionsDrawer = lazy(() => import('./edit/Versions').then(m => ({ default: m.VersionsDrawer })));
const route = getRouteApi('/app/dashboards/$name');
const quick = ['15m', '1h', '6h', '24h', '7d'] as const;

export function DashboardPage() {
  const { name } = route.useParams();
  const board = useBoard(name);
  const w = useFrameWords();
  const f = useFormat();
  const crumbs = [{ label: w.dashboards, link: { to: '/dashboards' } }] as const;
  // Talks to the browser's storage.
  useEffect(() => { if (board.data) noteRecent('dashboard', name, textIn(f.lang, board.data.spec.title) || name); }, [name, board.data, f.lang]);
  if (!board.data) return <Page title={name} crumbs={crumbs}>{board.error ? <ErrorNote page error={board.error} retry={() => void board.refetch()} /> : <div className="pad"><Skeleton lines={8} width={520} /></div>}</Page>;
  return <Shown key={name} name={name} saved={board.data} stale={board.error !== null} />;
}

// Shown is a dashboard that is there: looked at, or edited.
function Shown({ name, saved, stale }: { name: string; saved: Saved; stale: boolean }) {
  const w = useDashboardsWords();
  const fw = useFrameWords();
  const f = useFormat();
  const search = route.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const editor = useCan('editor');
  const draft = useDraft(name, saved);
  const editing = search.edit === true && editor;
  const spec: Dashboard = editing ? draft.spec : saved.spec;
  const { time, set: setTime } = useTimeRange(spec.time.range || '6h');
  const values = useMemo(() => Object.fromEntries((spec.filters ?? []).map(x => [x.name, search.f?.[x.name] ?? x.default ?? ''])), [spec.filters, search.f]);
  const tiles = useTiles(name, saved.spec, spec, time, values);
  const { span } = tiles;
  const { notes, query: noteQuery } = useNotes(span);
  const [note, setNote] = useState<string>();
  const [dialog, setDialog] = useState<'duplicate' | 'delete'>();
  const before = useRef<TimeRange[]>([]);
  const title = textIn(f.lang, spec.title) || name;

  const set = useCallback((change: Partial<Record<'edit' | 'tile' | 'side' | 'f', unknown>>, replace = false) => void navigate({ to: '.', search: (old: object) => ({ ...old, ...change }), replace } as never), [navigate]);
  const pick = (id: string | undefined) => set({ tile: id, ...(id ? { side: undefined } : {}) }, true);
  const solo = editing ? undefined : (spec.tiles ?? []).find(t => t.id === search.tile);
  const zoom = useCallback((from: number, to: number) => { before.current.push(time); setTime({ from: iso(from), to: iso(to) }); }, [time, setTime]);
  const back = () => setTime(before.current.pop() ?? { range: spec.time.range || '6h' });
  const filter = (n: string, v: string) => { const own = { ...search.f }; if (v === (spec.filters?.find(x => x.name === n)?.default ?? '')) delete own[n]; else own[n] = v; set({ f: Object.keys(own).length ? own : undefined }); };

  // Somebody else has saved, or the file was changed.
  useLiveEvent<{ etag?: string }>(`dashboards/${name}`, e => { if (e?.etag && e.etag !== saved.etag) void client.fetchQuery({ queryKey: boardKey(name), queryFn: () => getBoard(name), staleTime: 0 }).catch(() => undefined); });
  const escape = useEffectEvent((e: KeyboardEvent) => { if (e.key === 'Escape' && !e.defaultPrevented && solo && !document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"]')) set({ tile: undefined }); });
  // Hears keys of the whole document.
  useEffect(() => { const g = (e: KeyboardEvent) => escape(e); document.addEventListener('keydown', g); return () => document.removeEventListener('keydown', g); }, []);

  const view = (t: Tile, edit?: React.ReactNode, alone = false) => (
    <TileView tile={t} d={tiles.of(t)} span={tiles.shownSpan} notes={notes} filters={spec.filters ?? []} values={values} editor={editor} solo={alone} picked={editing && search.tile === t.id} edit={edit}
      onZoom={zoom} onNote={id => { setNote(id); set({ side: 'notes' }, true); }} onSolo={id => set({ tile: id })} onEdit={id => set({ edit: true, tile: id, side: undefined }, editing)} onRetry={tiles.refetch} />
  );
  const side = search.side === 'notes' ? <NotesDrawer notes={notes} query={noteQuery} picked={note} onClose={() => set({ side: undefined }, true)} />
    : search.side === 'versions' ? (
      <Suspense fallback={<aside className="drawer" />}>
        <VersionsDrawer name={name} saved={saved} onClose={() => set({ side: undefined }, true)} onRestored={s => { client.setQueryData(boardKey(name), s); }} onTake={d => { draft.replace({ ...d, ...(saved.spec.name ? { name: saved.spec.name } : {}) }, saved.etag); set({ edit: true, side: undefined, tile: undefined }); }} />
      </Suspense>
    ) : undefined;

  const tools = (
    <div className="dash-tools">
      {tiles.oldest !== undefined && <Freshness at={tiles.oldest} lateAfter={120_000} ago />}
      <FilterChips name={name} spec={spec} draft={editing && draft.dirty} span={span} values={values} onChange={filter} />
      <span className="grow" />
      {time.range === undefined && <Button small icon="left" onClick={back}>{w.zoomBack}</Button>}
      <Segments label={fw.timeRange} value={quick.find(r => r === time.range)} options={quick.map(r => ({ value: r, label: r }))} onChange={range => setTime({ range })} />
      <TimeControl fallback={spec.time.range || '6h'} />
      {!editing && (
        <>
          {editor && <Button icon="edit" onClick={() => set({ edit: true, tile: undefined })}>{w.edit}</Button>}
          <Menu align="end" trigger={<IconButton icon="more" label={w.more} />}>
            <MenuItem icon="refresh" onSelect={tiles.refetch}>{w.refresh}</MenuItem>
            <MenuItem icon="flag" onSelect={() => set({ side: 'notes' }, true)}>{w.notes}</MenuItem>
            <MenuItem icon="history" onSelect={() => set({ side: 'versions' }, true)}>{w.versions}</MenuItem>
            <MenuItem icon="link" onSelect={() => { copyText(linkTo(span, time)).then(() => done(w.linkCopied), () => undefined); }}>{w.copyLink}</MenuItem>
            {editor && <><MenuSep /><MenuItem icon="copy" onSelect={() => setDialog('duplicate')}>{w.duplicate}</MenuItem><MenuItem icon="trash" danger onSelect={() => setDialog('delete')}>{w.delete}</MenuItem></>}
          </Menu>
        </>
      )}
    </div>
  );

  return (
    <Page fixed title={solo ? textIn(f.lang, solo.title) || title : title} crumbs={[{ label: fw.dashboards, link: { to: '/dashboards' } }, ...(solo ? [{ label: title, link: { to: '/dashboards/$name', params: { name }, search: (old: object) => ({ ...old, tile: undefined }) } as never }] : [])]}>
      {editing ? (
        <Suspense fallback={<div className="dash">{tools}</div>}>
          <DashboardEditor name={name} saved={saved} draft={draft} tiles={tiles} picked={search.tile} onPick={pick} tools={tools} side={side}
            onDone={to => (to && to !== name ? void navigate({ to: '/dashboards/$name', params: { name: to } }) : set({ edit: undefined, tile: undefined, side: undefined }))}>{(t, edit) => view(t, edit)}</DashboardEditor>
        </Suspense>
      ) : (
        <div className="dash">
          {tools}
          <Problems saved={saved} stale={stale} tilesError={tiles.error} filled={(spec.tiles ?? []).length > 0} retry={tiles.refetch} />
          {draft.dirty && editor && <div className="stale-note" role="status"><StatusMark state="warn" /><span className="grow">{w.unsaved(draft.at ? f.dateTime(draft.at) : '–')}</span><Button small onClick={() => set({ edit: true })}>{w.goOn}</Button><Button small kind="quiet" onClick={draft.drop}>{w.discard}</Button></div>}
          <div className="dash-stage">
            {solo ? <div className="solo">{view(solo, undefined, true)}</div> : (
              <div className="board-scroll" tabIndex={-1}>
                {(spec.tiles ?? []).length === 0
                  ? <Empty center title={w.noTiles} action={editor ? <Button kind="primary" onClick={() => set({ edit: true })}>{w.addTile}</Button> : undefined}>{w.noTilesText}</Empty>
                  : <Board tiles={spec.tiles ?? []}>{t => view(t)}</Board>}
              </div>
            )}
            {side}
          </div>
        </div>
      )}
      {dialog === 'duplicate' && <DuplicateBoard name={name} title={title} onClose={() => setDialog(undefined)} onDone={n => void navigate({ to: '/dashboards/$name', params: { name: n } })} />}
      {dialog === 'delete' && <DeleteBoard name={name} title={title} onClose={() => setDialog(undefined)} onDone={() => void navigate({ to: '/dashboards' })} />}
    </Page>
  );
}

// linkTo is the page's address with the time as it is now, so that somebody else sees the same.
function linkTo(span: { from: number; to: number }, time: TimeRange): string {
  const u = new URL(location.href);
  if (time.range !== undefined) { u.searchParams.delete('range'); u.searchParams.set('from', iso(span.from)); u.searchParams.set('to', iso(span.to)); }
  return u.href;
}

function Problems({ saved, stale, tilesError, filled, retry }: { saved: Saved; stale: boolean; tilesError: unknown; filled: boolean; retry: () => void }) {
  const w = useDashboardsWords();
  const list = saved.problems ?? [];
  return (
    <>
      {list.length > 0 && (
        <div className="board-problems" role="alert">
          <StatusMark state="warn" /><div className="grow"><b>{w.fileProblem(saved.spec.file ?? '')}</b>
            <ul>{list.slice(0, 5).map((p, i) => <li key={i}>{p.line ? <span className="mono">{p.line}:{p.column ?? 1} </span> : null}{p.message}{p.hint && <span className="dim"> · {p.hint}</span>}</li>)}</ul></div>
        </div>
      )}
      {(stale || (tilesError !== undefined && filled)) && <div className="stale-note" role="status"><StatusMark state="warn" /><span className="grow">{w.stale}</span><Button small onClick={retry}>{w.refresh}</Button></div>}
    </>
  );
}

