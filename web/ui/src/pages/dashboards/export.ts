// What leaves a tile: its rows as CSV, its picture as PNG, its SQL with everything filled in.
import type { ChartHandle, Columns } from '../../chart';
import { rangeMs } from '../../frame';
import type { Filter, Tile } from './api';
import { iso, type Span } from './window';

export function save(name: string, content: Blob) {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(content);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

const fileName = (title: string) => title.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^-+|-+$/g, '') || 'tile';

// saveCsv: times in ISO; a text that a spreadsheet would run as a formula has a ' before it. The mark at the begin says UTF-8 to Excel.
export function saveCsv(title: string, data: Columns) {
  const cell = (v: unknown, type: string): string => {
    if (v === null || v === undefined) return '';
    const s = type === 'time' ? iso(Number(v)) : typeof v === 'object' ? JSON.stringify(v) : String(v);
    const safe = type !== 'number' && type !== 'time' && /^[=+\-@\t\r]/.test(s) ? `'${s}` : s;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  const lines = [data.columns.map(c => cell(c.name, 'text')).join(',')];
  for (let i = 0; i < data.rows; i++) lines.push(data.columns.map(c => cell(c.values[i], c.type)).join(','));
  save(`${fileName(title)}.csv`, new Blob([`\ufeff${lines.join('\r\n')}\r\n`], { type: 'text/csv' }));
}

// savePng draws the chart with its title and time above it.
export function savePng(title: string, sub: string, chart: ChartHandle) {
  const scale = 2, pad = 16, head = 52;
  const picture = chart.picture(scale);
  const el = document.createElement('canvas');
  const c = el.getContext('2d');
  if (!picture || !c) return;
  el.width = picture.width + 2 * pad * scale;
  el.height = picture.height + (head + pad) * scale;
  const style = getComputedStyle(document.documentElement), font = getComputedStyle(document.body).fontFamily;
  c.scale(scale, scale);
  c.fillStyle = style.getPropertyValue('--paper');
  c.fillRect(0, 0, el.width, el.height);
  c.fillStyle = style.getPropertyValue('--ink');
  c.font = `600 14px ${font}`;
  c.fillText(title, pad, 24);
  c.fillStyle = style.getPropertyValue('--ink-3');
  c.font = `12px ${font}`;
  c.fillText(sub, pad, 42);
  c.drawImage(picture, pad, head, picture.width / scale, picture.height / scale);
  el.toBlob(b => { if (b) save(`${fileName(title)}.png`, b); }, 'image/png');
}

const text = (v: string) => `'${v.replaceAll("'", "''")}'`;

// boundSql is a tile's SQL with its time and filters in it, so that it runs anywhere.
export function boundSql(t: Tile, title: string, span: Span, filters: readonly Filter[], values: Record<string, string>): string {
  const step = Math.max(span.step, rangeMs(t.step) ?? 0);
  const known = new Map<string, string>([['from', `TIMESTAMPTZ ${text(iso(span.from))}`], ['to', `TIMESTAMPTZ ${text(iso(span.to))}`], ['step', `INTERVAL ${text(`${step / 1000} seconds`)}`]]);
  for (const f of filters) known.set(f.name, values[f.name] ? text(values[f.name] ?? '') : 'NULL::VARCHAR');
  return `-- ${title.replaceAll('\n', ' ')}\n${filled(t.sql ?? '', known)}`;
}

export function filled(sql: string, known: ReadonlyMap<string, string>): string {
  return sql.replace(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g, (all, n: string) => known.get(n) ?? all);
}
