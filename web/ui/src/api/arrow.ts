// Rows as Arrow IPC. The library is loaded when the first rows are.
import type { Table } from 'apache-arrow';
import { raw } from './client';

export type ArrowTable = Table;

// fetchArrow gets an Arrow IPC stream and decodes it; a whole window at a time, so keep windows small.
export async function fetchArrow(path: string, init: RequestInit = {}): Promise<ArrowTable> {
  const [{ tableFromIPC }, response] = await Promise.all([
    import('apache-arrow'),
    raw(path, { ...init, headers: { Accept: 'application/vnd.apache.arrow.stream', ...init.headers } }),
  ]);
  return tableFromIPC(new Uint8Array(await response.arrayBuffer()));
}
