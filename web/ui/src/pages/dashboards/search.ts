import { flag, type Raw, text } from '../../frame/search';

export interface DashboardsSearch { q?: string; sort?: string; down?: boolean; new?: boolean }

export function dashboardsSearch(raw: Raw): DashboardsSearch {
  const s: DashboardsSearch = {};
  const q = text(raw['q']), sort = text(raw['sort']);
  if (q) s.q = q;
  if (sort) s.sort = sort;
  if (typeof raw['down'] === 'boolean') s.down = raw['down'];
  if (flag(raw['new'])) s.new = true;
  return s;
}

// edit: the editor is open; tile is the tile that is looked at alone, or edited; side what stands at the right; f.NAME are the filters'
// values, an empty one says that nothing is chosen where the dashboard has a default.
export interface DashboardSearch { edit?: true; tile?: string; side?: 'versions' | 'notes'; f?: Record<string, string> }

export function dashboardSearch(raw: Raw): DashboardSearch {
  const s: DashboardSearch = {};
  if (flag(raw['edit'])) s.edit = true;
  const tile = text(raw['tile']);
  if (tile) s.tile = tile;
  const side = raw['side'];
  if (side === 'versions' || side === 'notes') s.side = side;
  const f = raw['f'];
  if (f && typeof f === 'object') {
    const kept = Object.fromEntries(Object.entries(f).flatMap(([k, v]): [string, string][] => (typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean' ? [[k, String(v)]] : [])));
    if (Object.keys(kept).length) s.f = kept;
  }
  return s;
}
