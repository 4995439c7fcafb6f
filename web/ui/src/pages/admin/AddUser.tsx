import { useState } from 'react';
import { api, ApiError, call, type Role, toApiError } from '../../api';
import { Button, Copy, Dialog, done, Field, Input, Select } from '../../ui';
import { useAdminWords } from './words';

export function useRoleOptions() {
  const w = useAdminWords();
  return [
    { value: 'viewer', label: w.viewer, note: w.viewerDoes },
    { value: 'editor', label: w.editor, note: w.editorDoes },
    { value: 'admin', label: w.adminRole, note: w.adminDoes },
  ] as const;
}

export function AddUser({ names, onClose, onAdded }: { names: readonly string[]; onClose: () => void; onAdded: () => Promise<unknown> }) {
  const w = useAdminWords();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [password, setPassword] = useState(makePassword);
  const roles = useRoleOptions();
  const taken = names.includes(name.trim().toLowerCase());
  const add = async () => {
    const made = await call(api.POST('/api/users', { body: { name, role, password } })).catch((e: unknown) => {
      const error = toApiError(e);
      throw error.kind === 'conflict' ? new ApiError('invalid', error.message) : error; // nobody has changed anything: the name is taken
    });
    await onAdded();
    done(w.added(made.name));
  };
  return (
    <Dialog open onClose={onClose} title={w.add} submit={w.add} onSubmit={add}>
      <Field label={w.name} hint={w.rename} problem={taken ? w.taken(name.trim()) : undefined}>{p => <Input {...p} required pattern="\s*[A-Za-z0-9][A-Za-z0-9._@\-]*\s*" title={w.rename} maxLength={100} autoCapitalize="none" autoFocus value={name} onChange={e => setName(e.target.value)} />}</Field>
      <Field label={w.role}>{p => <Select id={p.id} label={w.role} value={role} options={roles} onChange={setRole} />}</Field>
      <PasswordField password={password} onChange={setPassword} />
    </Dialog>
  );
}

export function PasswordField({ password, onChange }: { password: string; onChange: (p: string) => void }) {
  const w = useAdminWords();
  return (
    <Field label={w.password} hint={w.passwordHint}>
      {p => <span className="with-button"><Input {...p} mono required minLength={10} value={password} onChange={e => onChange(e.target.value)} /><Copy small={false} text={password} /><Button onClick={() => onChange(makePassword())}>{w.generate}</Button></span>}
    </Field>
  );
}

// makePassword: 4 groups of 4 letters and digits that are not mistaken for each other, 78 bits.
export function makePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint32Array(16));
  return Array.from(bytes, (b, i) => (i > 0 && i % 4 === 0 ? '-' : '') + (letters[b % letters.length] ?? '')).join('');
}
