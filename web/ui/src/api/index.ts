export { api, call, callWith, raw, type Schemas } from './client';
export { ApiError, type Kind, toApiError } from './error';
export { type ArrowTable, fetchArrow } from './arrow';
export { can, type Role, type Session, sessionQuery, useCan, useSession, useSetSession } from './session';
export { type CatalogTable, catalogQuery, dashboardsQuery, streamsQuery, useCatalog, useStreams } from './catalog';
export { clockSkew, serverNow, useNow } from './now';
