import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useId, useMemo, useRef, useState } from 'react';
import { serverNow } from '../../api';
import { Chart, type ChartHandle, ChartKeys } from '../../chart';
import { rangeMs } from '../../frame';
import { textIn, useFormat } from '../../i18n';
import { Age, Button, ErrorNote, IconButton, Menu, MenuItem, MenuSep, Tooltip } from '../../ui';
import { errorOf, type Filter, type Note, type Tile } from './api';
import { boundSql, saveCsv, savePng } from './export';
import { Markdown } from './Markdown';
import type { TileData } from './useTiles';
import { type Span } from './window';
import { useDashboardsWords } from './words';

export interface TileProps {
  tile: Tile; d: TileData; span: Span; notes: readonly Note[]; filters: readonly Filter[]; values: Record<string, string>;
  solo?: boolean; picked?: boolean; // alone on the page; open in the editor
  editor: boolean;
  onZoom: (from: number, to: number) => void; onNote: (id: string) => void; onSolo: (id: string | undefined) => void; onEdit: (id: string) => void; onRetry: () => void;
  edit?: ReactNode; // what the editor adds to the head
}

const lateAfter = 5 * 60_000; // ms behind the newest moment: said beside the tile's title

// TileView is one tile: its title, its chart or words, and what can be done with it.
export function TileView(p: TileProps) {
  const { tile, d, span } = p;
  const w = useDashboardsWords();
  const f = useFormat();
  const id = useId();
  const go = useNavigate();
  const [table, setTable] = useState(false);
  const handle = useRef<ChartHandle>(undefined);
  const title = textIn(f.lang, tile.title), about = textIn(f.lang, tile.about);
  const words = tile.chart.mark === 'text' || (tile.text !== undefined && !tile.sql);
  const drawn = ['line', 'area', 'bar', 'histogram'].includes(tile.chart.mark);
  const name = title || (words ? w.textTile : w.untitled);
  const csv = () => saveCsv(name, d.data);
  const png = () => { if (handle.current) savePng(name, `${f.dateTime(span.from)} – ${f.dateTime(span.to)} · ${f.zone}`, handle.current); };
  const sql = () => void go({ to: '/sql', search: { sql: boundSql(tile, name, span, p.filters, p.values) } as never });
  const behind = d.answer?.data_at ? Math.min(serverNow(), span.to) - Date.parse(d.answer.data_at) : 0;
  return (
    <section className={`tile${tile.chart.mark === 'number' ? ' is-number' : ''}${words ? ' is-text' : ''}${d.old ? ' old' : ''}`} aria-labelledby={title ? id : undefined} aria-label={title ? undefined : name} aria-busy={d.loading || undefined}>
      <header className="tile-head">
        <span className="tile-title">{title && <h2 id={id} className="cut" title={title}>{title}</h2>}
        {about && <Tooltip text={about}><button type="button" className="tile-about" aria-label={`${w.about}: ${about}`}><span aria-hidden="true">i</span></button></Tooltip>}
        {behind > lateAfter && !words && <Age ms={behind} late title={w.behind(f.full(d.answer?.data_at ?? 0))} />}</span>
        <span className="grow" />
        {drawn && !table && d.data.rows > 0 && <ChartKeys spec={tile.chart} data={d.data} />}
        <span className="tile-acts">
          {table && <IconButton small icon="chart" label={w.asChart} onClick={() => setTable(false)} />}
          {p.edit}
          <Menu align="end" trigger={<IconButton small icon="more" label={w.actionsOf(name)} />}>
            {p.editor && <MenuItem icon="edit" onSelect={() => p.onEdit(tile.id)}>{w.editTile}</MenuItem>}
            {tile.sql && <MenuItem icon="sql" onSelect={sql}>{w.openSql}</MenuItem>}
            <MenuItem icon="expand" onSelect={() => p.onSolo(p.solo ? undefined : tile.id)}>{p.solo ? w.allTiles : w.fullScreen}</MenuItem>
            {!words && <MenuSep />}
            {!words && tile.chart.mark !== 'table' && <MenuItem icon={table ? 'chart' : 'table'} disabled={d.data.rows === 0} onSelect={() => setTable(!table)}>{table ? w.asChart : w.asTable}</MenuItem>}
            {drawn && <MenuItem icon="download" disabled={d.data.rows === 0 || table} onSelect={png}>{w.png}</MenuItem>}
            {!words && <MenuItem icon="download" disabled={d.data.rows === 0} onSelect={csv}>{w.csv}</MenuItem>}
          </Menu>
        </span>
      </header>
      <div className="tile-body">
        {words ? <Markdown text={textIn(f.lang, tile.text)} /> : <Body {...p} name={name} table={table} onDrawn={h => { handle.current = h; }} onSql={sql} onCsv={csv} />}
      </div>
    </section>
  );
}

function Body({ tile, d, span, notes, name, table, onZoom, onNote, onRetry, onDrawn, onSql, onCsv, editor, onEdit, picked }: TileProps & { name: string; table: boolean; onDrawn: (h: ChartHandle | undefined) => void; onSql: () => void; onCsv: () => void }) {
  const w = useDashboardsWords();
  const wire = d.answer?.error;
  const step = d.answer?.step_ms || Math.max(span.step, rangeMs(tile.step) ?? 0);
  // The period that goes on: it began before the newest moment that the answer knows, and ends after it.
  const partial = useMemo(() => {
    const edge = Math.min(d.answer?.data_at ? Date.parse(d.answer.data_at) : Infinity, serverNow());
    const from = Math.floor(edge / step) * step;
    return from >= span.from && from < span.to ? { from, to: Math.min(from + step, Math.max(span.to, from)) } : undefined;
  }, [d.answer, step, span.from, span.to]);
  if (!tile.sql?.trim()) return <div className="tile-note"><p className="dim">{w.noSql}</p>{editor && <Button small onClick={() => onEdit(tile.id)}>{w.editTile}</Button>}</div>;
  if (wire || d.error) {
    return (
      <div className="tile-error">
        <ErrorNote error={wire ? errorOf(wire) : d.error} what={wire ? w.tileFailed : undefined} mono={wire !== undefined}
          action={wire ? (editor && !picked ? <Button small onClick={() => onEdit(tile.id)}>{w.editTile}</Button> : <Button small onClick={onSql}>{w.openSql}</Button>) : undefined} retry={onRetry} />
      </div>
    );
  }
  if (!d.answer) return <div className="tile-wait" aria-hidden="true"><i /></div>;
  return (
    <>
      <Chart title={name} spec={tile.chart} data={d.data} thresholds={tile.thresholds} annotations={notes} from={span.from} to={span.to} step={step} partialFrom={partial?.from} partialTo={partial?.to}
        group="dashboard" onZoom={onZoom} onNote={onNote} onDrawn={onDrawn} onMore={onCsv} keys={false} asTable={table} />
      {d.answer.truncated && <p className="tile-cut warned small">{w.truncated}</p>}
    </>
  );
}
