import { useState } from 'react';
import { api, call, type Role, type Schemas } from '../../api';
import { Button, Confirm, done, Drawer, ErrorNote, Field, Pairs, Section, Select, Time } from '../../ui';
import type { User } from '.';
import { makePassword, PasswordField, useRoleOptions } from './AddUser';
import { useAdminWords } from './words';

export function UserDrawer({ user, self, lastAdmin, onClose, onChanged }: { user: User; self: boolean; lastAdmin: boolean; onClose: () => void; onChanged: () => Promise<unknown> }) {
  const w = useAdminWords();
  const roles = useRoleOptions();
  const [asked, setAsked] = useState<'remove' | 'disable'>();
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
        <Pairs items={[[w.created, <Time key="c" at={user.created} kind="dateTime" />], [w.seen, user.last_seen ? <Time key="s" at={user.last_seen} kind="dateTime" /> : w.never]]} />
        <Field label={w.role} hint={lastAdmin ? w.lastAdmin : undefined}>{p => <Select id={p.id} label={w.role} disabled={lastAdmin} value={user.role as Role} options={roles} onChange={role => tried(change({ role }))} />}</Field>
        {password === undefined ? <div><Button icon="key" onClick={() => setPassword(makePassword())}>{w.setPassword}</Button></div> : (
          <Section title={w.setPassword} level={3}>
            <PasswordField password={password} onChange={setPassword} />
            <div className="row"><Button kind="primary" onClick={() => tried(change({ password }).then(() => setPassword(undefined)))}>{w.save}</Button></div>
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
      <Confirm open={asked === 'disable'} onClose={() => setAsked(undefined)} title={w.disableTitle(user.name)} consequence={w.disableText} action={w.disable} onConfirm={() => change({ disabled: true })} />
    </Drawer>
  );
}
