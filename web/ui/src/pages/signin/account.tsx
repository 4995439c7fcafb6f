import './signin.css';
import { type FormEvent, useState } from 'react';
import { api, call, type Role, useSession } from '../../api';
import { Page } from '../../frame';
import { Zone } from '../../frame/TimeControl';
import { setPrefs, type Theme, usePrefs } from '../../prefs';
import { Button, done, ErrorNote, Section, Segments, Time } from '../../ui';
import { useNow } from '../../api/now';
import { PasswordPair, usePasswordPair } from './PasswordPair';
import { Secret } from './Secret';
import { useSigninWords } from './words';

export function AccountPage() {
  const w = useSigninWords();
  const user = useSession()?.user;
  const roles: Record<string, string> = { viewer: w.viewer, editor: w.editor, admin: w.admin } satisfies Record<Role, string>;
  return (
    <Page title={w.account}>
      <div className="account">
        <div className="who">
          <span className="avatar" aria-hidden="true">{(user?.name ?? '?').slice(0, 1).toUpperCase()}</span>
          <div><b>{user?.name ?? w.you}</b><div className="dim">{user?.roles.map(r => roles[r] ?? r).join(' · ')}</div></div>
        </div>
        <Section title={w.preferences} end={w.keptHere}><Preferences /></Section>
        <Section title={w.changePassword}><ChangePassword name={user?.name ?? ''} /></Section>
      </div>
    </Page>
  );
}

function Preferences() {
  const w = useSigninWords();
  const p = usePrefs();
  const now = useNow();
  const themes: { value: Theme; label: string }[] = [{ value: 'system', label: w.system }, { value: 'light', label: w.light }, { value: 'dark', label: w.dark }];
  return (
    <div className="stack">
      <div className="field"><span>{w.language}</span><div><Segments label={w.language} value={p.lang} options={[{ value: 'ko', label: '한국어' }, { value: 'en', label: 'English' }]} onChange={lang => setPrefs({ lang })} /></div></div>
      <div className="field"><span>{w.theme}</span><div><Segments label={w.theme} value={p.theme} options={themes} onChange={theme => setPrefs({ theme })} /></div></div>
      <Zone zone={p.zone} />
      <p className="dim">{w.now} <Time at={now} kind="full" /></p>
    </div>
  );
}

function ChangePassword({ name }: { name: string }) {
  const w = useSigninWords();
  const [old, setOld] = useState('');
  const pair = usePasswordPair();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (!pair.good) return pair.show();
    setBusy(true);
    setError(undefined);
    call(api.POST('/api/session/password', { body: { old, new: pair.password } })).then(() => { setOld(''); pair.clear(); done(w.changed); }, setError).finally(() => setBusy(false));
  };
  return (
    <form onSubmit={submit}>
      <input hidden name="username" autoComplete="username" value={name} readOnly />
      <Secret label={w.oldPassword} name="password" autoComplete="current-password" value={old} onChange={e => setOld(e.target.value)} />
      <PasswordPair pair={pair} label={w.newPassword} />
      {error !== undefined && <ErrorNote error={error} />}
      <div className="row"><Button type="submit" busy={busy}>{w.change}</Button><span className="faint small">{w.others}</span></div>
    </form>
  );
}
