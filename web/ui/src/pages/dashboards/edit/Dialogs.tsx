import { useState } from 'react';
import { rangeMs, ranges } from '../../../frame';
import { type Text, textIn, useFormat } from '../../../i18n';
import { Button, Dialog, Field, IconButton, Input, Select, TextArea } from '../../../ui';
import type { Dashboard, Filter } from '../api';
import { TextField } from './fields';
import { useEditWords } from './words';

// SettingsDialog: what the dashboard is called, what it answers, and what it opens with.
export function SettingsDialog({ spec, onClose, onApply }: { spec: Dashboard; onClose: () => void; onApply: (d: Dashboard) => void }) {
  const w = useEditWords();
  const f = useFormat();
  const [title, setTitle] = useState<Text | undefined>(spec.title);
  const [about, setAbout] = useState<Text | undefined>(spec.about);
  const [range, setRange] = useState(spec.time.range);
  const [refresh, setRefresh] = useState(spec.time.refresh ?? '');
  const list = (now: string, some: readonly string[]) => [...some, ...(now && !some.includes(now) ? [now] : [])];
  const apply = () => onApply({ ...spec, title: title ?? '', ...(about ? { about } : { about: '' }), time: { range, ...(refresh ? { refresh } : {}) } });
  return (
    <Dialog open onClose={onClose} title={w.settings} submit={w.apply} onSubmit={apply}>
      <TextField label={w.title} value={title} onChange={setTitle} autoFocus />
      <TextField label={w.about} value={about} onChange={setAbout} long={2} />
      <div className="form-row">
        <Field label={w.opensWith}>{p => <Select id={p.id} label={w.opensWith} value={range} options={list(range, ranges).map(r => ({ value: r, label: f.long(rangeMs(r) ?? 0) }))} onChange={setRange} />}</Field>
        <Field label={w.refresh}>{p => <Select id={p.id} label={w.refresh} value={refresh} options={[{ value: '', label: w.refreshNot }, { value: 'live', label: w.refreshLive }, ...list(refresh === 'live' ? '' : refresh, ['10s', '30s', '1m', '5m']).map(r => ({ value: r, label: w.every(f.long(rangeMs(r) ?? 0)) }))]} onChange={setRefresh} />}</Field>
      </div>
    </Dialog>
  );
}

type Kind = 'sql' | 'values' | 'typed';
interface Row { key: number; kind: Kind; f: Filter; values: string }

const rowOf = (f: Filter, key: number): Row => ({ key, f, kind: f.sql ? 'sql' : f.values?.length ? 'values' : 'typed', values: (f.values ?? []).join('\n') });

