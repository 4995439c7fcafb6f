import './Menu.css';
import { Menu as Base } from '@base-ui/react/menu';
import { Popover as BasePopover } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { Icon, type IconName } from './icons';
import { Kbd } from './Kbd';

type Trigger = ReactElement<Record<string, unknown>>;

// Menu opens below trigger (a Button). Children are MenuItem, MenuChoice, MenuSep and MenuHead.
export function Menu({ trigger, align = 'start', side = 'bottom', children }: { trigger: ReactElement; align?: 'start' | 'end'; side?: 'bottom' | 'top' | 'right'; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger as Trigger} />
      <Base.Portal>
        <Base.Positioner className="float" sideOffset={4} align={align} side={side}>
          <Base.Popup className="menu">{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem({ icon, keys, danger, disabled, onSelect, render, children }: { icon?: IconName; keys?: string; danger?: boolean; disabled?: boolean; onSelect?: () => void; render?: ReactElement; children: ReactNode }) {
  return (
    <Base.Item className={`menu-item${danger ? ' danger' : ''}`} disabled={disabled ?? false} onClick={onSelect} {...(render ? { render: render as Trigger } : {})}>
      {icon && <Icon name={icon} />}{children}{keys && <Kbd keys={keys} />}
    </Base.Item>
  );
}

// MenuChoice is one of several values of which one holds.
export function MenuChoice<T extends string>({ value, options, onChange, label }: { label: string; value: T; options: readonly { value: T; label: ReactNode }[]; onChange: (v: T) => void }) {
  return (
    <Base.Group>
      <Base.GroupLabel className="menu-head">{label}</Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={v => onChange(v as T)}>
        {options.map(o => (
          <Base.RadioItem key={o.value} value={o.value} className="menu-item" closeOnClick={false}>
            <span className="menu-mark"><Base.RadioItemIndicator><Icon name="check" size={13} /></Base.RadioItemIndicator></span>{o.label}
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export const MenuSep = () => <Base.Separator className="menu-sep" />;

// Popover is a small panel with controls; it takes the focus and gives it back.
export function Popover({ trigger, title, align = 'start', open, onOpenChange, children }: { trigger: ReactElement; title: string; align?: 'start' | 'end'; open?: boolean; onOpenChange?: (open: boolean) => void; children: ReactNode }) {
  return (
    <BasePopover.Root {...(open === undefined ? {} : { open })} {...(onOpenChange ? { onOpenChange: (o: boolean) => onOpenChange(o) } : {})}>
      <BasePopover.Trigger render={trigger as Trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner className="float" sideOffset={4} align={align}>
          <BasePopover.Popup className="pop"><BasePopover.Title className="hidden">{title}</BasePopover.Title>{children}</BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
