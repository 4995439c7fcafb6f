import './signin.css';
import '../../frame/Frame.css';
import { type ReactNode, useEffect } from 'react';
import { useFormat } from '../../i18n';
import { setPrefs, usePrefs } from '../../prefs';
import { Segments } from '../../ui';

// Door is the page before the frame: what is asked at the left, the floor at the right.
export function Door({ title, children }: { title: string; children: ReactNode }) {
  const { lang } = usePrefs();
  // Talks to the browser's tab.
  useEffect(() => { document.title = `${title} · maru`; }, [title]);
  return (
    <div className="door">
      <main className="door-form">
        <div className="inner"><div className="brand"><i aria-hidden="true" />maru</div>{children}</div>
        <div className="door-lang"><Segments label="Language · 언어" value={lang} options={[{ value: 'ko', label: '한국어' }, { value: 'en', label: 'English' }]} onChange={l => setPrefs({ lang: l })} /></div>
      </main>
      <Floor />
    </div>
  );
}

const planks = Array.from({ length: 30 }, (_, i) => 12 + i * 42);
// Column, row and name of what flows, and how many a second: the project of examples/api-log.
const nodes = [[0, 0, 'access.log', 4812], [0, 2, 'orders.json', 12], [1, 0, 'api_log', 4812], [1, 2, 'orders', 12], [2, -1, 'requests_1m', 84], [2, 1, 'repeated_calls', 21], [3, 0, 'api-health', 5]] as const;
const flows = [[0, 2, 12], [1, 3, 1.5], [2, 4, 8], [2, 5, 6], [3, 5, 1.5], [4, 6, 3], [5, 6, 2.5]] as const;
const place = (n: (typeof nodes)[number]) => ({ x: 40 + n[0] * 212, y: 320 + n[1] * 66 });

// Floor is a wide wooden floor with a flow upon it: what maru is.
function Floor() {
  const f = useFormat();
  return (
    <div className="door-floor" aria-hidden="true">
      <svg viewBox="0 0 1000 780" preserveAspectRatio="xMidYMid slice">
        {planks.map((y, i) => <path key={y} className="plank" d={`M-500 ${y}H1500M${(i * 331) % 700} ${y}v42M${((i * 331) % 700) + 430} ${y}v42`} />)}
      </svg>
      <svg viewBox="0 0 870 780" preserveAspectRatio="xMidYMid meet">
        {flows.map(([a, b, width]) => {
          const [p, q] = [nodes[a], nodes[b]].map(n => n && place(n));
          if (!p || !q) return null;
          const x1 = p.x + 150, m = (x1 + q.x) / 2;
          return <path key={`${a}${b}`} className="flow" strokeWidth={width} d={`M${x1} ${p.y}C${m} ${p.y} ${m} ${q.y} ${q.x} ${q.y}`} />;
        })}
        {nodes.map(n => {
          const { x, y } = place(n);
          return <g key={n[2]} transform={`translate(${x} ${y})`}><rect className="node" y={-23} width={150} height={46} rx={4} /><text x={12} y={-3}>{n[2]}</text><text className="rate" x={12} y={14}>{f.rate(n[3])}</text></g>;
        })}
      </svg>
    </div>
  );
}
