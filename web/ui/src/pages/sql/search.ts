import { oneOf, type Raw, text } from '../../frame/search';

// sql is a text to open in a new tab; query a saved query's id; tab the open tab; result a result that is kept.
// view is how the result is shown, side what stands at the left, col the column that is looked at ("-": none), cell "ROW.COLUMN",
// sort "-price" or "price", filter the conditions as JSON.
export interface SqlSearch { sql?: string; query?: string; tab?: string; result?: string; view?: 'chart' | 'profile'; side?: 'saved' | 'history'; col?: string; cell?: string; sort?: string; filter?: string; chart?: string }

export function sqlSearch(raw: Raw): SqlSearch {
  const s: SqlSearch = {};
  if (typeof raw['sql'] === 'string') s.sql = raw['sql'];
  for (const k of ['query', 'tab', 'result', 'col', 'cell', 'sort', 'filter', 'chart'] as const) {
    const v = text(raw[k]);
    if (v) s[k] = v;
  }
  const view = oneOf(raw['view'], 'chart', 'profile'), side = oneOf(raw['side'], 'saved', 'history');
  if (view) s.view = view;
  if (side) s.side = side;
  return s;
}
