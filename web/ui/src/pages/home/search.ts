import type { Raw } from '../../frame/search';

export type HomeSearch = Record<never, never>;

export function homeSearch(_: Raw): HomeSearch {
  return {};
}
