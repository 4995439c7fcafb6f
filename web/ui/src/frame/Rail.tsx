import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { catalogQuery, serverNow, streamsQuery, useCan, useCatalog, useStreams } from '../api';
import { doctorQuery } from '../api/catalog';
import { useFormat } from '../i18n';
import { useLiveEvent } from '../live';
import { setPrefs, usePrefs } from '../prefs';
import { Icon, IconButton, type IconName } from '../ui';
import { useFrameWords } from './words';

interface Item { to: '/' | '/sql' | '/dashboards' | '/data' | '/topics' | '/streams' | '/admin/users'; icon: IconName; label: string; n?: number | undefined; bad?: boolean | undefined }

export function Rail() {
  const w = useFrameWords();
  const f = useFormat();
  const { narrow } = usePrefs();
  const admin = useCan('admin');
  const doctor = useQuery(doctorQuery).data;
  const catalog = useCatalog().data;
  const streams = useStreams().data;
  const client = useQueryClient();
  // The frame always hears of streams: so the live indicator is true on every page, and a failed stream is counted at once.
  useLiveEvent('streams', data => {
    if (!Array.isArray(data)) return void client.invalidateQueries(streamsQuery);
    if (namesOf(data) !== namesOf(client.getQueryData(streamsQuery.queryKey))) void client.invalidateQueries(catalogQuery); // a view has come or gone
    client.setQueryData(streamsQuery.queryKey, data);
  });
  const failed = streams?.filter(s => s.state === 'failed').length ?? 0;
  const groups: Item[][] = [
    [{ to: '/', icon: 'home', label: w.home }, { to: '/sql', icon: 'sql', label: w.sql }, { to: '/dashboards', icon: 'dash', label: w.dashboards }],
    [
      { to: '/data', icon: 'data', label: w.data, n: catalog?.length },
      { to: '/topics', icon: 'topic', label: w.topics, n: catalog?.filter(t => t.kind === 'topic').length },
      { to: '/streams', icon: 'stream', label: w.streams, n: failed || streams?.length, bad: failed > 0 },
    ],
    admin ? [{ to: '/admin/users', icon: 'admin', label: w.admin }] : [],
  ];
  const disk = doctor?.disks?.[0];
  const project = doctor?.project_dir?.split(/[\\/]/).filter(Boolean).at(-1);
  return (
    <aside className="rail">
      <div className="brand"><i aria-hidden="true" /><span>maru</span>{project && <span className="env cut" title={doctor?.project_dir}>{project}</span>}</div>
      <nav aria-label={w.mainNav}>
        {groups.filter(g => g.length > 0).map((g, i) => (
          <ul key={i}>
            {g.map(it => (
              <li key={it.to}>
                <Link to={it.to} activeOptions={{ exact: it.to === '/', includeSearch: false }} activeProps={{ className: 'on', 'aria-current': 'page' }} title={narrow ? it.label : undefined} aria-label={narrow ? it.label : undefined}>
                  <Icon name={it.icon} size={15} /><span>{it.label}</span>{it.n !== undefined && <span className={`n${it.bad ? ' bad' : ''}`}>{f.int(it.n)}</span>}
                </Link>
              </li>
            ))}
          </ul>
        ))}
      </nav>
      <div className="foot">
        <div>
          {doctor && <><span title={doctor.version}>maru {doctor.version.replace(/^v/, '').replace(/^dev\+.*/, 'dev')}</span>{doctor.started && <> · {w.up(f.long(serverNow() - Date.parse(doctor.started)))}</>}<br />{disk && disk.total > 0 && w.disk(f.percent(disk.free / disk.total))}</>}
        </div>
        <IconButton icon="rail" small label={narrow ? w.widen : w.narrow} onClick={() => setPrefs({ narrow: !narrow })} />
      </div>
    </aside>
  );
}

const namesOf = (list: readonly { name: string }[] | undefined) => (list ?? []).map(s => s.name).sort().join('\n');
