import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import { doctorQuery } from '../../api/catalog';
import { Copy } from '../../ui';
import { SqlText } from '../shared/SqlText';
import { useHomeWords } from './words';

const collect = 'maru collect /var/log/nginx/access.log --topic access --follow';
const ask = 'SELECT path, count(*) AS n FROM access GROUP BY path ORDER BY n DESC';
const keep = `-- streams/requests_1m.sql
SELECT window_start, path, count(*) AS requests
FROM tumble(access, ts, INTERVAL 1 MINUTE)
GROUP BY ALL`;

// FirstSteps is Home while the project is empty.
export function FirstSteps() {
  const w = useHomeWords();
  const dir = useQuery(doctorQuery).data?.project_dir ?? '.';
  const sample = `maru init ${/^[\w./-]+$/.test(dir) ? dir : `'${dir.replaceAll("'", "'\\''")}'`}`;
  return (
    <div className="first">
      <h2 className="title">{w.first}</h2>
      <p className="dim">{w.firstText}</p>
      <div className="command first-do"><code>{sample}</code><Copy text={sample} /></div>
      <p className="faint small">{w.sampleNote}</p>
      <ol>
        <li><b>{w.step1}</b><p className="dim">{w.step1Text}</p><div className="command"><code>{collect}</code><Copy text={collect} /></div></li>
        <li><b>{w.step2}</b><p className="dim">{w.step2Text} <Link className="link" to="/sql">{w.openSql}</Link></p><SqlText sql={ask} label={w.step2} /></li>
        <li><b>{w.step3}</b><p className="dim">{w.step3Text}</p><SqlText sql={keep} label={w.step3} /></li>
      </ol>
    </div>
  );
}
