import { type Raw, text } from '../../frame/search';

// sql is a text to open in a new tab; query a saved query's id; tab the open tab; result a result that is kept.
export interface SqlSearch { sql?: string; query?: string; tab?: string; result?: string }

export function sqlSearch(raw: Raw): SqlSearch {
  const s: SqlSearch = {};
  if (typeof raw['sql'] === 'string') s.sql = raw['sql'];
  for (const k of ['query', 'tab', 'result'] as const) {
    const v = text(raw[k]);
    if (v) s[k] = v;
  }
  return s;
}
