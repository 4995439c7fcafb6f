import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Ago, Button, Dialog, ErrorNote } from '../../../ui';
import type { Dashboard, Saved } from '../api';
import { useDifference } from './Dialogs';
import { useEditWords } from './words';

// Conflict: somebody has saved in the meantime. Nothing is lost, whatever is chosen.
export function Conflict({ name, theirs, mine, onCopy, onOverwrite, onTheirs, onClose }: { name: string; theirs: Saved; mine: Dashboard; onCopy: () => Promise<unknown>; onOverwrite: () => Promise<unknown>; onTheirs: () => void; onClose: () => void }) {
  const w = useEditWords();
  const differ = useDifference();
  const [busy, setBusy] = useState('');
  const [error, setError] = useState<unknown>();
  const run = (what: string, f: () => Promise<unknown>) => { setBusy(what); setError(undefined); f().catch(setError).finally(() => setBusy('')); };
  const list = differ(theirs.spec, mine);
  return (
    <Dialog open wide onClose={onClose} title={w.faster} footer={<>
      <Link className="btn" to="/dashboards/$name" params={{ name }} target="_blank">{w.seeTheirs}</Link>
      <Button danger disabled={busy !== ''} onClick={onTheirs}>{w.takeTheirs}</Button>
      <Button danger busy={busy === 'over'} disabled={busy !== ''} onClick={() => run('over', onOverwrite)}>{w.overwrite}</Button>
      <Button kind="primary" busy={busy === 'copy'} disabled={busy !== ''} onClick={() => run('copy', onCopy)}>{w.saveCopy}</Button>
    </>}>
      <p>{w.fasterText(theirs.by ?? '–', String(theirs.version))} <span className="dim"><Ago at={theirs.changed} /></span></p>
      <div className="diff"><h3>{w.diffTitleList}</h3><ul>{list.slice(0, 12).map(d => <li key={d}>{d}</li>)}{list.length > 12 && <li>…</li>}{list.length === 0 && <li>{w.diffNone}</li>}</ul></div>
      <p className="dim">{w.fasterSafe}</p>
      {error !== undefined && <ErrorNote error={error} />}
    </Dialog>
  );
}
