import { flag, type Raw, text } from '../../frame/search';

export interface DashboardsSearch { q?: string }

export function dashboardsSearch(raw: Raw): DashboardsSearch {
  const q = text(raw['q']);
  return q ? { q } : {};
}

// edit: the editor is open; tile is the tile that is looked at; f.NAME are the filters' values.
export interface DashboardSearch { edit?: true; tile?: string; f?: Record<string, string> }

export function dashboardSearch(raw: Raw): DashboardSearch {
  const s: DashboardSearch = {};
  if (flag(raw['edit'])) s.edit = true;
  const tile = text(raw['tile']);
  if (tile) s.tile = tile;
  const f = raw['f'];
  if (f && typeof f === 'object') s.f = Object.fromEntries(Object.entries(f).filter((e): e is [string, string] => typeof e[1] === 'string'));
  return s;
}
