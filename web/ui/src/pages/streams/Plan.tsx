import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { thickness } from '../home/layout';
import { useFormat } from '../../i18n';
import { Copy, ErrorNote, Section, Segments, Skeleton } from '../../ui';
import { colourSql } from '../shared/SqlText';
import { type Operator, type StreamDetail, useExplain } from './api';
import { type PlanStep, readPlan, works } from './plan';
import { useStreamsWords } from './words';

// Plan is the stream's operators from its source down to its view, and what passes between them.
export function Plan({ s }: { s: StreamDetail }) {
  const w = useStreamsWords();
  const plan = useExplain(s.name);
  const [as, setAs] = useState<'picture' | 'text'>('picture');
  return (
    <Section className="plan" title={w.operators} end={<>{plan.data && as === 'text' && <Copy text={plan.data.plan} />}<Segments label={w.how} value={as} options={[{ value: 'picture', label: w.picture }, { value: 'text', label: w.planText }]} onChange={setAs} /></>}>
      {plan.error ? <ErrorNote error={plan.error} what={w.noPlan} retry={() => void plan.refetch()} /> : !plan.data ? <Skeleton /> : as === 'text' ? <pre className="plan-text" tabIndex={0} role="region" aria-label={w.planText}>{plan.data.plan}</pre> : <Picture s={s} steps={readPlan(plan.data.plan)} />}
    </Section>
  );
}

function Picture({ s, steps }: { s: StreamDetail; steps: readonly PlanStep[] }) {
  let i = 0;
  const flow = steps.filter(p => p.kind !== 'seed' && p.kind !== 'read');
  const beside = steps.filter(p => p.kind === 'seed'), after = steps.filter(p => p.kind === 'read');
  return (
    <ol className="ops">
      {flow.map((p, n) => {
        const op = works(p.kind) ? s.operators?.[i++] : undefined;
        return <Step key={n} n={n} p={p} op={op} s={s} beside={n === 1 ? beside : []} />;
      })}
      <View s={s} after={after} />
    </ol>
  );
}

// Step is an operator and what comes into it. How many rows a second is known behind the source only, and how busy the whole stream is stands there too.
function Step({ n, p, op, s, beside }: { n: number; p: PlanStep; op: Operator | undefined; s: StreamDetail; beside: readonly PlanStep[] }) {
  const w = useStreamsWords();
  const f = useFormat();
  const kinds: Record<string, string> = { source: w.opSource, seed: w.opSeed, map: w.opMap, over: w.opOver, aggregate: w.opAggregate, agg: w.opAggregate };
  return (
    <>
      {n > 0 && <Pipe rate={n === 1 ? s.rate_in : 0} said={n === 1} busy={n === 1 && s.state === 'running' ? s.busy : undefined} />}
      <li className="op">
        <div className="op-head"><b>{kinds[p.kind] ?? p.kind}</b>{beside.map(b => <span key={b.text} className="dim">+ {w.opSeed} <Link className="link" to="/data/$name" params={{ name: b.text.trim() }}>{b.text}</Link></span>)}
          {op && <span className="op-nums">{op.state_rows > 0 && <span>{w.kept(f.rows(op.state_rows))}</span>}{op.busy !== undefined && <Busy share={op.busy} />}</span>}
        </div>
        {p.text && <p className="op-text">{p.text.replace(/(\d[hm])0[ms](?:0s)?\b/g, '$1')}</p>}
        {p.more && <details className="op-sql"><summary>{w.innerSql}</summary><pre tabIndex={0} role="region" aria-label={`${kinds[p.kind] ?? p.kind} ${f.int(n + 1)}`}>{colourSql(p.more).map((x, i) => (x.cls ? <span key={i} className={`syn-${x.cls}`}>{x.text}</span> : x.text))}</pre></details>}
      </li>
    </>
  );
}

function View({ s, after }: { s: StreamDetail; after: readonly PlanStep[] }) {
  const w = useStreamsWords();
  return (
    <>
      <Pipe rate={s.rate_out} said busy={undefined} />
      <li className="op end"><div className="op-head"><b>{w.opView}</b><Link className="link" to="/data/$name" params={{ name: s.name }}>{s.name}</Link>{s.emit && <span className="dim">emit: {s.emit}</span>}</div>{after.map(a => <p key={a.text} className="op-text">{w.opRead}: <code>{a.text}</code></p>)}</li>
    </>
  );
}

// Pipe is what passes from one to the next: as thick as on Home.
function Pipe({ rate, said, busy }: { rate: number; said: boolean; busy: number | undefined }) {
  const f = useFormat();
  return <li className="pipe"><svg width={28} height={30} aria-hidden="true"><line x1={14} x2={14} y1={0} y2={30} strokeWidth={thickness(rate)} /></svg><span>{said && f.rate(rate)}</span>{busy !== undefined && <Busy share={busy} />}</li>;
}

// Busy is the share of the last seconds that went into work.
function Busy({ share }: { share: number }) {
  const w = useStreamsWords();
  const f = useFormat();
  const hot = share > 0.8;
  return <span className={hot ? 'busy warned' : 'busy'}><svg width={36} height={6} aria-hidden="true"><rect width={36} height={6} rx={3} className="back" /><rect width={Math.max(1, 36 * Math.min(1, share))} height={6} rx={3} className={hot ? 'bar hot' : 'bar'} /></svg>{w.busy(f.percent(share))}</span>;
}
