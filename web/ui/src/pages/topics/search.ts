import { oneOf, type Raw, text, whole } from '../../frame/search';

export interface TopicsSearch { tab?: 'topics' | 'groups'; q?: string; sort?: string; down?: boolean; all?: true; new?: true }

export function topicsSearch(raw: Raw): TopicsSearch {
  const s: TopicsSearch = {};
  const q = text(raw['q']), sort = text(raw['sort']), tab = oneOf(raw['tab'], 'topics', 'groups');
  if (tab) s.tab = tab;
  if (q) s.q = q;
  if (sort) s.sort = sort;
  if (raw['down'] === true) s.down = true;
  if (raw['all'] === true) s.all = true;
  if (raw['new'] === true) s.new = true;
  return s;
}

// at: "end", an offset, or a time; filter is a text, where a condition, one of both; offset is the record that is looked at, in partition p.
export interface TopicSearch { tab?: 'messages' | 'partitions' | 'groups' | 'settings'; partition?: number; at?: string; filter?: string; where?: string; tail?: true; p?: number; offset?: string; produce?: true }

export function topicSearch(raw: Raw): TopicSearch {
  const s: TopicSearch = {};
  const tab = oneOf(raw['tab'], 'messages', 'partitions', 'groups', 'settings');
  if (tab) s.tab = tab;
  for (const k of ['partition', 'p'] as const) {
    const v = whole(raw[k]);
    if (v !== undefined) s[k] = v;
  }
  for (const k of ['at', 'filter', 'where', 'offset'] as const) {
    const v = text(raw[k]);
    if (v) s[k] = v;
  }
  if (s.where) delete s.filter;
  if (raw['tail'] === true) s.tail = true;
  if (raw['produce'] === true) s.produce = true;
  return s;
}

export interface GroupSearch { reset?: true; topic?: string }

export function groupSearch(raw: Raw): GroupSearch {
  const s: GroupSearch = {};
  const topic = text(raw['topic']);
  if (topic) s.topic = topic;
  if (raw['reset'] === true) s.reset = true;
  return s;
}
