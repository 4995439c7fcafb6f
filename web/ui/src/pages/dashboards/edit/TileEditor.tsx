import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useCatalog } from '../../../api';
import { Editor, placeOf, type Problem } from '../../../editor';
import { shortType } from '../../../grid';
import { textIn, useFormat } from '../../../i18n';
import { Button, Drawer, ErrorNote, IconButton } from '../../../ui';
import { type At, errorOf, type Filter, type Tile } from '../api';
import { columns } from '../Board';
import type { TileData } from '../useTiles';
import { ChartForm } from './ChartForm';
import { NumberField, TextField } from './fields';
import { rowsMax } from './layout';
import { useEditWords } from './words';

const none: readonly never[] = [];
const quietMs = 700; // after the last key the answer is asked for

// TileEditor changes one tile of the draft; the tile on the board shows at once what comes of it.
export function TileEditor({ tile, d, filters, change, onPlace, onDuplicate, onRemove, onClose, onSave }: {
  tile: Tile; d: TileData; filters: readonly Filter[]; change: (f: (t: Tile) => Tile, what?: string) => void; onPlace: (at: At) => void; onDuplicate: () => void; onRemove: () => void; onClose: () => void; onSave: () => void;
}) {
  const w = useEditWords();
  const f = useFormat();
  const words = tile.chart.mark === 'text';
  const name = textIn(f.lang, tile.title) || (words ? w.text : w.chart);
  const put = (at: Partial<At>) => onPlace({ ...tile.at, ...at });
  return (
    <Drawer title={w.editing(name)} onClose={onClose} actions={<><IconButton small icon="copy" label={w.duplicate} onClick={onDuplicate} /><IconButton small icon="trash" label={w.remove} onClick={onRemove} /></>}>
      <div className="tile-form">
        <TextField label={w.title} value={tile.title} onChange={t => change(o => clean({ ...o, title: t }), 'title')} />
        {words ? <TextField label={w.markdown} hint={w.markdownHint} long={12} value={tile.text} onChange={t => change(o => ({ ...o, text: t ?? '' }), 'text')} /> : <Sql tile={tile} d={d} filters={filters} change={change} onSave={onSave} />}
        {!words && <ChartForm tile={tile} d={d} change={change} />}
        <TextField label={w.about} hint={w.aboutHint} value={tile.about} onChange={t => change(o => clean({ ...o, about: t }), 'about')} />
        <fieldset className="list-field">
          <legend>{w.place}</legend>
          <div className="place-row">
            <NumberField label={w.column} value={tile.at.x + 1} min={1} max={columns} whole onChange={n => { if (n) put({ x: n - 1 }); }} />
            <NumberField label={w.row} value={tile.at.y + 1} min={1} max={9000} whole onChange={n => { if (n) put({ y: n - 1 }); }} />
            <NumberField label={w.width} value={tile.at.w} min={2} max={columns} whole onChange={n => { if (n) put({ w: n }); }} />
            <NumberField label={w.height} value={tile.at.h} min={2} max={rowsMax} whole onChange={n => { if (n) put({ h: n }); }} />
          </div>
        </fieldset>
      </div>
    </Drawer>
  );
}

// clean takes away what is not said.
function clean<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
}

function Sql({ tile, d, filters, change, onSave }: { tile: Tile; d: TileData; filters: readonly Filter[]; change: (f: (t: Tile) => Tile, what?: string) => void; onSave: () => void }) {
  const w = useEditWords();
  const f = useFormat();
  const tables = useCatalog().data ?? none;
  const [text, setText] = useState({ id: tile.id, was: tile.sql ?? '', now: tile.sql ?? '' });
  const latest = useRef(text.now); // what was typed last: Ctrl Enter may come before it is rendered
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The tile's SQL was changed from elsewhere (undo, another tile): it is shown.
  if (text.id !== tile.id || (text.was !== (tile.sql ?? '') && text.now !== (tile.sql ?? ''))) setText({ id: tile.id, was: tile.sql ?? '', now: tile.sql ?? '' });
  // Talks to the timer below: it must not write an older text over one that came from elsewhere.
  useEffect(() => { if (timer.current === undefined) latest.current = text.now; }, [text.now]);
  const commit = useEffectEvent(() => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const now = latest.current;
    if (now === (tile.sql ?? '')) return;
    setText({ id: tile.id, was: now, now });
    change(t => ({ ...t, sql: now }), 'sql');
  });
  // What was written last is not lost when another tile is opened.
  useEffect(() => () => { if (timer.current !== undefined) commit(); }, [tile.id]);
  const typed = (_: string, now: string) => {
    latest.current = now;
    setText(t => ({ ...t, now }));
    clearTimeout(timer.current);
    timer.current = setTimeout(() => commit(), quietMs);
  };
  const wire = d.answer?.error;
  const error = wire ? errorOf(wire) : d.error;
  const problems = useMemo((): readonly Problem[] => (wire?.line && text.now === tile.sql ? [{ from: placeOf(text.now, wire.line, wire.column ?? 1), message: wire.message }] : none), [wire, text.now, tile.sql]);
  return (
    <div className="field">
      <span>{w.sql}</span>
      <div className="tile-sql"><Editor doc={tile.id} text={text.now} onChange={typed} onRun={() => commit()} onSave={() => { commit(); onSave(); }} tables={tables} typeWord={shortType} problems={problems} label={w.sql} placeholder={w.sqlPlaceholder} /></div>
      <span className="hint">{w.sqlHint} {['from', 'to', 'step', ...filters.map(x => x.name)].map(n => <code key={n} className="param">{`{{${n}}}`}</code>)}</span>
      {error !== undefined ? <ErrorNote error={error} mono={wire !== undefined} /> : d.answer && <p className="faint small" role="status">{w.answer(f.rows(d.data.rows), f.duration(d.answer.ms ?? 0))}{d.answer.truncated ? ` · ${w.truncated}` : ''}</p>}
      {text.now !== (tile.sql ?? '') && <Button small onClick={() => commit()}>{w.runNow}</Button>}
    </div>
  );
}
