import { useState } from 'react';
import { api, call, type Role, type Schemas } from '../../api';
import { Button, Confirm, done, Drawer, ErrorNote, Field, Pairs, Section, Select, Time } from '../../ui';
import { useFormat } from '../../i18n';
import type { User } from '.';
import { makePassword, PasswordField, useRoleOptions } from './AddUser';
import { useAdminWords } from './words';

export function UserDrawer({ user, self, lastAdmin, onClose, onChanged }: { user: User; self: boolean; lastAdmin: boolean; onClose: () => void; onChanged: () => Promise<unknown> }) {
  const w = useAdminWords();
  const f = useFormat();
  const roles = useRoleOptions();
  const [asked, setAsked] = useState<'remove' | 'disable' | Role>();
  const [error, setError] = useState<unknown>();
  const [password, setPassword] = useState<string>();
  const path = { params: { path: { name: user.name } } };
  const change = async (body: Schemas['UserChange']) => {
    await call(api.PATCH('/api/users/{name}', { ...path, body }));
    await onChanged();
    done(w.saved(user.name));
  };
  const remove = async () => {
    await call(api.DELETE('/api/users/{name}', path));
    await onChanged();
    done(w.removed(user.name));
    onClose();
  };
  const tried = (p: Promise<unknown>) => { setError(undefined); p.catch(setError); };
  return (
    <Drawer title={user.name} onClose={onClose}>
      <div className="stack">
        <Pairs items={[[w.created, <Time key="c" at={user.created} kind="dateTime" />], [w.seen, user.last_seen ? <Time key="s" at={user.last_seen} kind="dateTime" /> : w.noSession], [w.sessions, f.int(user.sessions)]]} />
        <Field label={w.role} hint={lastAdmin ? w.lastAdmin : undefined}>{p => <Select id={p.id} label={w.role} disabled={lastAdmin} value={user.role as Role} options={roles} onChange={role => (self && role !== 'admin' ? setAsked(role) : tried(change({ role })))} />}</Field>
        {password === undefined ? <div><Button icon="key" onClick={() => setPassword(makePassword())}>{w.setPassword}</Button></div> : (
          <Section title={w.setPassword} level={3}>
            <form className="stack" onSubmit={e => { e.preventDefault(); tried(change({ password }).then(() => setPassword(undefined))); }}>
              <PasswordField password={password} onChange={setPassword} />
              <p className="faint small">{self ? w.passwordEndsSelf : w.passwordEnds}</p>
              <div className="row"><Button type="submit" kind="primary">{w.save}</Button><Button onClick={() => setPassword(undefined)}>{w.cancel}</Button></div>
            </form>
          </Section>
        )}
        {error !== undefined && <ErrorNote error={error} />}
        <div className="row">
          <Button disabled={self || lastAdmin} onClick={() => (user.disabled ? tried(change({ disabled: false })) : setAsked('disable'))}>{user.disabled ? w.enable : w.disable}</Button>
          <Button danger icon="trash" disabled={self || lastAdmin} onClick={() => setAsked('remove')}>{w.remove}</Button>
          {self && <span className="faint small">{w.yourself}</span>}
        </div>
      </div>
      <Confirm open={asked === 'remove'} onClose={() => setAsked(undefined)} title={w.removeTitle(user.name)} consequence={w.removeText} action={w.remove} typed={user.name} onConfirm={remove} />
      <Confirm open={asked === 'viewer' || asked === 'editor'} onClose={() => setAsked(undefined)} title={w.stepDown} consequence={w.stepDownText} action={w.stepDownDo} onConfirm={() => change({ role: asked as Role })} />
      <Confirm open={asked === 'disable'} onClose={() => setAsked(undefined)} title={w.disableTitle(user.name)} consequence={w.disableText} action={w.disable} onConfirm={() => change({ disabled: true })} />
    </Drawer>
  );
}
