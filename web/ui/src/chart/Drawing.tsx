import { useEffect, useRef } from 'react';
import { type Format, useFormat } from '../i18n';
import { useTheme } from '../prefs';
import type { ChartProps } from './Chart';
import { compile } from './compile';
import { connect, type EChartsType, init } from './echarts';
import type { Plot } from './series';
import { coloursOf, fontOf } from './theme';
import { inUnit } from './unit';

// Drawing is the only place that touches ECharts. It is loaded with the first chart.
export function Drawing({ plot, summary, ...p }: ChartProps & { plot: Plot; summary: string }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(undefined);
  const f = useFormat();
  const theme = useTheme();
  const zoom = useRef(p.onZoom);

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
    c.on('brushEnd', e => {
      const range = (e as { areas?: { coordRange?: [number, number] }[] }).areas?.[0]?.coordRange;
      c.dispatchAction({ type: 'brush', areas: [] });
      if (range && range[1] > range[0]) zoom.current?.(range[0], range[1]);
    });
    const watch = new ResizeObserver(() => c.resize());
    watch.observe(el);
    return () => { watch.disconnect(); c.dispose(); chart.current = undefined; };
  }, [p.group]);

  // The picture follows what it shows.
  useEffect(() => {
    zoom.current = p.onZoom;
    const tip = tipMaker(f, p, plot.kind, () => box.current?.matches(':hover') ?? false);
    chart.current?.setOption(compile(p, plot, { f, c: coloursOf(theme), font: fontOf(), tip }), { notMerge: true });
    if (p.onZoom && plot.kind === 'time') chart.current?.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'lineX', brushMode: 'single' } });
  });

  return <div ref={box} className="chart-canvas" role="img" aria-label={summary} />;
}

// tipMaker builds the tooltip of text nodes: names come from data and may hold anything.
// Charts of a group share the crosshair; only the one under the pointer shows words.
function tipMaker(f: Format, { spec }: ChartProps, kind: Plot['kind'], hovered: () => boolean) {
  return (at: unknown, items: readonly { name: string; colour: string; value: number | null }[]): HTMLElement | string => {
    if (!hovered()) return '';
    const el = node('div', 'chart-tip');
    el.append(node('div', 'when', kind === 'time' ? f.full(Number(at)) : kind === 'number' ? f.num(Number(at)) : String(at)));
    // As they stand above each other: a stack's top first, lines by value.
    for (const i of spec.stack ? [...items].reverse() : [...items].sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity))) {
      const row = node('div', '');
      const dot = node('i', 'mark');
      dot.style.background = i.colour;
      row.append(dot, node('span', '', i.name), node('span', 'v', i.value === null ? '–' : inUnit(f, spec.unit, i.value)));
      el.append(row);
    }
    return el;
  };
}

function node(tag: string, cls: string, text?: string): HTMLElement {
  const e = document.createElement(tag);
  e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}
