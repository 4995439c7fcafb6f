// A page's words: English is the type, Korean must have the same keys (tsc says so), none may be unused (tools/check.mjs says so).
// Each folder has its own words.ts, which is loaded with it. Numbers and dates come formatted (./format).
import { type Lang, prefs, usePrefs } from '../prefs';

type Word = string | ((...args: never[]) => string);
export type Same<T> = { readonly [K in keyof T]: T[K] extends (...args: infer A) => string ? (...args: A) => string : string };

// defineWords makes the hook: `export const useWords = defineWords({ run: 'Run' }, { run: '실행' })`, then `const w = useWords()` and `w.run`.
export function defineWords<T extends Record<string, Word>>(en: T, ko: Same<T>): (() => Same<T>) & { now(): Same<T> } {
  const all: Record<Lang, Same<T>> = { en: en as unknown as Same<T>, ko };
  return Object.assign(() => all[usePrefs().lang], { now: () => all[prefs().lang] });
}

// one is an English noun that agrees with n.
export function one(n: number, singular: string, plural: string): string {
  return n === 1 ? singular : plural;
}

// Text is a word that somebody wrote in a file of the project: the same for all, or one a language.
export type Text = string | { en?: string; ko?: string };

export function textIn(lang: Lang, t: Text | undefined): string {
  if (t === undefined) return '';
  return typeof t === 'string' ? t : (t[lang] ?? t.en ?? t.ko ?? '');
}
