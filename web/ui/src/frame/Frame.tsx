import './Frame.css';
import { Outlet } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { clockSkew, serverNow, useNow, useSession } from '../api';
import { useFormat } from '../i18n';
import { reconnect, useLiveState } from '../live';
import { usePrefs } from '../prefs';
import { Button, modKey, StatusMark, Toasts } from '../ui';
import { openPalette, paletteOpen, watchPalette } from './finder';
import { useKeptPrefs } from './kept';
import { Rail } from './Rail';
import { useFrameWords } from './words';

const Palette = lazy(() => import('./Palette').then(m => ({ default: m.Palette })));

// Frame is what stays while pages come and go.
export function Frame() {
  const w = useFrameWords();
  const { narrow } = usePrefs();
  useKeptPrefs(useSession()?.user?.name);
  const palette = useSyncExternalStore(watchPalette, paletteOpen);
  // Hears keys of the whole document.
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      if (modKey(e) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === 'k') {
        e.preventDefault();
        openPalette(!paletteOpen());
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return (
    <div className={`app${narrow ? ' narrow' : ''}`}>
      <a className="skip" href="#main" onClick={e => { e.preventDefault(); document.getElementById('main')?.focus(); }}>{w.skip}</a>
      <Rail />
      <div className="stage">
        <Banner />
        <Outlet />
      </div>
      {palette && <Suspense><Palette /></Suspense>}
      <Toasts />
    </div>
  );
}

const lostAfter = 3000; // ms: a short break is told by the indicator only

function Banner() {
  const { state } = useLiveState();
  const skew = clockSkew();
  const [seen, setSeen] = useState(false);
  if (state === 'lost') return <Lost />;
  return Math.abs(skew) > 60_000 && !seen ? <Skewed ms={Math.abs(skew)} onClose={() => setSeen(true)} /> : null;
}

function Lost() {
  const w = useFrameWords();
  const f = useFormat();
  const { since } = useLiveState();
  const now = useNow();
  const at = since + clockSkew();
  if (now - at < lostAfter) return null;
  return <div className="banner" role="alert"><StatusMark state="warn" /><span className="grow">{w.bannerLost(f.time(at))}</span><Button small onClick={reconnect}>{w.bannerNow}</Button></div>;
}

function Skewed({ ms, onClose }: { ms: number; onClose: () => void }) {
  const w = useFrameWords();
  const f = useFormat();
  return <div className="banner" role="status"><StatusMark state="warn" /><span className="grow" title={f.full(serverNow())}>{w.skewed(f.long(ms))}</span><Button small kind="quiet" onClick={onClose}>{w.dismiss}</Button></div>;
}
