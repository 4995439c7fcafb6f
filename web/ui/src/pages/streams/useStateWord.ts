import { useSharedWords } from '../shared/words';

// useStateWord says a stream's state in the page's language.
export function useStateWord(): (state: string) => string {
  const w = useSharedWords();
  const words: Record<string, string> = { running: w.running, rebuilding: w.rebuilding, waiting: w.waiting, paused: w.paused, failed: w.failed };
  return s => words[s] ?? s;
}
