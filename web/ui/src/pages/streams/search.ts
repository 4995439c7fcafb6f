import { oneOf, type Raw, text } from '../../frame/search';

export interface StreamsSearch { q?: string }

export function streamsSearch(raw: Raw): StreamsSearch {
  const q = text(raw['q']);
  return q ? { q } : {};
}

export interface StreamSearch { tab?: 'overview' | 'sql' | 'late' | 'rejected' | 'preview' }

export function streamSearch(raw: Raw): StreamSearch {
  const tab = oneOf(raw['tab'], 'overview', 'sql', 'late', 'rejected', 'preview');
  return tab ? { tab } : {};
}
