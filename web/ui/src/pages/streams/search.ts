import { oneOf, type Raw, text } from '../../frame/search';

export interface StreamsSearch { q?: string; state?: 'running' | 'waiting' | 'paused' | 'failed'; sort?: string; down?: boolean }

export function streamsSearch(raw: Raw): StreamsSearch {
  const s: StreamsSearch = {};
  const q = text(raw['q']), sort = text(raw['sort']), state = oneOf(raw['state'], 'running', 'waiting', 'paused', 'failed');
  if (q) s.q = q;
  if (state) s.state = state;
  if (sort) s.sort = sort;
  if (typeof raw['down'] === 'boolean') s.down = raw['down'];
  return s;
}

// act asks for confirmation of something to do, as if its button had been pressed.
export interface StreamSearch { tab?: 'overview' | 'late' | 'rejected' | 'partitions'; act?: 'pause' | 'resume' | 'replay' | 'reset' }

export function streamSearch(raw: Raw): StreamSearch {
  const tab = oneOf(raw['tab'], 'overview', 'late', 'rejected', 'partitions'), act = oneOf(raw['act'], 'pause', 'resume', 'replay', 'reset');
  return { ...(tab ? { tab } : {}), ...(act ? { act } : {}) };
}
