import './shared.css';
import { useCan } from '../../api';
import { Button, type ButtonProps, Tooltip } from '../../ui';
import { useSharedWords } from './words';

// useWhyNot is why somebody may not change things here; undefined when they may.
export function useWhyNot(): string | undefined {
  const w = useSharedWords();
  return useCan('editor') ? undefined : w.needsEditor;
}

// MayButton is a button that says why it cannot be pressed: why is the reason, to eyes, keyboard and screen readers.
export function MayButton({ why, ...rest }: ButtonProps & { why: string | undefined }) {
  if (!why) return <Button {...rest} />;
  return (
    <Tooltip text={why}>
      <span className="may" tabIndex={0} role="group" aria-label={why}><Button {...rest} disabled /></span>
    </Tooltip>
  );
}
