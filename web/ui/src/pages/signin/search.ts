import { type Raw, text } from '../../frame/search';

// to is where one was; only a path of ours, so that a link cannot lead elsewhere after signing in.
export interface SigninSearch { to?: string | undefined }

export function signinSearch(raw: Raw): SigninSearch {
  const to = text(raw['to']);
  return to && /^\/(?![/\\])/.test(to) && !to.startsWith('/signin') ? { to } : { to: undefined };
}
