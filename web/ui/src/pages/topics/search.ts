import { oneOf, type Raw, text, whole } from '../../frame/search';

export interface TopicsSearch { q?: string; sort?: string; down?: boolean }

export function topicsSearch(raw: Raw): TopicsSearch {
  const s: TopicsSearch = {};
  const q = text(raw['q']), sort = text(raw['sort']);
  if (q) s.q = q;
  if (sort) s.sort = sort;
  if (raw['down'] === true) s.down = true;
  return s;
}

// at: "end", an offset, or a time; offset is the record that is looked at, in partition p.
export interface TopicSearch { tab?: 'messages' | 'groups' | 'settings'; partition?: number; at?: string; filter?: string; tail?: true; p?: number; offset?: string }

export function topicSearch(raw: Raw): TopicSearch {
  const s: TopicSearch = {};
  const tab = oneOf(raw['tab'], 'messages', 'groups', 'settings');
  if (tab) s.tab = tab;
  for (const k of ['partition', 'p'] as const) {
    const v = whole(raw[k]);
    if (v !== undefined) s[k] = v;
  }
  for (const k of ['at', 'filter', 'offset'] as const) {
    const v = text(raw[k]);
    if (v) s[k] = v;
  }
  if (raw['tail'] === true) s.tail = true;
  return s;
}

export type GroupSearch = Record<never, never>;

export function groupSearch(_: Raw): GroupSearch {
  return {};
}
