import './Toast.css';
import { useSyncExternalStore } from 'react';
import { Button } from './Button';
import { Icon } from './icons';

interface Toast { id: number; text: string; bad?: boolean; action?: { label: string; do: () => void } | undefined }

let list: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const set = (next: readonly Toast[]) => { list = next; for (const f of listeners) f(); };

// done says that something has succeeded, for five seconds; an action is usually "Undo". What failed is told where it was asked for.
export function done(text: string, action?: { label: string; do: () => void }) {
  const id = ++last;
  set([...list.slice(-2), { id, text, action }]);
  setTimeout(() => set(list.filter(t => t.id !== id)), action ? 8000 : 5000);
}

// failed says what could not be done where there is no other place for it: of a menu, which has closed.
export function failed(text: string) {
  const id = ++last;
  set([...list.slice(-2), { id, text, bad: true }]);
  setTimeout(() => set(list.filter(t => t.id !== id)), 8000);
}

export function Toasts() {
  const shown = useSyncExternalStore(f => { listeners.add(f); return () => listeners.delete(f); }, () => list);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(t => (
        <div key={t.id} className="toast"><Icon name={t.bad ? 'alert' : 'check'} /><span>{t.text}</span>
          {t.action && <Button small onClick={() => { t.action?.do(); set(list.filter(x => x.id !== t.id)); }}>{t.action.label}</Button>}
        </div>
      ))}
    </div>
  );
}
