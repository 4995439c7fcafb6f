import './Tooltip.css';
import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './Kbd';

// Tooltip explains what children already names: nothing may be said only here.
export function Tooltip({ text, keys, side = 'bottom', children }: { text: ReactNode; keys?: string | undefined; side?: 'top' | 'bottom' | 'left' | 'right'; children: ReactElement }) {
  if (!text) return children;
  return (
    <Base.Root>
      <Base.Trigger render={children as ReactElement<Record<string, unknown>>} />
      <Base.Portal>
        <Base.Positioner side={side} sideOffset={6}>
          <Base.Popup className="tip">{text}{keys && <Kbd keys={keys} />}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
export const TooltipProvider = Base.Provider;
