import { useState } from 'react';
import { Secret } from './Secret';
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
      <Secret label={label} hint={pair.password !== '' && pair.short > 0 ? w.short(pair.short) : w.rule} problem={pair.told && pair.short > 0 ? w.short(pair.short) : undefined}
        name="new-password" autoComplete="new-password" value={pair.password} onChange={e => pair.setPassword(e.target.value)} />
      <Secret label={w.again} problem={differs && (pair.told || pair.again.length >= pair.password.length) ? w.differ : undefined}
        name="new-password-again" autoComplete="new-password" value={pair.again} onChange={e => pair.setAgain(e.target.value)} onBlur={pair.show} />
    </>
  );
}
