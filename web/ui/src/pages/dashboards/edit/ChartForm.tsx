import type { ChartColumn, ChartSpec, Column, Mark, Threshold } from '../../../chart';
import { plotOf } from '../../../chart';
import { textIn, useFormat } from '../../../i18n';
import { Button, Checkbox, Field, IconButton, Input, Select, type Tone } from '../../../ui';
import type { Tile } from '../api';
import type { TileData } from '../useTiles';
import { NumberField, SpanField } from './fields';
import { useEditWords } from './words';

const marks = { line: 'mark_line', area: 'mark_area', bar: 'mark_bar', histogram: 'mark_histogram', number: 'mark_number', table: 'mark_table' } as const;
const tones = { c1: 'tone_c1', c2: 'tone_c2', c3: 'tone_c3', c4: 'tone_c4', c5: 'tone_c5', c6: 'tone_c6', c7: 'tone_c7', c8: 'tone_c8', error: 'tone_error', warn: 'tone_warn', ok: 'tone_ok', 'ink-3': 'tone_ink3' } as const satisfies Record<Tone, string>;
const units = ['ms', 's', 'bytes', '%', '/s', '/min', 'req/s', 'req/min', 'rows'];
type Change = (f: (t: Tile) => Tile, what?: string) => void;

// with sets a key, or takes it away: what is not said is not written.
function put<T extends object, K extends keyof T>(o: T, key: K, v: T[K] | undefined): T {
  const { [key]: _, ...rest } = o;
  return (v === undefined ? rest : { ...rest, [key]: v }) as T;
}

