import { Link } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import type { GroupLag } from './api';
import { useTopicsWords } from './words';

const shownMax = 3;

// GroupLags is each group's lag in one line: the farthest behind first.
export function GroupLags({ groups }: { groups: readonly GroupLag[] }) {
  const w = useTopicsWords();
  const f = useFormat();
  if (groups.length === 0) return <span className="faint">{w.noReader}</span>;
  const sorted = [...groups].sort((a, b) => b.lag - a.lag);
  return (
    <span className="lags">
      {sorted.slice(0, shownMax).map(g => <Link key={g.id} to="/groups/$id" params={{ id: g.id }} title={`${g.id} · ${f.int(g.lag)}`}><span className="cut name-text">{g.id}</span> <b className={g.lag > 10_000 ? 'warned' : g.lag > 0 ? undefined : 'zero'}>{f.compact(g.lag)}</b></Link>)}
      {sorted.length > shownMax && <span className="faint" title={sorted.slice(shownMax).map(g => `${g.id} ${f.int(g.lag)}`).join('\n')}>{w.andMore(f.int(sorted.length - shownMax))}</span>}
    </span>
  );
}
