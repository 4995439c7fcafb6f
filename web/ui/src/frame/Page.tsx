import { Link, type LinkProps } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useSession, useStreams } from '../api';
import { useLiveState } from '../live';
import { type Lang, setPrefs, type Theme, usePrefs } from '../prefs';
import { Kbd, Menu, MenuChoice, MenuItem, MenuSep, StatusMark, Tooltip } from '../ui';
import { openPalette } from './finder';
import { useSignOut } from './signout';
import { useFrameWords } from './words';

export interface Crumb { label: ReactNode; link: LinkProps }

// Page is a page's top bar and its place. The bar's last crumb is the title (h1, and the tab's title); after stands next to it (a freshness
// chip, a state), actions at the right (time range, buttons). fixed: the page fills the height and scrolls inside itself.
export function Page({ title, crumbs = [], after, actions, fixed, children }: { title: string; crumbs?: readonly Crumb[]; after?: ReactNode; actions?: ReactNode; fixed?: boolean; children: ReactNode }) {
  const w = useFrameWords();
  const bad = useStreams().data?.filter(s => s.state === 'failed').length ?? 0; // a tab in the background says that something has failed
  // Talks to the browser's tab.
  useEffect(() => { document.title = `${bad > 0 ? `(${bad}) ` : ''}${title} · maru`; }, [title, bad]);
  return (
    <>
      <header className="top">
        <nav className="crumbs" aria-label={w.crumbs}>
          {crumbs.length > 0 && <ol>{crumbs.map((c, i) => <li key={i}><Link {...c.link}>{c.label}</Link><span className="faint" aria-hidden="true">/</span></li>)}</ol>}
          <h1 className="cut" title={title}>{title}</h1>
        </nav>
        {after && <div className="after">{after}</div>}
        <span className="grow" />
        {actions}
        <button type="button" className="btn search" aria-haspopup="dialog" onClick={() => openPalette(true)}><span>{w.find}</span><Kbd keys="mod+k" /></button>
        <LiveMark />
        <UserMenu />
      </header>
      <main id="main" className={`main${fixed ? ' fixed' : ''}`} tabIndex={-1}>{children}</main>
    </>
  );
}

function LiveMark() {
  const w = useFrameWords();
  const { state } = useLiveState();
  if (state === 'off') return null;
  const [mark, label, tip] = state === 'live' ? ['ok', w.live, w.liveTip] as const : state === 'lost' ? ['warn', w.lost, w.lostTip] as const : ['waiting', w.connecting, w.lostTip] as const;
  return <Tooltip text={tip}><span className="live" role="status"><StatusMark state={mark} /><span>{label}</span></span></Tooltip>;
}

const langs = [{ value: 'ko', label: '한국어' }, { value: 'en', label: 'English' }] as const satisfies { value: Lang; label: string }[];

function UserMenu() {
  const w = useFrameWords();
  const p = usePrefs();
  const user = useSession()?.user;
  const signOut = useSignOut();
  const themes: { value: Theme; label: string }[] = [{ value: 'system', label: w.system }, { value: 'light', label: w.light }, { value: 'dark', label: w.dark }];
  return (
    <Menu align="end" trigger={<button type="button" className="avatar" aria-label={`${w.you}: ${user?.name ?? ''}`}>{(user?.name ?? '?').slice(0, 1).toUpperCase()}</button>}>
      {user && <div className="menu-head">{user.name} · {user.roles.join(', ')}</div>}
      <MenuItem icon="user" render={<Link to="/account" />}>{w.settings}</MenuItem>
      <MenuSep />
      <MenuChoice label={w.language} value={p.lang} options={langs} onChange={lang => setPrefs({ lang })} />
      <MenuSep />
      <MenuChoice label={w.theme} value={p.theme} options={themes} onChange={theme => setPrefs({ theme })} />
      <MenuSep />
      <MenuItem icon="out" onSelect={signOut}>{w.signOut}</MenuItem>
    </Menu>
  );
}
