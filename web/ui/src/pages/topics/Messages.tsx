import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useRef, useState } from 'react';
import { toApiError } from '../../api';
import { useFormat } from '../../i18n';
import { Button, Empty, ErrorNote, Skeleton } from '../../ui';
import { type Messages as Page, type TopicDetail, type TopicRecord, useMessages } from './api';
import { oneLine } from './payload';
import { RecordDrawer } from './RecordDrawer';
import type { TopicSearch } from './search';
import { SeekBar } from './SeekBar';
import { useTopicsWords } from './words';

export type SetSearch = (change: Partial<Record<keyof TopicSearch, unknown>>) => void;
const rowPx = 28;

// Messages is a topic's records, newest first, from a place that the URL says.
export function Messages({ topic, search, onSearch }: { topic: TopicDetail; search: TopicSearch; onSearch: SetSearch }) {
  const w = useTopicsWords();
  const [held, setHeld] = useState<number>(); // paused: records of the topic at that moment
  const tail = search.tail === true;
  const q = useMessages(topic.name, { partition: search.partition, at: search.at, filter: search.filter }, tail && held === undefined);
  const pages = q.data?.pages ?? [];
  const records = pages.flatMap(p => p.records);
  const chosen = records.findIndex(r => r.partition === search.p && String(r.offset) === search.offset);
  const open = (r?: TopicRecord) => onSearch({ p: r?.partition, offset: r === undefined ? undefined : String(r.offset) });
  return (
    <div className="messages">
      <div className="messages-main">
        <SeekBar key={`${search.at} ${search.filter} ${search.partition}`} topic={topic} search={search} onSearch={onSearch} tail={tail} held={held === undefined ? undefined : topic.records - held} onHold={on => setHeld(on ? topic.records : undefined)} />
        {q.error && <ErrorNote error={q.error} what={search.filter && toApiError(q.error).kind === 'invalid' ? w.badFilter : undefined} mono retry={() => void q.refetch()} />}
        {!q.data ? !q.error && <div className="pad"><Skeleton lines={8} width={600} /></div>
          : records.length === 0 ? <Nothing filter={search.filter} last={pages.at(-1)} busy={q.isFetching} onMore={() => void q.fetchNextPage()} onClear={() => onSearch({ filter: undefined })} />
          : <List records={records} pages={pages} chosen={chosen} onOpen={open} more={q.hasNextPage && !tail} busy={q.isFetchingNextPage} onMore={() => void q.fetchNextPage()} filter={search.filter} stale={q.isPlaceholderData} />}
      </div>
      {search.p !== undefined && search.offset !== undefined && (
        <RecordDrawer topic={topic.name} partition={search.p} offset={Number(search.offset)} known={records[chosen]} onClose={() => open()}
          newer={chosen > 0 ? () => open(records[chosen - 1]) : undefined} older={chosen >= 0 && chosen < records.length - 1 ? () => open(records[chosen + 1]) : undefined} />
      )}
    </div>
  );
}

function Nothing({ filter, last, busy, onMore, onClear }: { filter: string | undefined; last: Page | undefined; busy: boolean; onMore: () => void; onClear: () => void }) {
  const w = useTopicsWords();
  const f = useFormat();
  if (!filter) return <Empty title={w.noRecords}>{w.noRecordsText}</Empty>;
  return <Empty title={w.noHits} action={<>{last?.older && <Button kind="primary" busy={busy} onClick={onMore}>{w.scanOn}</Button>}<Button onClick={onClear}>{w.clear}</Button></>}>{w.noHitsText} {w.filtered('0', f.int(last?.scanned ?? 0))}</Empty>;
}

function List({ records, pages, chosen, onOpen, more, busy, onMore, filter, stale }: {
  records: readonly TopicRecord[]; pages: readonly Page[]; chosen: number; onOpen: (r: TopicRecord) => void; more: boolean; busy: boolean; onMore: () => void; filter: string | undefined; stale: boolean;
}) {
  const w = useTopicsWords();
  const f = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const v = useVirtualizer({ count: records.length, getScrollElement: () => box.current, estimateSize: () => rowPx, overscan: 16, getItemKey: i => `${records[i]?.partition}/${records[i]?.offset}` });
  const onKey = (e: KeyboardEvent) => {
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[e.key];
    if (move === undefined) return;
    e.preventDefault();
    const next = records[Math.max(0, Math.min(records.length - 1, (chosen < 0 ? -1 : chosen) + move))];
    if (next) { onOpen(next); v.scrollToIndex(records.indexOf(next)); }
  };
  const scanned = pages.reduce((n, p) => n + p.scanned, 0);
  return (
    <>
      <div className="rec-list" ref={box} role="grid" aria-label={w.messages} aria-rowcount={records.length + 1} tabIndex={0} onKeyDown={onKey} style={{ opacity: stale ? 0.6 : 1 }}
        aria-activedescendant={chosen >= 0 ? `rec-${chosen}` : undefined}>
        <div className="rec rec-head" role="row"><span role="columnheader">{w.when}</span><span role="columnheader" className="num" title={w.partition}>{w.partition}</span><span role="columnheader" className="num">{w.offset}</span><span role="columnheader">{w.key}</span><span role="columnheader">{w.value}</span></div>
        <div role="rowgroup" style={{ height: v.getTotalSize(), position: 'relative' }}>
          {v.getVirtualItems().map(item => {
            const r = records[item.index];
            if (!r) return null;
            return (
              <div key={item.key} id={`rec-${item.index}`} role="row" aria-rowindex={item.index + 2} aria-selected={item.index === chosen} className={`rec${item.index === chosen ? ' on' : ''}`} style={{ transform: `translateY(${item.start}px)` }} onClick={() => onOpen(r)}>
                <span role="gridcell" title={f.full(r.at)}>{f.ms(r.at)}</span><span role="gridcell" className="num mono dim">{r.partition}</span><span role="gridcell" className="num mono dim">{f.int(r.offset)}</span>
                <span role="gridcell" className="cut mono">{r.key ? oneLine(r.key, f, w) : <i className="faint">{w.noKey}</i>}</span>
                <span role="gridcell" className="cut mono value">{r.value ? oneLine(r.value, f, w) : <i className="faint">{w.tombstone}</i>}</span>
              </div>
            );
          })}
        </div>
      </div>
      <div className="rec-foot">
        {filter && <span>{w.filtered(f.int(records.length), f.int(scanned))}</span>}
        <span className="grow" />
        {more ? <Button small busy={busy} onClick={onMore}>{pages.at(-1)?.cut ? w.scanOn : w.older}</Button> : !pages.at(-1)?.older && <span>{w.beginning}</span>}
      </div>
    </>
  );
}
