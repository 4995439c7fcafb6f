import { useRef, useState } from 'react';
import { Confirm, Dialog, done, Field, Input } from '../../ui';
import { isolated } from '../shared/bidi';
import { createBoard, deleteBoard, duplicateBoard, nameOf, useBoardsChanged } from './api';
import { useDashboardsWords } from './words';

export function NewBoard({ onClose, onDone }: { onClose: () => void; onDone: (name: string) => void }) {
  const w = useDashboardsWords();
  const changed = useBoardsChanged();
  const [title, setTitle] = useState('');
  const made = useRef<string>(undefined); // the dialog closes after it is made: then its page opens, and not the list again
  const submit = async () => {
    const got = await createBoard({ title: title.trim(), time: { range: '6h', refresh: 'live' }, tiles: [] });
    await changed();
    made.current = nameOf(got);
  };
  return (
    <Dialog open onClose={() => { if (made.current === undefined) onClose(); else onDone(made.current); }} title={w.newTitle} submit={w.create} onSubmit={submit}>
      <Field label={w.title} hint={w.newHint}>{p => <Input {...p} autoFocus required maxLength={200} value={title} onChange={e => setTitle(e.target.value)} />}</Field>
    </Dialog>
  );
}

export function DuplicateBoard({ name, title: was, onClose, onDone }: { name: string; title: string; onClose: () => void; onDone: (name: string) => void }) {
  const w = useDashboardsWords();
  const changed = useBoardsChanged();
  const [title, setTitle] = useState(w.copyOf(was));
  const submit = async () => {
    const got = await duplicateBoard(name, title.trim());
    await changed();
    done(w.duplicated(title.trim()));
    onDone(nameOf(got));
  };
  return (
    <Dialog open onClose={onClose} title={w.duplicateTitle(isolated(was))} submit={w.duplicate} onSubmit={submit}>
      <Field label={w.title}>{p => <Input {...p} autoFocus required maxLength={200} value={title} onChange={e => setTitle(e.target.value)} />}</Field>
    </Dialog>
  );
}

export function DeleteBoard({ name, title, onClose, onDone }: { name: string; title: string; onClose: () => void; onDone: () => void }) {
  const w = useDashboardsWords();
  const changed = useBoardsChanged();
  return (
    <Confirm open onClose={onClose} title={w.deleteTitle(isolated(title))} consequence={w.deleteText(`dashboards/${name}.yaml`)} action={w.delete} onConfirm={async () => {
      await deleteBoard(name);
      await changed();
      done(w.deleted(title));
      onDone();
    }} />
  );
}
