import { useSharedWords } from '../shared/words';

// useStateWord says a group's state in the page's language.
export function useStateWord(): (state: string) => string {
  const w = useSharedWords();
  const words: Record<string, string> = { stable: w.stable, empty: w.noMembers, rebalancing: w.rebalancing, preparingrebalance: w.rebalancing, completingrebalance: w.rebalancing, dead: w.noMembers };
  return s => words[s.toLowerCase()] ?? s;
}
