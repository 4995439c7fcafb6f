import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useFormat } from '../../i18n';
import { Checkbox, Confirm, Dialog, done, ErrorNote } from '../../ui';
import { MayButton, useWhyNot } from '../shared/May';
import { pauseStream, replayStream, resetStream, resumeStream, type StreamDetail, useStreamsChanged } from './api';
import { useStreamsWords } from './words';
import { isolated } from '../shared/bidi';

type Act = 'pause' | 'resume' | 'replay' | 'reset';

// Actions are what may be done to a stream; each says its consequence before.
export function Actions({ stream: s, asked: act, onAsk: setAsked }: { stream: StreamDetail; asked: Act | undefined; onAsk: (a: Act | undefined) => void }) {
  const w = useStreamsWords();
  const f = useFormat();
  const why = useWhyNot();
  const changed = useStreamsChanged(s.name);
  const [retained, setRetained] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const after = (said: string) => async () => { await changed(); done(said); };
  const resume = () => { setBusy(true); setError(undefined); resumeStream(s.name).then(after(w.resumed(isolated(s.name)))).catch(setError).finally(() => setBusy(false)); };
  const stopped = s.state === 'paused' || s.state === 'failed';
  const asked = why ? undefined : act; // an address asks, but for a viewer there is nothing to confirm
  const close = () => setAsked(undefined);
  const reset: ReactNode = <><p>{w.resetDoes(f.bytes(s.state_bytes))}</p><div className="reset-opt"><Checkbox label={w.resetRetained} checked={retained} onChange={setRetained} /><p className="dim small">{w.resetRetainedText}</p></div></>;
  return (
    <>
      <Link className="btn" to="/data/$name" params={{ name: s.name }}>{w.view}</Link>
      <MayButton why={why} icon="history" onClick={() => setAsked('replay')}>{w.replay}</MayButton>
      <MayButton why={why} icon="refresh" danger onClick={() => setAsked('reset')}>{w.reset}</MayButton>
      {stopped ? <MayButton why={why} kind="primary" icon="play" busy={busy} onClick={resume}>{w.resume}</MayButton> : <MayButton why={why} icon="pause" onClick={() => setAsked('pause')}>{w.pause}</MayButton>}
      <Confirm open={asked === 'pause' && !stopped} onClose={close} title={w.pauseTitle(isolated(s.name))} consequence={w.pauseDoes} action={w.pause} onConfirm={() => pauseStream(s.name).then(after(w.paused(isolated(s.name))))} />
      <Confirm open={asked === 'resume' && stopped} onClose={close} title={w.resumeTitle(isolated(s.name))} consequence={w.resumeDoes} action={w.resume} onConfirm={() => resumeStream(s.name).then(after(w.resumed(isolated(s.name))))} />
      <Confirm open={asked === 'replay'} onClose={close} title={w.replayTitle(isolated(s.name))} consequence={w.replayDoes} action={w.replay} onConfirm={() => replayStream(s.name).then(after(w.replaying(isolated(s.name))))} />
      <Confirm open={asked === 'reset'} onClose={close} title={w.resetTitle(isolated(s.name))} consequence={reset} typed={s.name} action={w.reset} onConfirm={() => resetStream(s.name, retained).then(after(w.didReset(isolated(s.name))))} />
      <Dialog open={error !== undefined} onClose={() => setError(undefined)} title={w.resume}>{error !== undefined && <ErrorNote error={error} />}</Dialog>
    </>
  );
}
