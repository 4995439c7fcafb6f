import { useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import { useFormat } from '../i18n';
import { useTheme } from '../prefs';
import type { ChartProps } from './Chart';
import { barRow, categories, compile, lying } from './compile';
import { connect, type EChartsType, init } from './echarts';
import type { Plot } from './series';
import { coloursOf, fontOf } from './theme';
import { tipMaker } from './tip';
import { useThenWord } from './useSummary';
import { useChartWords } from './words';

const dragMin = 6; // px: less is a click that trembled

// Drawing is the only place that touches ECharts. It is loaded with the first chart.
export function Drawing({ plot, summary, ...p }: ChartProps & { plot: Plot; summary: string }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const f = useFormat();
  const w = useChartWords();
  const then = useThenWord(p.data.compareMs);
  const theme = useTheme();
  const zoomed = useEffectEvent((from: number, to: number) => p.onZoom?.(from, to));
  const noted = useEffectEvent((id: string) => p.onNote?.(id));
  const drawn = useEffectEvent((c: EChartsType | undefined) => p.onDrawn?.(c && { picture: scale => c.renderToCanvas({ pixelRatio: scale }) }));

  // ECharts draws into an element of its own; it is made and thrown away with it.
  useEffect(() => {
    const el = box.current;
    if (!el) return undefined;
    const c = init(el, null, { renderer: 'canvas' });
    chart.current = c;
    if (p.group) {
      c.group = p.group;
      connect(p.group);
    }
    c.on('click', e => { if (e.componentType === 'markLine' && typeof e.name === 'string' && e.name) noted(e.name); });
    c.on('finished', () => { el.dataset['drawn'] = ''; }); // for those who measure
    drawn(c);
    const watch = new ResizeObserver(() => {
      c.resize();
      setSize(s => (s.width === el.clientWidth && s.height === el.clientHeight ? s : { width: el.clientWidth, height: el.clientHeight }));
    });
    watch.observe(el);
    return () => { watch.disconnect(); c.dispose(); chart.current = undefined; drawn(undefined); };
  }, [p.group]);

  // The picture follows what it shows. What is pointed at stays pointed at: only what changes is made anew.
  const { spec, data, thresholds, annotations, from, to, step, partialFrom, partialTo } = p;
  const option = useMemo(() => {
    if (size.width === 0) return undefined;
    const words = { now: w.now, then };
    const q = { ...p, words };
    const tip = tipMaker(f, q, plot, { usual: w.usual, total: w.total, partNow: w.partNow, more: w.andMore }, () => box.current?.matches(':hover') ?? false);
    return compile(q, plot, { f, c: coloursOf(theme), font: fontOf(), tip, words, width: size.width, height: size.height });
  }, [plot, spec, data, thresholds, annotations, from, to, step, partialFrom, partialTo, size, f, w, then, theme]); // eslint-disable-line -- all of p that is drawn
  const shape = `${p.group ?? ''} ${spec.mark} ${plot.kind} ${String(lying(p, plot))}`, drawnShape = useRef('');
  useEffect(() => {
    if (!option) return;
    chart.current?.setOption(option, drawnShape.current === shape ? { replaceMerge: ['series'] } : { notMerge: true });
    drawnShape.current = shape;
  }, [option, shape]);

  // A part of the time is chosen by dragging over it, as wide as the plot.
  const timed = p.onZoom !== undefined && plot.kind === 'time';
  const start = (e: React.PointerEvent<HTMLDivElement>) => {
    const el = box.current, c = chart.current;
    if (!timed || !el || !c || e.button !== 0 || e.pointerType === 'touch') return;
    const at = (x: number) => { const r = el.getBoundingClientRect(); return Math.max(0, Math.min(r.width, x - r.left)); };
    const a = at(e.clientX);
    if (!c.containPixel('grid', [a, el.clientHeight / 2])) return;
    const move = (m: PointerEvent) => setDrag(Math.abs(at(m.clientX) - a) < dragMin ? undefined : { from: Math.min(a, at(m.clientX)), to: Math.max(a, at(m.clientX)) });
    const stop = (m: PointerEvent | KeyboardEvent) => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', stop);
      removeEventListener('pointercancel', stop);
      removeEventListener('keydown', onKey);
      setDrag(undefined);
      if (!(m instanceof PointerEvent) || m.type !== 'pointerup') return;
      const b = at(m.clientX);
      if (Math.abs(b - a) < dragMin) return;
      const value = (x: number) => Number(c.convertFromPixel({ xAxisIndex: 0 }, x));
      const lo = Math.max(p.from ?? -Infinity, value(Math.min(a, b))), hi = Math.min(p.to ?? Infinity, value(Math.max(a, b)));
      if (hi - lo >= 1000) zoomed(lo, hi);
    };
    const onKey = (k: KeyboardEvent) => { if (k.key === 'Escape') { k.preventDefault(); stop(k); } };
    addEventListener('pointermove', move);
    addEventListener('pointerup', stop);
    addEventListener('pointercancel', stop);
    addEventListener('keydown', onKey);
  };
  const need = lying(p, plot) ? categories(plot).length * barRow : 0; // bars that do not fit scroll
  return (
    <div className={`chart-canvas${timed ? ' timed' : ''}`} onPointerDown={start} {...(need > 0 ? { tabIndex: 0, role: 'group', 'aria-label': p.title } : {})}>
      <div ref={box} className="chart-box" style={need > 0 ? { minHeight: need } : undefined} role="img" aria-label={summary} />
      {drag && <div className="chart-drag" style={{ left: drag.from, width: drag.to - drag.from }} aria-hidden="true" />}
    </div>
  );
}
