import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { api, call, sessionQuery, toApiError, useSetSession } from '../../api';
import { pauseLive } from '../../live';
import { useFormat } from '../../i18n';
import { Button, Empty, ErrorNote, Field, Input } from '../../ui';
import { Door } from './Door';
import { PasswordPair, usePasswordPair } from './PasswordPair';
import { Secret } from './Secret';
import { useSigninWords } from './words';

const route = getRouteApi('/signin');

// useEnter goes on after somebody has signed in, to where they were.
function useEnter() {
  const router = useRouter();
  const setSession = useSetSession();
  return (s: Parameters<typeof setSession>[0], to?: string) => {
    setSession(s);
    pauseLive(false);
    router.history.replace(to ?? '/'); // Back leads to where they were before, not to the form
  };
}

export function SigninPage() {
  const w = useSigninWords();
  const { to, ended } = route.useSearch();
  const router = useRouter();
  const enter = useEnter();
  const session = useQuery(sessionQuery).data;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const f = useFormat();
  const left = useLeft(error);
  const form = useRef<HTMLFormElement>(null);
  const signedIn = !!session?.user;
  // Moves on whoever is signed in already: in another tab, or by a bookmark of this page.
  useEffect(() => { if (signedIn) router.history.replace(to ?? '/'); }, [signedIn, to, router]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    call(api.POST('/api/session', { body: { name, password } })).then(s => enter(s, to), (e: unknown) => {
      setError(e);
      form.current?.querySelector<HTMLInputElement>('[name="password"]')?.select();
    }).finally(() => setBusy(false));
  };
  if (session?.setup && !session.user) return <Door title={w.title}><h1>{w.setupTitle}</h1><p className="dim">{w.setupText}</p></Door>;
  const after = error === undefined ? undefined : toApiError(error).after;
  const wrong = error !== undefined && ['denied', 'unauthenticated'].includes(toApiError(error).kind);
  return (
    <Door title={w.title}>
      <h1>{w.title}</h1>
      <p className="lead" role={ended ? 'status' : undefined}>{ended ? w.ended : w.lead}</p>
      <form ref={form} onSubmit={submit}>
        <Field label={w.name}>{p => <Input {...p} name="username" autoComplete="username" autoCapitalize="none" autoFocus required value={name} onChange={e => setName(e.target.value)} />}</Field>
        <Secret label={w.password} name="password" autoComplete="current-password" value={password} onChange={e => setPassword(e.target.value)} aria-invalid={wrong} />
        {error !== undefined && (wrong ? <div className="field"><p className="problem" role="alert">{w.wrong}. {w.wrongNext}</p></div> : left > 0 ? <div className="field"><p className="problem" role="alert">{w.tooMany}</p><p className="hint">{w.waitFor(f.long(left * 1000))}</p></div> : after === undefined && <ErrorNote error={error} />)}
        <Button type="submit" kind="primary" busy={busy} disabled={left > 0}>{w.submit}</Button>
      </form>
    </Door>
  );
}

// useLeft is how many seconds are left until the server takes another try.
function useLeft(error: unknown): number {
  const [left, setLeft] = useState(0);
  // Counts down with a timer of the browser.
  useEffect(() => {
    const end = Date.now() + (error === undefined ? 0 : toApiError(error).after ?? 0) * 1000;
    const look = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    look();
    const timer = setInterval(look, 500);
    return () => clearInterval(timer);
  }, [error]);
  return left;
}

// WelcomePage makes the first admin. The token stands behind the #, so that it is in no log.
export function WelcomePage() {
  const w = useSigninWords();
  const enter = useEnter();
  const session = useQuery(sessionQuery).data;
  const [token] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const [name, setName] = useState('');
  const pair = usePasswordPair();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (!pair.good) return pair.show();
    setBusy(true);
    setError(undefined);
    call(api.POST('/api/setup', { body: { token, name, password: pair.password } })).then(s => {
      history.replaceState(null, '', '/welcome');
      enter(s);
    }, setError).finally(() => setBusy(false));
  };
  const gone = session && !session.setup;
  if (gone || token === '') {
    return <Door title={w.welcome}><Empty title={gone ? w.used : w.noToken} action={<Link className="btn" to="/signin" search={{}}>{w.toSignin}</Link>}>{gone ? w.usedText : w.noTokenText}</Empty></Door>;
  }
  return (
    <Door title={w.welcome}>
      <h1>{w.welcome}</h1>
      <p className="lead">{w.welcomeLead}</p>
      <form onSubmit={submit}>
        <Field label={w.name} hint={w.nameRule}>{p => <Input {...p} name="username" autoComplete="username" autoCapitalize="none" autoFocus required value={name} onChange={e => setName(e.target.value)} />}</Field>
        <PasswordPair pair={pair} label={w.password} />
        {error !== undefined && <ErrorNote error={error} />}
        <Button type="submit" kind="primary" busy={busy}>{w.create}</Button>
      </form>
    </Door>
  );
}
