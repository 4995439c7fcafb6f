// What a person has chosen: language, theme, time zone. Kept in this browser (public/theme.js reads it before the first paint).
import { useSyncExternalStore } from 'react';

export type Lang = 'en' | 'ko';
export type Theme = 'system' | 'light' | 'dark';

export interface Prefs {
  lang: Lang;
  theme: Theme;
  zone: string; // IANA name
  narrow: boolean; // the rail shows icons only
}

const key = 'maru.prefs';
const dark = matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();
let current = read();

export function browserZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

function read(): Prefs {
  try {
    return valid(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>);
  } catch {
    return valid({}); // private mode, or somebody else's text
  }
}

// chosenHere says whether this browser keeps a choice already.
export function chosenHere(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

function valid(kept: Partial<Prefs>): Prefs {
  return {
    lang: kept.lang === 'ko' || kept.lang === 'en' ? kept.lang : /^ko/i.test(navigator.language) ? 'ko' : 'en',
    theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
    zone: typeof kept.zone === 'string' && knownZone(kept.zone) ? kept.zone : browserZone(),
    narrow: kept.narrow === true,
  };
}

function knownZone(zone: string): boolean {
  try {
    Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function apply() {
  document.documentElement.lang = current.lang;
  document.documentElement.dataset['theme'] = shownTheme();
  for (const f of listeners) f();
}

export function prefs(): Prefs {
  return current;
}

// shownTheme is the theme that is on the screen: "system" decided.
export function shownTheme(): 'light' | 'dark' {
  return current.theme === 'dark' || (current.theme === 'system' && dark.matches) ? 'dark' : 'light';
}

export function setPrefs(change: Partial<Prefs>) {
  current = valid({ ...current, ...change });
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Not kept, but it holds until the page is left.
  }
  apply();
}

export function watchPrefs(f: () => void) {
  listeners.add(f);
  return () => listeners.delete(f);
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(watchPrefs, prefs);
}

// useTheme re-renders when the theme on the screen changes: for what is drawn with colours read from the tokens.
export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(watchPrefs, shownTheme);
}

dark.addEventListener('change', apply);
addEventListener('storage', e => {
  if (e.key !== key) return;
  current = read();
  apply();
});
apply();
