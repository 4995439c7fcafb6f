// Colours for what is drawn on a canvas, read from the tokens: ECharts does not know var().
export type Colours = Record<'paper' | 'surface' | 'line' | 'line-2' | 'ink' | 'ink-2' | 'ink-3' | 'accent' | 'accent-soft' | 'warn' | 'error' | 'ok' | 'band' | 'c1' | 'c2' | 'c3' | 'c4' | 'c5' | 'c6' | 'c7' | 'c8', string>;

const names = ['paper', 'surface', 'line', 'line-2', 'ink', 'ink-2', 'ink-3', 'accent', 'accent-soft', 'warn', 'error', 'ok', 'band', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'] as const;

let kept: { theme: string; colours: Colours } | undefined;

export function coloursOf(theme: string): Colours {
  if (kept?.theme !== theme) kept = { theme, colours: read() };
  return kept.colours;
}

// read turns oklch() into rgb by painting a pixel: zrender parses only the old notations.
function read(): Colours {
  const style = getComputedStyle(document.documentElement);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const c = canvas.getContext('2d', { willReadFrequently: true });
  const out = {} as Colours;
  for (const n of names) {
    const value = style.getPropertyValue(`--${n}`).trim();
    if (!c) { out[n] = value; continue; }
    c.clearRect(0, 0, 1, 1);
    c.fillStyle = value;
    c.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0, a = 255] = c.getImageData(0, 0, 1, 1).data;
    out[n] = `rgba(${r},${g},${b},${(a / 255).toFixed(3)})`;
  }
  return out;
}

export const fontOf = () => getComputedStyle(document.body).fontFamily;
