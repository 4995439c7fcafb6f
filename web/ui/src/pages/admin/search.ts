import { type Raw, text } from '../../frame/search';

// user is the one whose settings are open.
export interface AdminSearch { user?: string }

export function adminSearch(raw: Raw): AdminSearch {
  const user = text(raw['user']);
  return user ? { user } : {};
}
