import './Sparkline.css';
import { useFormat } from '../i18n';
import { useUiWords } from './words';

// Tone is a colour of the data, by name of its token.
export type Tone = 'c1' | 'c2' | 'c3' | 'c4' | 'c5' | 'c6' | 'c7' | 'c8' | 'error' | 'warn' | 'ok' | 'ink-3';

// Sparkline is a trend without axes; null is a gap. It starts at zero unless fit.
export function Sparkline({ values, width = 88, height = 18, tone = 'c1', fit, label }: { values: readonly (number | null)[]; width?: number; height?: number; tone?: Tone; fit?: boolean; label?: string }) {
  const f = useFormat();
  const w = useUiWords();
  const real = values.filter((v): v is number => v !== null && Number.isFinite(v));
  if (real.length === 0) return <span className="faint small">–</span>;
  const top = Math.max(...real), low = fit ? Math.min(...real) : Math.min(0, ...real);
  const span = top - low || 1;
  let d = '', pen = false;
  const y = (v: number) => height - 1.5 - ((v - low) / span) * (height - 3), last = values.findLastIndex(v => v !== null && Number.isFinite(v));
  values.forEach((v, i) => {
    if (v === null || !Number.isFinite(v)) { pen = false; return; }
    d += `${pen ? 'L' : 'M'}${((i / Math.max(1, values.length - 1)) * width).toFixed(1)} ${y(v).toFixed(1)}`;
    pen = true;
  });
  return (
    <svg className="spark" width={width} height={height} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label ?? w.spark(f.compact(Math.min(...real)), f.compact(top), f.compact(real.at(-1) ?? 0))}>
      <path d={d} stroke={`var(--${tone})`} />
      {(values[last - 1] ?? null) === null && <circle cx={Math.min(width - 2, Math.max(2, (last / Math.max(1, values.length - 1)) * width))} cy={Math.min(height - 2, Math.max(2, y(values[last] ?? 0)))} r={1.5} fill={`var(--${tone})`} />}
    </svg>
  );
}

// Bars is a small histogram: counts in the order of the buckets.
export function Bars({ values, width = 64, height = 14, label }: { values: readonly number[]; width?: number; height?: number; label: string }) {
  const top = Math.max(1e-9, ...values), b = width / Math.max(1, values.length);
  return (
    <svg className="spark bars" width={width} height={height} role="img" aria-label={label}>
      {values.map((v, i) => { const h = v > 0 ? Math.max(1, (v / top) * height) : 0; return <rect key={i} x={i * b} y={height - h} width={Math.max(0.5, b - 1)} height={h} />; })}
    </svg>
  );
}

export type Slot = 'ok' | 'warn' | 'error' | 'none';

// DayBar is the last 24 hours as 48 half hours: tall and coloured where something was wrong.
export function DayBar({ slots, minutes = 30 }: { slots: readonly Slot[]; minutes?: number }) {
  const f = useFormat();
  const w = useUiWords();
  const bad = slots.filter(s => s === 'warn' || s === 'error').length;
  return (
    <svg className="spark day-bar" width={118} height={8} role="img" aria-label={w.lastDay(bad ? f.long(bad * minutes * 60_000) : '')}>
      {slots.map((s, i) => <rect key={i} className={s} x={(i * 118) / slots.length} width={(118 / slots.length) * 0.7} height={s === 'ok' || s === 'none' ? 5 : 8} y={s === 'ok' || s === 'none' ? 1.5 : 0} />)}
    </svg>
  );
}

// Meter is a share of a whole, in parts with their tones: disk, memory.
export function Meter({ parts, label }: { parts: readonly { share: number; tone: Tone }[]; label: string }) {
  let x = 0;
  return (
    <svg className="meter" role="img" aria-label={label} viewBox="0 0 100 6" preserveAspectRatio="none">
      {parts.map((p, i) => { const at = x; x += p.share * 100; return <rect key={i} x={at} width={Math.min(100 - at, p.share * 100)} height={6} fill={`var(--${p.tone})`} />; })}
    </svg>
  );
}
