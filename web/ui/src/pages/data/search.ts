import { oneOf, type Raw, text } from '../../frame/search';

export interface DataSearch { q?: string; kind?: 'topic' | 'view' | 'seed' }

export function dataSearch(raw: Raw): DataSearch {
  const s: DataSearch = {};
  const q = text(raw['q']), kind = oneOf(raw['kind'], 'topic', 'view', 'seed');
  if (q) s.q = q;
  if (kind) s.kind = kind;
  return s;
}

export interface TableSearch { column?: string; tab?: 'columns' | 'preview' | 'used' }

export function tableSearch(raw: Raw): TableSearch {
  const s: TableSearch = {};
  const column = text(raw['column']), tab = oneOf(raw['tab'], 'columns', 'preview', 'used');
  if (column) s.column = column;
  if (tab) s.tab = tab;
  return s;
}
