import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api, call, sessionQuery, toApiError, useSetSession } from '../../api';
import { pauseLive } from '../../live';
import { Button, Empty, ErrorNote, Field, Input } from '../../ui';
import { Door } from './Door';
import { PasswordPair, usePasswordPair } from './PasswordPair';
import { useSigninWords } from './words';

const route = getRouteApi('/signin');

// useEnter goes on after somebody has signed in, to where they were.
function useEnter() {
  const router = useRouter();
  const setSession = useSetSession();
  return (s: Parameters<typeof setSession>[0], to?: string) => {
    setSession(s);
    pauseLive(false);
    router.history.push(to ?? '/');
  };
}

export function SigninPage() {
  const w = useSigninWords();
  const { to } = route.useSearch();
  const enter = useEnter();
  const session = useQuery(sessionQuery).data;
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(undefined);
    call(api.POST('/api/session', { body: { name, password } })).then(s => enter(s, to), setError).finally(() => setBusy(false));
  };
  if (session?.setup && !session.user) return <Door title={w.title}><h1>{w.setupTitle}</h1><p className="dim">{w.setupText}</p></Door>;
  const wrong = error !== undefined && ['denied', 'unauthenticated'].includes(toApiError(error).kind);
  return (
    <Door title={w.title}>
      <h1>{w.title}</h1>
      <p className="lead">{w.lead}</p>
      <form onSubmit={submit} className="inner" style={{ display: 'grid', gap: 14 }}>
        <Field label={w.name}>{p => <Input {...p} name="username" autoComplete="username" autoFocus required value={name} onChange={e => setName(e.target.value)} />}</Field>
        <Field label={w.password}>{p => <Input {...p} name="password" type="password" autoComplete="current-password" required value={password} onChange={e => setPassword(e.target.value)} />}</Field>
        {error !== undefined && (wrong ? <div className="field"><span className="problem" role="alert">{w.wrong}. {w.wrongNext}</span></div> : <ErrorNote error={error} />)}
        <Button type="submit" kind="primary" busy={busy}>{w.submit}</Button>
      </form>
    </Door>
  );
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
      <form onSubmit={submit} className="inner" style={{ display: 'grid', gap: 14 }}>
        <Field label={w.name}>{p => <Input {...p} name="username" autoComplete="username" autoFocus required value={name} onChange={e => setName(e.target.value)} />}</Field>
        <PasswordPair pair={pair} label={w.password} />
        {error !== undefined && <ErrorNote error={error} />}
        <Button type="submit" kind="primary" busy={busy}>{w.create}</Button>
      </form>
    </Door>
  );
}
