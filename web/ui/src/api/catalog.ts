// What the rail, the palette and the SQL page know about: all objects by name.
import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, call, type Schemas } from './client';

export type CatalogTable = Schemas['Table'];

export const catalogQuery = queryOptions({
  queryKey: ['catalog'],
  queryFn: async () => (await call(api.GET('/api/catalog'))) ?? [],
  staleTime: 30_000,
});
export const streamsQuery = queryOptions({
  queryKey: ['streams'],
  queryFn: async () => (await call(api.GET('/api/streams'))) ?? [],
  staleTime: 10_000,
});
export const dashboardsQuery = queryOptions({
  queryKey: ['dashboards'],
  queryFn: async () => (await call(api.GET('/api/dashboards'))).dashboards ?? [],
  staleTime: 30_000,
  retry: false,
});
export const doctorQuery = queryOptions({ queryKey: ['doctor'], queryFn: () => call(api.GET('/api/doctor')), staleTime: 60_000, retry: false });

export const useCatalog = () => useQuery(catalogQuery);
export const useStreams = () => useQuery(streamsQuery);
