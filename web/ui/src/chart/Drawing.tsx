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
    const tip = tipMaker(f, p.spec.unit, plot.kind);
    chart.current?.setOption(compile(p, plot, { f, c: coloursOf(theme), font: fontOf(), tip }), { notMerge: true });
    if (p.onZoom && plot.kind === 'time') chart.current?.dispatchAction({ type: 'takeGlobalCursor', key: 'brush', brushOption: { brushType: 'lineX', brushMode: 'single' } });
  });

  return <div ref={box} className="chart-canvas" role="img" aria-label={summary} />;
}

// tipMaker builds the tooltip of text nodes: names come from data and may hold anything.
function tipMaker(f: Format, unit: string | undefined, kind: Plot['kind']) {
  return (at: unknown, items: readonly { name: string; colour: string; value: number | null }[]): HTMLElement => {
    const el = node('div', 'chart-tip');
    el.append(node('div', 'when', kind === 'time' ? f.full(Number(at)) : kind === 'number' ? f.num(Number(at)) : String(at)));
    for (const i of [...items].reverse()) {
      const row = node('div', '');
      const dot = node('i', 'mark');
      dot.style.background = i.colour;
      row.append(dot, node('span', '', i.name), node('span', 'v', i.value === null ? '–' : inUnit(f, unit, i.value)));
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
