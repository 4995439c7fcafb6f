import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, call } from '../api';
import { pauseLive } from '../live';

// useSignOut ends the session and forgets all that was read in it.
export function useSignOut(): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return () => {
    call(api.DELETE('/api/session')).catch(() => undefined).finally(() => {
      pauseLive(true);
      void navigate({ to: '/signin', search: {} }).then(() => client.clear());
    });
  };
}
