import { QueryClient } from '@tanstack/react-query';
import { toApiError } from './api';

// What is asked again by itself: a server that is away or busy, never a request that it has refused.
const passing = new Set(['offline', 'unavailable', 'timeout']);

export const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      retry: (n, e) => n < 3 && passing.has(toApiError(e).kind),
      retryDelay: n => Math.min(500 * 2 ** n, 5000),
      placeholderData: (old: unknown) => old, // old data stays, dimmed by who shows it, until the new is there
      networkMode: 'always', // a server on this machine is there without a network
    },
    mutations: { networkMode: 'always' },
  },
});
