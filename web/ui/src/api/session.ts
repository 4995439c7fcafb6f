// Who is signed in, and what they may do.
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, call, type Schemas } from './client';

export type Session = Schemas['Session'];
export type Role = 'viewer' | 'editor' | 'admin';

const ranks: Record<string, number> = { viewer: 1, editor: 2, admin: 3 };

// can says whether somebody has a role or a higher one.
export function can(session: Session | undefined, role: Role): boolean {
  return (session?.user?.roles ?? []).some(r => (ranks[r] ?? 0) >= (ranks[role] ?? 9));
}

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => call(api.GET('/api/session')),
  staleTime: 60_000,
  retry: false,
});

export function useSession(): Session | undefined {
  return useQuery(sessionQuery).data;
}

// useCan: hide what somebody may not do; the server refuses it anyway.
export function useCan(role: Role): boolean {
  return can(useSession(), role);
}

export function useSetSession() {
  const client = useQueryClient();
  return (s: Session) => client.setQueryData(sessionQuery.queryKey, s);
}
