// Rows as Arrow IPC.
import { raw } from './client';
import { type ArrowTable, tableFromIPC } from './ipc';

export type { ArrowTable } from './ipc';

// fetchArrow gets an Arrow IPC stream and decodes it; a whole window at a time, so keep windows small.
export async function fetchArrow(path: string, init: RequestInit = {}): Promise<ArrowTable> {
  const response = await raw(path, { ...init, headers: { Accept: 'application/vnd.apache.arrow.stream', ...init.headers } });
  return tableFromIPC(new Uint8Array(await response.arrayBuffer()));
}
