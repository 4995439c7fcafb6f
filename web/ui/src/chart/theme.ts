// Colours for what is drawn on a canvas, read from the tokens: ECharts does not know var().
const names = ['paper', 'surface', 'line', 'line-2', 'line-3', 'ink', 'ink-2', 'ink-3', 'accent', 'accent-soft', 'warn', 'error', 'ok', 'band', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8'] as const;
export type Colours = Record<(typeof names)[number], string>;

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

let pen: CanvasRenderingContext2D | null | undefined;

// widthOf measures a text as the charts draw it.
export function widthOf(text: string, font: string, size = 12): number {
  pen ??= document.createElement('canvas').getContext('2d');
  if (!pen) return text.length * 7;
  pen.font = `${size}px ${font}`;
  return Math.ceil(pen.measureText(text).width);
}

// cut shortens a text to what fits into px.
export function cut(text: string, px: number, font: string): string {
  if (widthOf(text, font) <= px) return text;
  let n = text.length;
  while (n > 1 && widthOf(`${text.slice(0, n)}…`, font) > px) n--;
  return `${text.slice(0, n)}…`;
}

// flag is what a note hangs on.
const flags = new Map<string, HTMLCanvasElement>();
export function flag(colour: string): HTMLCanvasElement {
  let el = flags.get(colour);
  if (el) return el;
  el = document.createElement('canvas');
  el.width = el.height = 27;
  const c = el.getContext('2d');
  if (c) {
    c.scale(3, 3);
    c.fillStyle = colour;
    c.fill(new Path2D('M0 0h9L6.5 3.5 9 7H0z'));
  }
  flags.set(colour, el);
  return el;
}

// hatch is a tile of paper-coloured stripes: over what is not finished.
const hatches = new Map<string, HTMLCanvasElement>();
export function hatch(colour: string): HTMLCanvasElement {
  let el = hatches.get(colour);
  if (el) return el;
  el = document.createElement('canvas');
  el.width = el.height = 6;
  const c = el.getContext('2d');
  if (c) {
    c.strokeStyle = colour;
    c.lineWidth = 2;
    c.beginPath();
    for (const x of [-6, 0, 6]) { c.moveTo(x, 6); c.lineTo(x + 6, 0); }
    c.stroke();
  }
  hatches.set(colour, el);
  return el;
}
