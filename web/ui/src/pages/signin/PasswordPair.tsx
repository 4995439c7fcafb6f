import { useState } from 'react';
import { Field, Input } from '../../ui';
import { useSigninWords } from './words';

const shortest = 10; // characters; the server says the same

export function usePasswordPair() {
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [told, setTold] = useState(false);
  const short = Math.max(0, shortest - [...password].length);
  return { password, setPassword, again, setAgain, short, told, good: short === 0 && password === again, show: () => setTold(true), clear: () => { setPassword(''); setAgain(''); setTold(false); } };
}

// PasswordPair is a new password, twice. It complains only after somebody has left a field or tried.
export function PasswordPair({ pair, label }: { pair: ReturnType<typeof usePasswordPair>; label: string }) {
  const w = useSigninWords();
  const differs = pair.again !== '' && pair.again !== pair.password;
  return (
    <>
      <Field label={label} hint={pair.password !== '' && pair.short > 0 ? w.short(pair.short) : w.rule} problem={pair.told && pair.short > 0 ? w.short(pair.short) : undefined}>
        {p => <Input {...p} name="new-password" type="password" autoComplete="new-password" required value={pair.password} onChange={e => pair.setPassword(e.target.value)} />}
      </Field>
      <Field label={w.again} problem={differs && (pair.told || pair.again.length >= pair.password.length) ? w.differ : undefined}>
        {p => <Input {...p} name="new-password-again" type="password" autoComplete="new-password" required value={pair.again} onChange={e => pair.setAgain(e.target.value)} onBlur={pair.show} />}
      </Field>
    </>
  );
}
