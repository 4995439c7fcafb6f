import { type ComponentProps, type KeyboardEvent, type ReactNode, useState } from 'react';
import { Field, Icon, Input } from '../../ui';
import { useSigninWords } from './words';

// Secret is a field for a password: it can be shown, and says when Caps Lock is on.
export function Secret({ label, hint, problem, ...input }: { label: string; hint?: ReactNode; problem?: ReactNode } & ComponentProps<'input'>) {
  const w = useSigninWords();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const look = (e: KeyboardEvent) => setCaps(e.getModifierState('CapsLock'));
  return (
    <Field label={label} hint={caps ? <span className="warned" role="status">{w.caps}</span> : hint} problem={problem}>
      {p => (
        <span className="secret">
          <Input {...input} {...p} {...(input['aria-invalid'] ? { 'aria-invalid': true } : {})} type={shown ? 'text' : 'password'} autoCapitalize="none" required onKeyDown={look} onKeyUp={look} />
          <button type="button" aria-label={w.show} aria-pressed={shown} title={w.show} onClick={() => setShown(!shown)}><Icon name="view" /></button>
        </span>
      )}
    </Field>
  );
}