// ChartForm says how the answer of a tile is drawn.
export function ChartForm({ tile, d, change }: { tile: Tile; d: TileData; change: Change }) {
  const w = useEditWords();
  const c = tile.chart;
  const set = <K extends keyof ChartSpec>(k: K, v: ChartSpec[K] | undefined, what?: string) => change(t => ({ ...t, chart: put(t.chart, k, v) }), what);
  const columns = d.answer && !d.answer.error ? d.data.columns : [];
  const pick = (value: string | undefined, fits: (c: Column) => boolean, auto: string) => [{ value: '', label: auto }, ...columns.filter(fits).map(x => ({ value: x.name, label: x.name })), ...(value && !columns.some(x => x.name === value) ? [{ value, label: value, note: columns.length ? w.notThere : undefined }] : [])];
  const many = (c.y?.length ?? 0) > 1;
  const drawn = c.mark !== 'table';
  const timed = c.mark !== 'table' && c.mark !== 'histogram';
  return (
    <>
      <Field label={w.mark}>{p => <div className="mark-picker" id={p.id} role="radiogroup" aria-label={w.mark}>{Object.entries(marks).map(([m, word]) => <button key={m} type="button" role="radio" aria-checked={c.mark === m} onClick={() => set('mark', m as Mark)}>{w[word]}</button>)}</div>}</Field>
      {drawn && (
        <div className="form-row">
          <Field label={c.mark === 'histogram' ? w.value : w.x}>{p => <Select id={p.id} label={w.x} value={c.x ?? ''} options={pick(c.x, () => true, w.firstColumn)} onChange={v => set('x', v || undefined)} />}</Field>
          {many ? <Field label={w.y}>{p => <Input {...p} mono value={(c.y ?? []).join(', ')} onChange={e => set('y', e.target.value.split(',').map(s => s.trim()).filter(Boolean), 'y')} />}</Field>
            : <Field label={c.mark === 'histogram' ? w.count : w.y}>{p => <Select id={p.id} label={w.y} value={c.y?.[0] ?? ''} options={pick(c.y?.[0], x => x.type === 'number', c.mark === 'histogram' ? w.countThem : w.allNumbers)} onChange={v => set('y', v ? [v] : undefined)} />}</Field>}
          {c.mark !== 'number' && c.mark !== 'histogram' && <Field label={w.series}>{p => <Select id={p.id} label={w.series} value={c.series ?? ''} options={pick(c.series, x => x.type === 'text' || x.type === 'bool', w.none)} onChange={v => set('series', v || undefined)} />}</Field>}
          {(c.mark === 'area' || c.mark === 'bar') && <div className="field"><span>&nbsp;</span><Checkbox label={w.stack} checked={c.stack === true} onChange={v => set('stack', v || undefined)} /></div>}
        </div>
      )}
      {drawn && (
        <div className="form-row">
          <Field label={w.unit}>{p => <><Input {...p} list="dashboard-units" maxLength={40} value={c.unit ?? ''} placeholder={w.unitHint} onChange={e => set('unit', e.target.value || undefined, 'unit')} /><datalist id="dashboard-units">{units.map(u => <option key={u} value={u} />)}</datalist></>}</Field>
          <NumberField label={w.decimals} value={c.decimals} min={0} max={9} whole onChange={n => set('decimals', n, 'decimals')} />
        </div>
      )}
      {timed && (
        <div className="form-row">
          <SpanField before label={w.compare} value={tile.compare} options={['1h', '1d', '7d', '28d']} none={w.none} onChange={v => change(t => put(t, 'compare', v), 'compare')} />
          <SpanField label={w.step} value={tile.step} options={['10s', '1m', '5m', '1h', '1d']} none={w.byRange} onChange={v => change(t => put(t, 'step', v), 'step')} />
        </div>
      )}
      {timed && <Checkbox label={w.usual} checked={tile.usual === true} onChange={v => change(t => put(t, 'usual', v || undefined))} />}
      {c.mark !== 'histogram' && <Thresholds list={tile.thresholds ?? []} onChange={v => change(t => put(t, 'thresholds', v.length ? v : undefined), 'thresholds')} />}
      {c.mark === 'table' && (tile.thresholds?.length ?? 0) > 0 && <Field label={w.limitsOf}>{p => <Select id={p.id} label={w.limitsOf} value={c.y?.[0] ?? ''} options={pick(c.y?.[0], x => x.type === 'number', w.none)} onChange={v => set('y', v ? [v] : undefined)} />}</Field>}
      {c.mark === 'table' ? <TableColumns columns={columns} own={c.columns ?? []} onChange={v => set('columns', v.length ? v : undefined, 'columns')} /> : c.mark !== 'number' && <SeriesList spec={c} d={d} onChange={(order, colors) => change(t => ({ ...t, chart: put(put(t.chart, 'order', order.length ? order : undefined), 'colors', Object.keys(colors).length ? colors : undefined) }), 'series')} />}
    </>
  );
}

function Thresholds({ list, onChange }: { list: readonly Threshold[]; onChange: (l: readonly Threshold[]) => void }) {
  const w = useEditWords();
  const { lang } = useFormat();
  const set = (i: number, t: Threshold) => onChange(list.map((x, k) => (k === i ? t : x)));
  return (
    <fieldset className="list-field">
      <legend>{w.thresholds}</legend>
      {list.map((t, i) => (
        <div className="row" key={i}>
          <NumberField hidden label={w.thresholdValue} value={t.value} onChange={n => set(i, { ...t, value: n ?? 0 })} />
          <Select label={w.level} value={t.level} options={[{ value: 'warn', label: w.warn }, { value: 'error', label: w.error }]} onChange={level => set(i, { ...t, level })} />
          <Input aria-label={w.thresholdLabel} placeholder={w.thresholdLabel} value={textIn(lang, t.label)} onChange={e => set(i, put(t, 'label', e.target.value ? (typeof t.label === 'object' ? { ...t.label, [lang]: e.target.value } : e.target.value) : undefined))} />
          <IconButton small icon="close" label={w.remove} onClick={() => onChange(list.filter((_, k) => k !== i))} />
        </div>
      ))}
      <Button small kind="quiet" icon="plus" onClick={() => onChange([...list, { value: 100, level: 'warn' }])}>{w.addThreshold}</Button>
    </fieldset>
  );
}

