import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, call, sessionQuery, toApiError } from '../api';
import { pauseLive } from '../live';
import { failed } from '../ui';
import { useFrameWords } from './words';

// useSignOut ends the session and forgets all that was read in it. While the server is away the session cannot be ended: it says so.
export function useSignOut(): () => void {
  const w = useFrameWords();
  const client = useQueryClient();
  const navigate = useNavigate();
  return () => {
    call(api.DELETE('/api/session')).then(() => {
      pauseLive(true);
      client.setQueryData(sessionQuery.queryKey, { setup: false });
      return navigate({ to: '/signin', search: {} }).then(() => client.clear());
    }).catch((e: unknown) => failed(toApiError(e).kind === 'offline' ? w.stillIn : toApiError(e).message));
  };
}
