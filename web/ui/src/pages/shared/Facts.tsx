import './shared.css';
import type { ReactNode } from 'react';

export interface Fact { label: string; value: ReactNode; sub?: ReactNode }

// Facts is the row of numbers at the top of an object's page.
export function Facts({ items }: { items: readonly Fact[] }) {
  return (
    <div className="facts">
      {items.map(x => <div key={x.label}><div className="label" title={x.label}>{x.label}</div><div className="fact">{x.value}</div><div className="sub">{x.sub ?? '\u00a0'}</div></div>)}
    </div>
  );
}
