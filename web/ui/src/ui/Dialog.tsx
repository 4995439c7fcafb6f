import './Dialog.css';
import { AlertDialog } from '@base-ui/react/alert-dialog';
import { Dialog as Base } from '@base-ui/react/dialog';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { Button, IconButton } from './Button';
import { ErrorNote } from './ErrorNote';
import { Field, Input } from './Field';
import { useUiWords } from './words';

// Dialog asks for something. onSubmit makes it a form whose primary button does it; a promise keeps it open until done, an error is shown in it.
export function Dialog({ open, onClose, title, wide, submit, danger, onSubmit, footer, children }: {
  open: boolean; onClose: () => void; title: ReactNode; wide?: boolean; submit?: string; danger?: boolean; onSubmit?: () => void | Promise<unknown>; footer?: ReactNode; children?: ReactNode;
}) {
  const w = useUiWords();
  const { busy, error, run } = useDoing(onSubmit, onClose);
  return (
    <Base.Root open={open} onOpenChange={o => { if (!o) onClose(); }}>
      <Base.Portal>
        <Base.Backdrop className="veil" />
        <Base.Popup className={`dialog${wide ? ' wide' : ''}`}><Body onSubmit={onSubmit && run}>
          <header><Base.Title>{title}</Base.Title></header>
          <div className="body">{children}{error !== undefined && <ErrorNote error={error} />}</div>
          <footer>
            {footer}
            <Base.Close render={<Button />}>{onSubmit ? w.cancel : w.close}</Base.Close>
            {onSubmit && <Button type="submit" kind="primary" busy={busy} danger={danger ?? false}>{submit}</Button>}
          </footer>
        </Body></Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

// Confirm says what will happen and cannot be taken back. With typed, the person writes that name first.
export function Confirm({ open, onClose, title, consequence, action, typed, onConfirm }: {
  open: boolean; onClose: () => void; title: ReactNode; consequence: ReactNode; action: string; typed?: string; onConfirm: () => void | Promise<unknown>;
}) {
  const w = useUiWords();
  const [text, setText] = useState('');
  const { busy, error, run } = useDoing(onConfirm, () => { setText(''); onClose(); });
  return (
    <AlertDialog.Root open={open} onOpenChange={o => { if (!o) { setText(''); onClose(); } }}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="veil" />
        <AlertDialog.Popup className="dialog"><Body onSubmit={run}>
          <header><AlertDialog.Title>{title}</AlertDialog.Title></header>
          <div className="body">
            <AlertDialog.Description render={<div />}>{consequence}</AlertDialog.Description>
            {typed && <Field label={w.typeToConfirm(typed)}>{p => <Input {...p} mono value={text} onChange={e => setText(e.target.value)} />}</Field>}
            {error !== undefined && <ErrorNote error={error} />}
          </div>
          <footer>
            <AlertDialog.Close render={<Button />}>{w.cancel}</AlertDialog.Close>
            <Button type="submit" kind="primary" danger busy={busy} disabled={typed !== undefined && text !== typed}>{action}</Button>
          </footer>
        </Body></AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

function Body({ onSubmit, children }: { onSubmit: ((e: FormEvent) => void) | undefined; children: ReactNode }) {
  return onSubmit ? <form onSubmit={onSubmit}>{children}</form> : children;
}

function useDoing(act: (() => void | Promise<unknown>) | undefined, done: () => void) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const run = (e: FormEvent) => {
    e.preventDefault();
    e.stopPropagation();
    setBusy(true);
    setError(undefined);
    Promise.resolve(act?.()).then(done, setError).finally(() => setBusy(false));
  };
  return { busy, error, run };
}

// Drawer is the inspector at the right of a page: a place beside, not a layer above. Esc closes it.
export function Drawer({ title, onClose, actions, children }: { title: ReactNode; onClose: () => void; actions?: ReactNode; children: ReactNode }) {
  const w = useUiWords();
  // Hears keys of the whole document.
  useEffect(() => {
    const onKey = (e: KeyboardEvent) => { if (e.key === 'Escape' && !e.defaultPrevented && !document.querySelector('[role="dialog"],[role="alertdialog"],[role="menu"],[role="listbox"]')) onClose(); };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside className="drawer" aria-label={typeof title === 'string' ? title : w.inspector}>
      <header><h2 className="grow cut">{title}</h2>{actions}<IconButton label={w.close} icon="close" keys="esc" onClick={onClose} /></header>
      <div className="body">{children}</div>
    </aside>
  );
}
