import './signin.css';
import '../../frame/Frame.css';
import { type ReactNode, useEffect } from 'react';
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

const planks = Array.from({ length: 26 }, (_, i) => 24 + i * 44);
const nodes = [[120, 240], [120, 372], [340, 240], [340, 372], [340, 504], [560, 240], [560, 438], [780, 306]] as const;
const flows = [[0, 2, 11], [1, 3, 2], [1, 4, 3], [2, 5, 5], [2, 6, 4], [3, 6, 2], [4, 6, 2], [5, 7, 3], [6, 7, 2]] as const;

// Floor is a wide wooden floor with a flow upon it: what maru is.
function Floor() {
  return (
    <div className="door-floor" aria-hidden="true">
      <svg viewBox="0 0 900 780" preserveAspectRatio="xMidYMid slice">
        {planks.map((y, i) => <path key={y} className="plank" d={`M0 ${y}H900${i < planks.length - 1 ? `M${(i * 331) % 900} ${y}v44M${((i * 331) % 900) + 430} ${y}v44` : ''}`} />)}
        {flows.map(([a, b, w]) => {
          const [p, q] = [nodes[a], nodes[b]];
          if (!p || !q) return null;
          const x1 = p[0] + 130, m = (x1 + q[0]) / 2;
          return <path key={`${a}${b}`} className={w < 3 ? 'flow thin' : 'flow'} strokeWidth={w} d={`M${x1} ${p[1]}C${m} ${p[1]} ${m} ${q[1]} ${q[0]} ${q[1]}`} />;
        })}
        {nodes.map(([x, y]) => <rect key={`${x}${y}`} className="node" x={x} y={y - 20} width={130} height={40} rx={4} />)}
      </svg>
    </div>
  );
}
