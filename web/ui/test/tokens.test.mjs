// The colours: readable on what they stand on (WCAG 2), and told apart by people who see two of three (CIEDE2000 after a simulation).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../src/tokens.css', import.meta.url), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const [light, dark] = [/:root\s*\{([^}]*)\}/, /:root\[data-theme="dark"\]\s*\{([^}]*)\}/].map(re => {
  const out = {};
  for (const [, name, l, c, h] of re.exec(css)[1].matchAll(/--([\w-]+):\s*oklch\(\s*([\d.]+)\s+([\d.]+)\s+([\d.]+)\s*\)/g)) out[name] = linear(Number(l), Number(c), Number(h));
  return out;
});
const themes = { light, dark: { ...light, ...dark } };

// linear is a colour as linear sRGB, from OKLCH (Ottosson 2020).
function linear(L, C, h) {
  const a = C * Math.cos(h * Math.PI / 180), b = C * Math.sin(h * Math.PI / 180);
  const [l, m, s] = [L + 0.3963377774 * a + 0.2158037573 * b, L - 0.1055613458 * a - 0.0638541728 * b, L - 0.0894841775 * a - 1.291485548 * b].map(x => x ** 3);
  return [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s, -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s].map(x => Math.min(1, Math.max(0, x)));
}

const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
function contrast(a, b) {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

// Dichromats (Machado, Oliveira and Fernandes 2009, severity 1).
const sights = {
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
};
const seen = (m, c) => m.map(row => Math.min(1, Math.max(0, row[0] * c[0] + row[1] * c[1] + row[2] * c[2])));

function lab([r, g, b]) {
  const f = t => (t > 216 / 24389 ? Math.cbrt(t) : (24389 / 27 * t + 16) / 116);
  const x = f((0.4123908 * r + 0.3575843 * g + 0.1804808 * b) / 0.95047), y = f(0.212639 * r + 0.7151687 * g + 0.0721923 * b), z = f((0.0193308 * r + 0.1191948 * g + 0.9505322 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

// CIEDE2000 (Sharma, Wu and Dalal 2005).
function distance(p, q) {
  const [[L1, a1, b1], [L2, a2, b2]] = [lab(p), lab(q)], rad = Math.PI / 180;
  const Cm = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2, G = 0.5 * (1 - Math.sqrt(Cm ** 7 / (Cm ** 7 + 25 ** 7)));
  const A1 = a1 * (1 + G), A2 = a2 * (1 + G), C1 = Math.hypot(A1, b1), C2 = Math.hypot(A2, b2);
  const deg = (y, x) => (x === 0 && y === 0 ? 0 : (Math.atan2(y, x) / rad + 360) % 360);
  const h1 = deg(b1, A1), h2 = deg(b2, A2);
  const dh = C1 * C2 === 0 ? 0 : ((h2 - h1 + 540) % 360) - 180, dH = 2 * Math.sqrt(C1 * C2) * Math.sin(dh / 2 * rad);
  const Lm = (L1 + L2) / 2, C = (C1 + C2) / 2, hm = C1 * C2 === 0 ? h1 + h2 : Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
  const T = 1 - 0.17 * Math.cos((hm - 30) * rad) + 0.24 * Math.cos(2 * hm * rad) + 0.32 * Math.cos((3 * hm + 6) * rad) - 0.2 * Math.cos((4 * hm - 63) * rad);
  const SL = 1 + 0.015 * (Lm - 50) ** 2 / Math.sqrt(20 + (Lm - 50) ** 2), SC = 1 + 0.045 * C, SH = 1 + 0.015 * C * T;
  const RT = -2 * Math.sqrt(C ** 7 / (C ** 7 + 25 ** 7)) * Math.sin(60 * Math.exp(-(((hm - 275) / 25) ** 2)) * rad);
  return Math.sqrt(((L2 - L1) / SL) ** 2 + ((C2 - C1) / SC) ** 2 + (dH / SH) ** 2 + RT * ((C2 - C1) / SC) * (dH / SH));
}

const grounds = ['paper', 'surface', 'sunken'];
for (const [name, t] of Object.entries(themes)) {
  const least = (what, on, min) => test(`${name}: ${what} on ${on} is at least ${min}:1`, () => {
    const got = contrast(t[what], t[on]);
    assert.ok(got >= min, `${got.toFixed(2)}:1`);
  });
  for (const on of grounds) {
    for (const what of ['ink', 'ink-2', 'ink-3', 'accent', 'warn', 'error']) least(what, on, 4.5);
    for (const what of ['ok', 'warn', 'error', 'line-3']) least(what, on, 3);
  }
  for (const what of ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7', 'c8']) for (const on of ['paper', 'surface']) least(what, on, 3);
  for (const what of ['syn-k', 'syn-f', 'syn-s', 'syn-n']) least(what, 'surface', 4.5);
  for (const on of ['accent-soft', 'warn-soft', 'error-soft']) for (const what of ['ink', 'ink-2']) least(what, on, 4.5);
  least('accent', 'accent-soft', 4.5);
  least('warn', 'warn-soft', 4.5);
  least('error', 'error-soft', 4.5);
  for (const [sight, m] of Object.entries(sights)) {
    test(`${name}: c1 to c8 are at least 9 apart in ${sight} vision`, () => {
      const list = Array.from({ length: 8 }, (_, i) => `c${i + 1}`), near = [];
      list.forEach((a, i) => list.slice(i + 1).forEach(b => { const d = distance(seen(m, t[a]), seen(m, t[b])); if (d < 9) near.push(`${a} ${b}: ${d.toFixed(1)}`); }));
      assert.deepEqual(near, []);
    });
  }
}
