import { oneOf, type Raw, text } from '../../frame/search';

export interface DataSearch { q?: string; kind?: 'topic' | 'view' | 'seed'; sort?: string; down?: boolean }

export function dataSearch(raw: Raw): DataSearch {
  const s: DataSearch = {};
  const q = text(raw['q']), kind = oneOf(raw['kind'], 'topic', 'view', 'seed'), sort = text(raw['sort']);
  if (q) s.q = q;
  if (kind) s.kind = kind;
  if (sort) s.sort = sort;
  if (typeof raw['down'] === 'boolean') s.down = raw['down'];
  return s;
}

export interface TableSearch { column?: string; tab?: 'columns' | 'preview' | 'used'; q?: string }

export function tableSearch(raw: Raw): TableSearch {
  const s: TableSearch = {};
  const column = text(raw['column']), tab = oneOf(raw['tab'], 'columns', 'preview', 'used'), q = text(raw['q']);
  if (column) s.column = column;
  if (tab) s.tab = tab;
  if (q) s.q = q;
  return s;
}
