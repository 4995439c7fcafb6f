import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useRef, useState } from 'react';
import { type Format, useFormat } from '../../i18n';
import { Button, Empty, ErrorNote, Skeleton } from '../../ui';
import { type Messages as Page, type TopicDetail, type TopicRecord, useMessages } from './api';
import { ConditionProblem, said } from './FilterField';
import { oneLine } from './payload';
import { RecordDrawer } from './RecordDrawer';
import type { TopicSearch } from './search';
import { SeekBar } from './SeekBar';
import { useTopicsWords } from './words';

export type SetSearch = (change: Partial<Record<keyof TopicSearch, unknown>>) => void;
const rowPx = 28;

// Messages is a topic's records, newest first, from a place that the URL says.
export function Messages({ topic, search, onSearch }: { topic: TopicDetail; search: TopicSearch; onSearch: SetSearch }) {
  const [held, setHeld] = useState<number>(); // paused: records of the topic at that moment
  const tail = search.tail === true;
  const q = useMessages(topic.name, { partition: search.partition, at: search.at, filter: search.filter, where: search.where }, tail && held === undefined);
  const filter = search.where ?? search.filter, problem = said(search, q.error);
  const pages = problem ? [] : (q.data?.pages ?? []);
  const records = pages.flatMap(p => p.records);
  const chosen = records.findIndex(r => r.partition === search.p && String(r.offset) === search.offset);
  const open = (r?: TopicRecord) => onSearch({ p: r?.partition, offset: r === undefined ? undefined : String(r.offset) });
  return (
    <div className="messages">
      <div className="messages-main">
        <SeekBar topic={topic} search={search} onSearch={onSearch} tail={tail} held={held === undefined ? undefined : topic.records - held} onHold={on => setHeld(on ? topic.records : undefined)} />
        {problem && search.where ? <ConditionProblem where={search.where} error={problem} /> : q.error && <ErrorNote error={q.error} mono retry={() => void q.refetch()} />}
        {!q.data || problem ? !q.error && <div className="pad"><Skeleton lines={8} width={600} /></div>
          : records.length === 0 ? <Nothing filter={filter} pages={pages} tail={tail} busy={q.isFetching && !tail} onMore={() => void q.fetchNextPage()} onClear={() => onSearch({ filter: undefined, where: undefined })} />
          : <List records={records} pages={pages} chosen={chosen} onOpen={open} more={q.hasNextPage && !tail} busy={q.isFetchingNextPage} onMore={() => void q.fetchNextPage()} filter={q.isPlaceholderData ? undefined : filter} stale={q.isPlaceholderData} />}
      </div>
      {search.p !== undefined && search.offset !== undefined && (
        <RecordDrawer topic={topic.name} partition={search.p} offset={Number(search.offset)} known={records[chosen]} onClose={() => open()}
          newer={chosen > 0 ? () => open(records[chosen - 1]) : undefined} older={chosen >= 0 && chosen < records.length - 1 ? () => open(records[chosen + 1]) : undefined} />
      )}
    </div>
  );
}

// looked says how much was looked at for the filter, how far back, and what could not be read.
function looked(pages: readonly Page[], hits: number, w: ReturnType<typeof useTopicsWords>, f: Format): string {
  const sum = (n: (p: Page) => number | undefined) => pages.reduce((all, p) => all + (n(p) ?? 0), 0), unread = sum(p => p.unread), back = pages.at(-1)?.back;
  return [w.filtered(f.int(hits), f.int(sum(p => p.scanned))), back && w.lookedBack(f.dateTime(back)), unread > 0 && w.unread(f.int(unread))].filter(Boolean).join(' · ');
}

function Nothing({ filter, pages, tail, busy, onMore, onClear }: { filter: string | undefined; pages: readonly Page[]; tail: boolean; busy: boolean; onMore: () => void; onClear: () => void }) {
  const w = useTopicsWords();
  const f = useFormat();
  const last = pages.at(-1);
  if (!filter) return <Empty title={w.noRecords}>{w.noRecordsText}</Empty>;
  return <Empty title={w.noHits} action={<>{last?.older && !tail && <Button kind="primary" busy={busy} onClick={onMore}>{w.scanOn}</Button>}<Button onClick={onClear}>{w.clear}</Button></>}>{w.noHitsText} {looked(pages, 0, w, f)}</Empty>;
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
        {filter && <span>{looked(pages, records.length, w, f)}</span>}
        <span className="grow" />
        {more ? <Button small busy={busy} onClick={onMore}>{pages.at(-1)?.cut ? w.scanOn : w.older}</Button> : !pages.at(-1)?.older && <span>{w.beginning}</span>}
      </div>
    </>
  );
}
