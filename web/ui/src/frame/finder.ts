// Whether the palette is open; the palette itself is loaded with its first opening.
let open = false;
const listeners = new Set<() => void>();
export const paletteOpen = () => open;
export function openPalette(o: boolean) {
  open = o;
  for (const f of listeners) f();
}
export function watchPalette(f: () => void) {
  listeners.add(f);
  return () => { listeners.delete(f); };
}

const initials = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';

// choseong are the first consonants of Hangul: 대시보드 is found by ㄷㅅㅂㄷ.
export function choseong(s: string): string {
  return [...s].map(c => { const i = c.charCodeAt(0) - 0xac00; return i >= 0 && i < 11_172 ? (initials[Math.floor(i / 588)] ?? c) : c; }).join('');
}

// score is how well text answers query, 0 to 1: whole words before parts, parts before letters in order.
export function score(text: string, query: string): number {
  const t = text.toLowerCase(), q = query.trim().toLowerCase();
  if (q === '') return 1;
  if (t === q) return 1;
  const i = t.indexOf(q);
  if (i === 0) return 0.9;
  if (i > 0) return /[\s_\-./]/.test(t[i - 1] ?? '') ? 0.8 : 0.6;
  if (/^[ㄱ-ㅎ]+$/.test(q) && choseong(t).includes(q)) return 0.7;
  let at = 0;
  for (const c of q) {
    at = t.indexOf(c, at) + 1;
    if (at === 0) return 0;
  }
  return 0.2 + 0.2 * (q.length / t.length);
}
