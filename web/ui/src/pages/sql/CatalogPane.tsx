import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type CatalogTable, toApiError, useCatalog, useStreams } from '../../api';
import { quoted } from '../../editor/name';
import { score } from '../../frame/finder';
import { shortType } from '../../grid';
import { Bars, Empty, ErrorNote, Freshness, Icon, Input, Skeleton } from '../../ui';
import { catalogBars } from './client';
import { useSqlWords } from './words';

const order = ['view', 'seed', 'topic'] as const;
const shownMax = 300, columnsMax = 200, barsMax = 24;

// CatalogPane lists what SQL can see; a name goes into the editor.
export function CatalogPane({ onInsert }: { onInsert: (text: string, alone?: string) => void }) {
  const w = useSqlWords();
  const catalog = useCatalog();
  const streams = useStreams().data ?? [];
  const [find, setFind] = useState('');
  const [open, setOpen] = useState<ReadonlySet<string>>();
  const all = catalog.data ?? [];
  const hit = (t: CatalogTable) => find === '' || score(t.name, find) > 0 || t.columns.some(c => score(c.name, find) > 0.5);
  const first = all.find(t => t.kind === 'view');
  const opened = open ?? new Set(first ? [`view/${first.name}`] : []);
  const toggle = (id: string) => { const next = new Set(opened); if (!next.delete(id)) next.add(id); setOpen(next); };
  const groups = { view: w.views, seed: w.seeds, topic: w.topics };
  return (
    <>
      <div className="sql-find"><Input icon="search" type="search" placeholder={w.findData} aria-label={w.findData} value={find} onChange={e => setFind(e.target.value)} /></div>
      <div className="sql-list">
        {catalog.isPending && <div className="sql-pad"><Skeleton lines={8} width={180} /></div>}
        {catalog.error && <div className="sql-pad"><ErrorNote error={catalog.error} retry={() => void catalog.refetch()} /></div>}
        {catalog.data && all.length === 0 && <Empty title={w.noData}>{w.noDataText}</Empty>}
        {all.length > 0 && !all.some(hit) && <p className="sql-pad dim">{w.noneFound}</p>}
        {order.map(kind => {
          const list = all.filter(t => t.kind === kind && hit(t));
          return list.length > 0 && (
            <section key={kind} aria-label={groups[kind]}>
              <h2 className="sql-group">{groups[kind]}</h2>
              {list.slice(0, shownMax).map(t => {
                const id = `${kind}/${t.name}`, isOpen = opened.has(id) || (find !== '' && score(t.name, find) === 0);
                const at = streams.find(s => s.name === t.name)?.watermark;
                return (
                  <div key={id}>
                    <div className={`sql-obj${isOpen ? ' open' : ''}`}>
                      <button type="button" className="sql-twist" aria-expanded={isOpen} aria-label={w.toggle(t.name)} onClick={() => toggle(id)}><Icon name={isOpen ? 'down' : 'right'} size={12} /></button>
                      <button type="button" className="sql-name cut" title={t.note ?? w.insertName(t.name)} onClick={() => onInsert(quoted(t.name), `SELECT *\nFROM ${quoted(t.name)}\nLIMIT 1000`)}>{t.name}</button>
                      {kind === 'view' && <Freshness at={at} lateAfter={600_000} />}
                    </div>
                    {isOpen && <Columns table={t} find={find} onInsert={onInsert} />}
                  </div>
                );
              })}
            </section>
          );
        })}
      </div>
    </>
  );
}

function Columns({ table, find, onInsert }: { table: CatalogTable; find: string; onInsert: (text: string) => void }) {
  const w = useSqlWords();
  const fits = table.columns.filter(c => score(table.name, find) > 0 || score(c.name, find) > 0.5);
  return (
    <ul>
      {fits.slice(0, columnsMax).map((c, i) => (
        <li key={i} className="sql-col"><button type="button" className="sql-name cut" title={w.insertName(c.name)} onClick={() => onInsert(quoted(c.name))}>{c.name}</button><span className="ty">{shortType(c.type)}</span><ColumnBars table={table.name} column={c.name} wanted={i < barsMax} /></li>
      ))}
    </ul>
  );
}

let without = false; // the server has no profiles of the catalog: it is not asked again

function ColumnBars({ table, column, wanted }: { table: string; column: string; wanted: boolean }) {
  const w = useSqlWords();
  const got = useQuery({
    queryKey: ['catalog-profile', table, column], enabled: wanted && !without, staleTime: 120_000, retry: false, placeholderData: undefined,
    queryFn: () => catalogBars(table, column).catch((e: unknown) => { if (toApiError(e).kind === 'not_found') without = true; return null; }),
  }).data;
  return got && got.length > 0 ? <Bars values={thinned(got)} width={62} height={14} label={w.distribution(column)} /> : <span />;
}

function thinned(v: readonly number[]): number[] {
  const step = Math.ceil(v.length / 12);
  return Array.from({ length: Math.ceil(v.length / step) }, (_, i) => v.slice(i * step, (i + 1) * step).reduce((a, b) => a + b, 0));
}
