import { useState } from 'react';
import { useFormat } from '../../i18n';
import { moment, wall } from '../../frame/time';
import { serverNow } from '../../api';
import { Button, Input, Popover, Select } from '../../ui';
import type { TopicDetail } from './api';
import { FilterField } from './FilterField';
import type { SetSearch } from './Messages';
import type { TopicSearch } from './search';
import { useTopicsWords } from './words';

type Seek = 'newest' | 'oldest' | 'offset' | 'time';

// SeekBar says where the list begins, which partition, which filter, and whether new records come in.
export function SeekBar({ topic, search, onSearch, tail, held, onHold }: { topic: TopicDetail; search: TopicSearch; onSearch: SetSearch; tail: boolean; held: number | undefined; onHold: (on: boolean) => void }) {
  const w = useTopicsWords();
  const f = useFormat();
  const live = () => { onHold(false); onSearch({ tail: tail ? undefined : true, at: undefined }); };
  return (
    <div className="seek">
      <SeekWhere key={search.at} search={search} onSearch={s => { onHold(false); onSearch(s); }} />
      <Select label={w.partition} value={String(search.partition ?? '')} options={[{ value: '', label: w.all }, ...topic.parts.map(p => ({ value: String(p.partition), label: w.partitionN(f.int(p.partition)) }))]} onChange={v => onSearch({ partition: v === '' ? undefined : Number(v), p: undefined, offset: undefined })} />
      <FilterField topic={topic} search={search} onSearch={onSearch} />
      {tail && <Button icon={held === undefined ? 'pause' : 'play'} onClick={() => onHold(held === undefined)}>{held === undefined ? w.pause : w.resume}</Button>}
      <Button aria-pressed={tail} icon="stream" title={w.tailing} onClick={live}>{tail && held !== undefined ? w.paused(f.compact(Math.max(0, held))) : w.tail}</Button>
    </div>
  );
}

function SeekWhere({ search, onSearch }: { search: TopicSearch; onSearch: SetSearch }) {
  const w = useTopicsWords();
  const f = useFormat();
  const at = search.at;
  const kind: Seek = at === undefined || at === 'end' ? 'newest' : at === 'start' ? 'oldest' : /^\d+$/.test(at) ? 'offset' : 'time';
  const [open, setOpen] = useState(false);
  const [offset, setOffset] = useState(kind === 'offset' ? (at ?? '') : '');
  const [time, setTime] = useState(() => wall(kind === 'time' && at && !Number.isNaN(Date.parse(at)) ? Date.parse(at) : serverNow(), f.zone));
  const go = (v: string | undefined) => { setOpen(false); onSearch({ at: v, tail: undefined, p: undefined, offset: undefined }); };
  const shown = { newest: w.newest, oldest: w.oldest, offset: `${w.offset} ${at ?? ''}`, time: at && !Number.isNaN(Date.parse(at)) ? f.dateTime(at) : w.atTime }[kind];
  const bad = !/^\d{1,15}$/.test(offset);
  return (
    <Popover title={w.seek} open={open} onOpenChange={setOpen} trigger={<Button icon="clock" aria-label={`${w.seek}: ${shown}`}>{shown}</Button>}>
      <div className="seek-pop">
        <div className="row"><Button small aria-pressed={kind === 'newest'} onClick={() => go(undefined)}>{w.newest}</Button><Button small aria-pressed={kind === 'oldest'} onClick={() => go('start')}>{w.oldest}</Button></div>
        <form className="row" onSubmit={e => { e.preventDefault(); if (!bad) go(offset); }}><Input mono aria-label={w.atOffset} placeholder={w.atOffset} title={w.badOffset} inputMode="numeric" value={offset} onChange={e => setOffset(e.target.value)} /><Button type="submit" disabled={bad}>{w.go}</Button></form>
        <form className="row" onSubmit={e => { e.preventDefault(); go(new Date(moment(time, f.zone)).toISOString()); }}><Input type="datetime-local" aria-label={w.atTime} value={time} onChange={e => setTime(e.target.value)} /><Button type="submit">{w.go}</Button></form>
        <span className="faint small">{f.zone}</span>
      </div>
    </Popover>
  );
}
