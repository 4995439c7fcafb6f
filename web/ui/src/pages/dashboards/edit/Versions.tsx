import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Button, Confirm, done, Drawer, Empty, ErrorNote, Skeleton, StatusMark, Time } from '../../../ui';
import { MayButton, useWhyNot } from '../../shared/May';
import { type Dashboard, getVersion, getVersions, restoreVersion, type Saved, type Version } from '../api';
import { useDifference } from './Dialogs';
import { useEditWords } from './words';

const kinds = { saved: 'kind_saved', file: 'kind_file', refused: 'kind_refused', restored: 'kind_restored' } as const;

// VersionsDrawer: what the dashboard was before. One can be looked at, taken into the editor, or made the present one.
export function VersionsDrawer({ name, saved, onRestored, onTake, onClose }: { name: string; saved: Saved; onRestored: (s: Saved) => void; onTake: (d: Dashboard) => void; onClose: () => void }) {
  const w = useEditWords();
  const list = useQuery({ queryKey: ['dashboard-versions', name, saved.etag], queryFn: () => getVersions(name) });
  const [open, setOpen] = useState<number>();
  const [back, setBack] = useState<number>();
  return (
    <Drawer title={w.versions} onClose={onClose}>
      {list.error ? <ErrorNote error={list.error} retry={() => void list.refetch()} /> : !list.data ? <Skeleton lines={6} /> : list.data.length === 0 ? <Empty title={w.noVersions} /> : (
        <ol className="version-list">{list.data.map(v => (
          <li key={v.version}>
            <button type="button" className="version" aria-expanded={open === v.version} onClick={() => setOpen(open === v.version ? undefined : v.version)}>
              <b>{w.versionN(String(v.version))}</b>{v.version === saved.version && <span className="pill">{w.present}</span>}{v.kind === 'refused' && <StatusMark state="warn" label={w.refused} />}
              <span className="grow" /><span className="dim small"><Time at={v.at} /></span>
              <span className="dim small whole">{w[kinds[v.kind] ?? 'kind_saved']}{v.by ? ` · ${v.by}` : ''} · {w.tilesN(String(v.tiles))}</span>
            </button>
            {open === v.version && <One name={name} v={v} saved={saved} onTake={onTake} onBack={() => setBack(v.version)} />}
          </li>
        ))}</ol>
      )}
      <p className="faint small">{w.versionsKept}</p>
      <Confirm open={back !== undefined} onClose={() => setBack(undefined)} title={w.restoreTitle(String(back ?? ''))} consequence={w.restoreText} action={w.restore} onConfirm={async () => {
        if (back === undefined) return;
        onRestored(await restoreVersion(name, back));
        done(w.restored(String(back)));
      }} />
    </Drawer>
  );
}

function One({ name, v, saved, onTake, onBack }: { name: string; v: Version; saved: Saved; onTake: (d: Dashboard) => void; onBack: () => void }) {
  const w = useEditWords();
  const differ = useDifference();
  const why = useWhyNot();
  const got = useQuery({ queryKey: ['dashboard-version', name, v.version], queryFn: () => getVersion(name, v.version), staleTime: Infinity });
  if (got.error) return <ErrorNote error={got.error} retry={() => void got.refetch()} />;
  if (!got.data) return <Skeleton lines={2} />;
  const spec = got.data.spec, list = differ(spec, saved.spec);
  return (
    <div className="version-one">
      <div className="diff"><h3>{w.sinceThen}</h3><ul>{list.slice(0, 10).map(d => <li key={d}>{d}</li>)}{list.length > 10 && <li>…</li>}{list.length === 0 && <li>{w.diffNone}</li>}</ul></div>
      {v.version !== saved.version && <div className="row"><MayButton why={why} small onClick={() => onTake(spec)}>{w.look}</MayButton>{!why && <Button small onClick={onBack}>{w.restore}</Button>}</div>}
    </div>
  );
}
