import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useStreams } from '../../api';
import { useFormat } from '../../i18n';
import { Copy, ErrorNote, StatusMark } from '../../ui';
import { MayButton, useWhyNot } from '../shared/May';
import { SqlText } from '../shared/SqlText';
import { type SampleStarted, startSample } from './api';
import { useHomeWords } from './words';

const collect = 'maru collect /var/log/nginx/access.log --topic access --follow';
const ask = 'SELECT path, count(*) AS n FROM access GROUP BY path ORDER BY n DESC';
const keep = `-- streams/requests_1m.sql
SELECT window_start, path, count(*) AS requests
FROM tumble(access, ts, INTERVAL 1 MINUTE)
GROUP BY ALL`;

// FirstSteps is Home while the project is empty, and until sample data that was asked for is there.
export function FirstSteps({ filling, onFill }: { filling: SampleStarted | undefined; onFill: (s: SampleStarted) => void }) {
  const w = useHomeWords();
  return (
    <div className="first">
      <h2 className="title">{w.first}</h2>
      <p className="dim">{w.firstText}</p>
      {filling ? <Filling sample={filling} /> : <Fill onFill={onFill} />}
      <ol>
        <li><b>{w.step1}</b><p className="dim">{w.step1Text}</p><div className="command"><code>{collect}</code><Copy text={collect} /></div></li>
        <li><b>{w.step2}</b><p className="dim">{w.step2Text} <Link className="link" to="/sql">{w.openSql}</Link></p><SqlText sql={ask} label={w.step2} /></li>
        <li><b>{w.step3}</b><p className="dim">{w.step3Text}</p><SqlText sql={keep} label={w.step3} /></li>
      </ol>
    </div>
  );
}

function Fill({ onFill }: { onFill: (s: SampleStarted) => void }) {
  const w = useHomeWords();
  const why = useWhyNot();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const fill = () => {
    setBusy(true);
    setError(undefined);
    startSample().then(onFill, setError).finally(() => setBusy(false));
  };
  return (
    <>
      <div className="first-do"><MayButton kind="primary" why={why} busy={busy} onClick={fill}>{w.sample}</MayButton></div>
      <p className="faint small">{w.sampleNote}</p>
      {error !== undefined && <ErrorNote error={error} what={w.noSample} />}
    </>
  );
}

// Filling says how far the view has come that will have rows first.
function Filling({ sample }: { sample: SampleStarted }) {
  const w = useHomeWords();
  const f = useFormat();
  const s = useStreams().data?.find(x => x.name === sample.view);
  return <div className="first-do" role="status"><StatusMark state="waiting" /><span>{s && s.rows_in > 0 ? w.filling(sample.view, f.rows(s.rows_in)) : w.writing}</span></div>;
}