// SeriesList orders the series and gives them colours.
function SeriesList({ spec, d, onChange }: { spec: ChartSpec; d: TileData; onChange: (order: string[], colors: Record<string, Tone>) => void }) {
  const w = useEditWords();
  const series = plotOf(spec, d.data).series.slice(0, 30);
  const names = [...series.map(s => s.name), ...(spec.order ?? []).filter(n => !series.some(s => s.name === n))];
  if (series.length < 1 || (series.length === 1 && !spec.series)) {
    const only = series[0];
    return only ? <fieldset className="list-field"><legend>{w.colour}</legend><div className="row"><Tones name={only.name} value={only.tone} onChange={t => onChange([...(spec.order ?? [])], { ...spec.colors, [only.name]: t })} /></div></fieldset> : null;
  }
  const move = (i: number, by: number) => { const n = [...names], a = n[i], b = n[i + by]; if (a === undefined || b === undefined) return; n[i] = b; n[i + by] = a; onChange(n, { ...spec.colors }); };
  return (
    <fieldset className="list-field">
      <legend>{w.seriesOrder}</legend>
      {names.map((n, i) => (
        <div className="row" key={n}>
          <Tones name={n} value={series.find(s => s.name === n)?.tone ?? spec.colors?.[n] ?? 'ink-3'} onChange={t => onChange([...(spec.order ?? [])], { ...spec.colors, [n]: t })} />
          <span className="grow cut">{n}</span>
          <IconButton small icon="up" label={w.up(n)} disabled={i === 0} onClick={() => move(i, -1)} />
          <IconButton small icon="down" label={w.down(n)} disabled={i === names.length - 1} onClick={() => move(i, 1)} />
        </div>
      ))}
    </fieldset>
  );
}

function Tones({ name, value, onChange }: { name: string; value: Tone; onChange: (t: Tone) => void }) {
  const w = useEditWords();
  const dot = (t: Tone) => <span className="row"><i className="tone-dot" style={{ background: `var(--${t})` }} aria-hidden="true" />{w[tones[t]]}</span>;
  return <Select label={w.colourOf(name)} value={value} options={(Object.keys(tones) as Tone[]).map(t => ({ value: t, label: dot(t) }))} onChange={onChange} />;
}

function TableColumns({ columns, own, onChange }: { columns: readonly Column[]; own: readonly ChartColumn[]; onChange: (l: readonly ChartColumn[]) => void }) {
  const w = useEditWords();
  const { lang } = useFormat();
  const of = (name: string): ChartColumn => own.find(c => c.name === name) ?? { name };
  // A column of which nothing is said is not written.
  const set = (c: ChartColumn) => onChange([...columns.map(x => (x.name === c.name ? c : of(x.name))), ...own.filter(o => !columns.some(x => x.name === o.name))].filter(x => Object.keys(x).length > 1));
  if (columns.length === 0) return null;
  return (
    <fieldset className="list-field">
      <legend>{w.columns}</legend>
      {columns.map(x => {
        const c = of(x.name);
        return (
          <div className="row" key={x.name}>
            <Checkbox label={<span className="hidden">{w.show(x.name)}</span>} checked={!c.hide} onChange={v => set(put(c, 'hide', v ? undefined : true))} />
            <Input aria-label={w.labelOf(x.name)} placeholder={x.name} value={textIn(lang, c.label)} onChange={e => set(put(c, 'label', e.target.value ? (typeof c.label === 'object' ? { ...c.label, [lang]: e.target.value } : e.target.value) : undefined))} />
            {x.type === 'number' && <Input className="unit-input" aria-label={w.unitOf(x.name)} placeholder={w.unit} list="dashboard-units" value={c.unit ?? ''} onChange={e => set(put(c, 'unit', e.target.value || undefined))} />}
          </div>
        );
      })}
      <datalist id="dashboard-units">{units.map(u => <option key={u} value={u} />)}</datalist>
    </fieldset>
  );
}
