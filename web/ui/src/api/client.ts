// The typed client: paths and types come from schema.d.ts, which `npm run codegen` makes from openapi.json.
//
//   const topics = await call(api.GET('/api/topics'));              // the body, or an ApiError is thrown
//   await call(api.POST('/api/topics', { body: { name: 'x' } }));
import createClient, { type Middleware } from 'openapi-fetch';
import { ApiError, errorFrom, toApiError } from './error';
import { noteServerTime } from './now';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

const watch: Middleware = {
  onResponse({ request, response }) {
    noteServerTime(response);
    if (response.status === 401 && !new URL(request.url).pathname.startsWith('/api/session')) signedOut();
    return undefined;
  },
};

export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' });
api.use(watch);

interface Answer<T> { data?: T; error?: unknown; response: Response }

// call waits for an answer and gives its body.
export async function call<T>(answer: Promise<Answer<T>>): Promise<T> {
  return (await callWith(answer)).data;
}

// callWith gives the response too: for an ETag.
export async function callWith<T>(answer: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  let got: Answer<T>;
  try {
    got = await answer;
  } catch (e) {
    throw toApiError(e);
  }
  if (!got.response.ok) throw errorFrom(got.response.status, got.error, got.response.headers.get('Retry-After'));
  return { data: got.data as T, response: got.response };
}

// raw fetches what is no JSON: Arrow, files, streams.
export async function raw(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init });
  } catch (e) {
    throw toApiError(e);
  }
  noteServerTime(response);
  if (response.ok) return response;
  if (response.status === 401) signedOut();
  throw errorFrom(response.status, await response.json().catch(() => undefined));
}

let onSignedOut: () => void = () => {};

// whenSignedOut says what happens when the server no longer knows who we are; the router goes to the sign-in page.
export function whenSignedOut(f: () => void) {
  onSignedOut = f;
}

function signedOut() {
  onSignedOut();
}

export { ApiError };
