import { type Raw, text } from '../../frame/search';

// ended says that a session has ended while somebody worked. to is where one was; only a path of ours, so that a link cannot lead elsewhere after signing in.
export interface SigninSearch { to?: string | undefined; ended?: true | undefined }

export function signinSearch(raw: Raw): SigninSearch {
  const to = text(raw['to']);
  const ended = raw['ended'] === true ? { ended: true as const } : {};
  return to && /^\/(?![/\\])/.test(to) && !to.startsWith('/signin') ? { to, ...ended } : { to: undefined, ...ended };
}
