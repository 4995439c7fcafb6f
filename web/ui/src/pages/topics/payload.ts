// Keys and values as people read them.
import type { Format } from '../../i18n';
import type { Payload } from './api';

const lineMax = 600; // characters of a value in a list

export function oneLine(p: Payload, f: Format, w: { binary: (n: string) => string }): string {
  if (p.text === undefined) return w.binary(f.bytes(p.bytes));
  return p.text.slice(0, lineMax).replace(/\s+/g, ' ');
}

// jsonOf is the value of a text that is a JSON object or array; undefined for all else. Numbers that a double cannot hold are kept as text.
export function jsonOf(text: string | undefined): unknown {
  if (text === undefined || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text, (_, v: unknown, c?: { source?: string }) => (typeof v === 'number' && !Number.isSafeInteger(v) && c?.source !== undefined && /^-?\d+$/.test(c.source) ? c.source : v)) as unknown;
  } catch {
    return undefined;
  }
}

// hexOf shows bytes as people read them: 16 a line, with what is printable beside.
export function hexOf(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), c => c.charCodeAt(0));
  const lines: string[] = [];
  for (let i = 0; i < Math.min(bytes.length, 4096); i += 16) {
    const row = [...bytes.subarray(i, i + 16)];
    lines.push(`${i.toString(16).padStart(6, '0')}  ${row.map(b => b.toString(16).padStart(2, '0')).join(' ').padEnd(47)}  ${row.map(b => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')}`);
  }
  return lines.join('\n');
}
