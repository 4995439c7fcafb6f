import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useRef, useState } from 'react';
import { textIn, useFormat } from '../../i18n';
import { score } from '../../frame/finder';
import { Button, ErrorNote, Icon, Input, Popover, Skeleton } from '../../ui';
import { askData, type Dashboard, errorOf, type Filter } from './api';
import { iso, type Span } from './window';
import { useDashboardsWords } from './words';

const shownMax = 200; // of the choices that fit what was typed

// FilterChips are the dashboard's filters; each shows what is chosen, and its choices when it is opened.
export function FilterChips({ name, spec, draft, span, values, onChange }: { name: string; spec: Dashboard; draft: boolean; span: Span; values: Record<string, string>; onChange: (filter: string, value: string) => void }) {
  return <>{(spec.filters ?? []).map(f => <Chip key={f.name} name={name} spec={spec} draft={draft} filter={f} span={span} values={values} onChange={onChange} />)}</>;
}

function Chip({ name, spec, draft, filter, span, values, onChange }: { name: string; spec: Dashboard; draft: boolean; filter: Filter; span: Span; values: Record<string, string>; onChange: (filter: string, value: string) => void }) {
  const w = useDashboardsWords();
  const { lang } = useFormat();
  const [open, setOpen] = useState(false);
  const value = values[filter.name] ?? '';
  const label = textIn(lang, filter.label) || filter.name;
  return (
    <Popover title={label} open={open} onOpenChange={setOpen} trigger={<button type="button" className={`filter-chip${value ? ' on' : ''}`} title={value || undefined}><span className="dim">{label}</span> <b className="cut">{value || w.all}</b><Icon name="down" size={12} /></button>}>
      <Choices name={name} spec={spec} draft={draft} filter={filter} label={label} span={span} values={values} value={value} onPick={v => { setOpen(false); onChange(filter.name, v); }} />
    </Popover>
  );
}

function Choices({ name, spec, draft, filter, label, span, values, value, onPick }: { name: string; spec: Dashboard; draft: boolean; filter: Filter; label: string; span: Span; values: Record<string, string>; value: string; onPick: (v: string) => void }) {
  const w = useDashboardsWords();
  const [typed, setTyped] = useState('');
  const own = filter.values?.length ? filter.values : undefined;
  const asked = { from: iso(span.from), to: iso(span.to), filters: values, tiles: [], choices: true, ...(draft ? { spec: { ...spec, title: '-', tiles: [] } } : {}) };
  const got = useQuery({ queryKey: ['dashboard-choices', name, filter.name, filter.sql, asked.from, asked.to], queryFn: ({ signal }) => askData(name, asked, signal), enabled: filter.sql !== undefined && filter.sql !== '' && !own, staleTime: 30_000 });
  const failed = got.error ?? (got.data?.choice_errors?.[filter.name] && errorOf(got.data.choice_errors[filter.name] ?? { message: '' }));
  const list = own ?? got.data?.choices?.[filter.name] ?? [];
  const fits = typed ? list.map(v => [v, score(v, typed)] as const).filter(([, s]) => s > 0).sort((a, b) => b[1] - a[1]).map(([v]) => v) : list;
  const options: readonly Option[] = [
    ...(typed ? [] : [{ value: '', label: w.all }]),
    ...fits.slice(0, shownMax).map(v => ({ value: v, label: v })),
    ...(typed && !list.includes(typed) ? [{ value: typed, label: w.useTyped(typed) }] : []),
  ];
  return (
    <div className="filter-list">
      <Listbox label={label} placeholder={list.length ? w.findChoice : w.typeValue} typed={typed} onType={setTyped} options={options} value={value} onPick={onPick} />
      {got.isFetching && !got.data && <Skeleton lines={3} width={200} />}
      {failed && <ErrorNote error={failed} retry={() => void got.refetch()} />}
      {fits.length > shownMax && <p className="faint small">{w.typeMore}</p>}
      {value !== '' && <Button small kind="quiet" onClick={() => onPick('')}>{w.clear}</Button>}
    </div>
  );
}

interface Option { value: string; label: string }

// Listbox is a text that narrows a list of values. The focus stays in the text; arrows choose.
function Listbox({ label, placeholder, typed, onType, options, value, onPick }: { label: string; placeholder: string; typed: string; onType: (s: string) => void; options: readonly Option[]; value: string; onPick: (v: string) => void }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const chosen = at < 0 ? Math.max(0, typed ? 0 : options.findIndex(o => o.value === value)) : Math.min(at, options.length - 1);
  const go = (i: number) => {
    const to = options.length === 0 ? 0 : (i + options.length) % options.length;
    setAt(to);
    list.current?.children[to]?.scrollIntoView({ block: 'nearest' });
  };
  const onKey = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing) return; // an unfinished syllable
    const move = { ArrowDown: 1, ArrowUp: -1 }[e.key];
    if (move !== undefined) go(chosen + move);
    else if (e.key === 'Enter') { const o = options[chosen]; if (o) onPick(o.value); } else return;
    e.preventDefault();
  };
  return (
    <>
      <Input role="combobox" aria-expanded aria-controls={id} aria-autocomplete="list" aria-activedescendant={options.length ? `${id}${chosen}` : undefined} aria-label={label} placeholder={placeholder} autoFocus value={typed} onChange={e => { onType(e.target.value); setAt(-1); }} onKeyDown={onKey} />
      <div className="filter-options" id={id} role="listbox" aria-label={label} ref={list} tabIndex={-1}>
        {options.map((o, i) => <div key={`${i} ${o.value}`} id={`${id}${i}`} role="option" aria-selected={i === chosen} className="menu-item" data-highlighted={i === chosen ? '' : undefined} onPointerMove={() => setAt(i)} onClick={() => onPick(o.value)}><span className="menu-mark">{o.value === value && <Icon name="check" size={13} />}</span><span className="cut">{o.label}</span></div>)}
      </div>
    </>
  );
}
