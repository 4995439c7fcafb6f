import './Button.css';
import type { ComponentProps, ReactNode } from 'react';
import { Icon, type IconName } from './icons';
import { Tooltip } from './Tooltip';

export interface ButtonProps extends ComponentProps<'button'> {
  kind?: 'plain' | 'primary' | 'quiet';
  danger?: boolean;
  small?: boolean;
  busy?: boolean; // works: cannot be pressed, and says so
  icon?: IconName;
}

export function Button({ kind = 'plain', danger, small, busy, icon, className, children, type = 'button', disabled, ...rest }: ButtonProps) {
  return (
    <button {...rest} type={type} disabled={disabled || busy} aria-busy={busy || undefined}
      className={['btn', kind, danger && 'danger', small && 'small', busy && 'busy', className].filter(Boolean).join(' ')}>
      {icon && <Icon name={icon} size={small ? 14 : 16} />}
      {children}
    </button>
  );
}

// IconButton always has words: label is its name and its tooltip.
export function IconButton({ label, icon, keys, className, ...rest }: Omit<ButtonProps, 'children'> & { label: string; icon: IconName; keys?: string }) {
  return (
    <Tooltip text={label} keys={keys}>
      <Button kind="quiet" {...rest} icon={icon} aria-label={label} className={['icon-only', className].filter(Boolean).join(' ')} />
    </Tooltip>
  );
}

// Segments are a few values of which one is chosen, all to be seen.
export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T | undefined; options: readonly { value: T; label: ReactNode }[]; onChange: (v: T) => void }) {
  return (
    <div className="seg" role="group" aria-label={label}>
      {options.map(o => (
        <button key={o.value} type="button" aria-pressed={o.value === value} onClick={() => onChange(o.value)}>{o.label}</button>
      ))}
    </div>
  );
}