// FiltersDialog: what the reader may choose.
export function FiltersDialog({ spec, onClose, onApply }: { spec: Dashboard; onClose: () => void; onApply: (d: Dashboard) => void }) {
  const w = useEditWords();
  const [rows, setRows] = useState<Row[]>(() => (spec.filters ?? []).map(rowOf));
  const [next, setNext] = useState(1000);
  const set = (key: number, r: Partial<Row>) => setRows(rows.map(x => (x.key === key ? { ...x, ...r } : x)));
  const move = (i: number) => { const n = [...rows], a = n[i], b = n[i - 1]; if (a && b) { n[i] = b; n[i - 1] = a; setRows(n); } };
  const apply = () => {
    const filters = rows.map(({ f, kind, values }): Filter => {
      const { sql, values: _, ...rest } = f;
      const list = values.split('\n').map(v => v.trim()).filter(Boolean);
      return { ...rest, ...(kind === 'sql' && sql ? { sql } : {}), ...(kind === 'values' && list.length ? { values: list } : {}) };
    });
    const bad = filters.find((f, i) => !/^[A-Za-z_]\w*$/.test(f.name) || ['from', 'to', 'step'].includes(f.name) || filters.findIndex(o => o.name === f.name) !== i);
    if (bad) throw new Error(w.badFilter(bad.name));
    onApply(filters.length ? { ...spec, filters } : (({ filters: _, ...rest }) => rest)(spec));
  };
  return (
    <Dialog open wide onClose={onClose} title={w.filters} submit={w.apply} onSubmit={() => new Promise<void>(ok => { apply(); ok(); })}>
      <p className="dim">{w.filtersText}</p>
      {rows.map((r, i) => (
        <fieldset className="filter-form" key={r.key}>
          <legend className="hidden">{r.f.name}</legend>
          <div className="form-row">
            <Field label={w.filterName} hint={r.f.name ? `{{${r.f.name}}}` : undefined}>{p => <Input {...p} mono required value={r.f.name} onChange={e => set(r.key, { f: { ...r.f, name: e.target.value } })} />}</Field>
            <TextField label={w.label} value={r.f.label} onChange={t => set(r.key, { f: { ...r.f, label: t ?? '' } })} />
          </div>
          <div className="form-row">
            <Field label={w.choices}>{p => <Select id={p.id} label={w.choices} value={r.kind} options={[{ value: 'sql', label: w.bySql }, { value: 'values', label: w.byList }, { value: 'typed', label: w.byTyping }]} onChange={kind => set(r.key, { kind })} />}</Field>
            <Field label={w.default} hint={w.defaultHint}>{p => <Input {...p} value={r.f.default ?? ''} onChange={e => set(r.key, { f: { ...r.f, default: e.target.value } })} />}</Field>
          </div>
          {r.kind === 'sql' && <Field label={w.sql} hint={w.filterSqlHint}>{p => <TextArea {...p} mono rows={3} required value={r.f.sql ?? ''} onChange={e => set(r.key, { f: { ...r.f, sql: e.target.value } })} />}</Field>}
          {r.kind === 'values' && <Field label={w.valuesByLine}>{p => <TextArea {...p} rows={4} required value={r.values} onChange={e => set(r.key, { values: e.target.value })} />}</Field>}
          <div className="row end-row"><IconButton small icon="up" label={w.up(r.f.name)} disabled={i === 0} onClick={() => move(i)} /><IconButton small icon="trash" label={w.removeFilter(r.f.name)} onClick={() => setRows(rows.filter(x => x.key !== r.key))} /></div>
        </fieldset>
      ))}
      <div><Button icon="plus" onClick={() => { setNext(next + 1); setRows([...rows, rowOf({ name: `filter_${rows.length + 1}` }, next)].map(r => (r.key === next ? { ...r, kind: 'sql' } : r))); }}>{w.addFilter}</Button></div>
    </Dialog>
  );
}

// difference names what two versions do not share, in words.
export function useDifference() {
  const w = useEditWords();
  const { lang } = useFormat();
  const name = (t: { id: string; title?: Text }) => textIn(lang, t.title) || t.id;
  return (from: Dashboard, to: Dashboard): string[] => {
    const a = from.tiles ?? [], b = to.tiles ?? [], out: string[] = [];
    const same = (x: unknown, y: unknown) => JSON.stringify(x ?? null) === JSON.stringify(y ?? null);
    for (const t of b) { const o = a.find(x => x.id === t.id); if (!o) out.push(w.diffAdded(name(t))); else if (!same({ ...o, at: 0 }, { ...t, at: 0 })) out.push(w.diffChanged(name(t))); }
    for (const t of a) if (!b.some(x => x.id === t.id)) out.push(w.diffRemoved(name(t)));
    const moved = b.filter(t => { const o = a.find(x => x.id === t.id); return o && !same(o.at, t.at); }).length;
    if (moved > 0) out.push(w.diffMoved(String(moved)));
    if (!same(from.title, to.title) || !same(from.about, to.about)) out.push(w.diffTitle);
    if (!same(from.filters, to.filters)) out.push(w.diffFilters);
    if (!same(from.time, to.time)) out.push(w.diffTime);
    return out;
  };
}
