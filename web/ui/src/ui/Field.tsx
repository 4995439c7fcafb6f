import './Field.css';
import './Menu.css';
import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Select as BaseSelect } from '@base-ui/react/select';
import { type ComponentProps, type ReactNode, useId } from 'react';
import { Icon, type IconName } from './icons';

export interface InputProps extends ComponentProps<'input'> {
  icon?: IconName;
  mono?: boolean;
}

export function Input({ icon, mono, className, ...rest }: InputProps) {
  const input = <input autoComplete="off" spellCheck={false} {...rest} className={['input', mono && 'mono', className].filter(Boolean).join(' ')} />;
  return icon ? <span className="input-wrap"><Icon name={icon} />{input}</span> : input;
}

export function TextArea({ mono, className, ...rest }: ComponentProps<'textarea'> & { mono?: boolean }) {
  return <textarea spellCheck={false} {...rest} className={['input', mono && 'mono', className].filter(Boolean).join(' ')} />;
}

// Field is a labelled control; children gets the ids that tie them together.
export function Field({ label, hint, problem, children }: { label: ReactNode; hint?: ReactNode; problem?: ReactNode; children: (p: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: boolean }) => ReactNode }) {
  const id = useId();
  const note = problem || hint;
  return (
    <div className="field">
      <span><label htmlFor={id}>{label}</label></span>
      {children({ id, ...(note ? { 'aria-describedby': `${id}n` } : {}), ...(problem ? { 'aria-invalid': true } : {}) })}
      {note && <span id={`${id}n`} className={problem ? 'problem' : 'hint'} role={problem ? 'alert' : undefined}>{note}</span>}
    </div>
  );
}

export function Checkbox({ label, checked, mixed, onChange, disabled }: { label: ReactNode; checked: boolean; mixed?: boolean; onChange: (v: boolean) => void; disabled?: boolean }) {
  return (
    <label className="check">
      <BaseCheckbox.Root className="check-box" checked={checked} indeterminate={mixed ?? false} onCheckedChange={v => onChange(v)} disabled={disabled ?? false}>
        <BaseCheckbox.Indicator><Icon name={mixed ? 'minus' : 'check'} size={11} /></BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      {label}
    </label>
  );
}

export interface Option<T extends string> { value: T; label: ReactNode; note?: ReactNode }

export function Select<T extends string>({ label, value, options, onChange, id, quiet, disabled, prefix }: { label: string; value: T; options: readonly Option<T>[]; onChange: (v: T) => void; id?: string; quiet?: boolean; disabled?: boolean; prefix?: ReactNode }) {
  const items = options.map(o => ({ value: o.value, label: o.label }));
  return (
    <BaseSelect.Root items={items} value={value} disabled={disabled ?? false} onValueChange={v => { if (v !== null) onChange(v as T); }}>
      <BaseSelect.Trigger id={id} className={`btn select${quiet ? ' quiet' : ''}`} aria-label={id ? undefined : label}>
        <span>{prefix}<BaseSelect.Value /></span>
        <Icon name="down" size={12} />
      </BaseSelect.Trigger>
      <BaseSelect.Portal>
        <BaseSelect.Positioner className="float" sideOffset={4} alignItemWithTrigger={false} align="start">
          <BaseSelect.Popup className="menu">
            {options.map(o => (
              <BaseSelect.Item key={o.value} value={o.value} className="menu-item">
                <span className="menu-mark"><BaseSelect.ItemIndicator><Icon name="check" size={13} /></BaseSelect.ItemIndicator></span>
                <BaseSelect.ItemText className="grow">{o.label}</BaseSelect.ItemText>
                {o.note && <span className="faint small">{o.note}</span>}
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}
