import type { State } from '../../ui';

// markOf is the mark of a stream's, a service's or a group's state.
export function markOf(state: string): State {
  switch (state.toLowerCase()) {
    case 'running': return 'running';
    case 'ok': case 'stable': case 'ready': return 'ok';
    case 'rebuilding': case 'waiting': case 'starting': case 'rebalancing': return 'waiting';
    case 'warn': case 'late': return 'warn';
    case 'failed': case 'error': case 'dead': return 'error';
    case 'paused': case 'empty': case 'stopped': return 'paused';
    default: return 'unknown';
  }
}
