import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { serverNow } from '../../api';
import { moment, wall } from '../../frame/time';
import { useFormat } from '../../i18n';
import { Confirm, Dialog, done, Drawer, Empty, ErrorNote, Field, IconButton, Input, Skeleton, TextArea, Time } from '../../ui';
import { MayButton, useWhyNot } from '../shared/May';
import { addNote, deleteNote, getNotes, type Note } from './api';
import { iso, type Span } from './window';
import { useDashboardsWords } from './words';

const none: readonly Note[] = [];

export function useNotes(span: Span) {
  const q = useQuery({ queryKey: ['annotations', span.from, span.to], queryFn: () => getNotes(iso(span.from), iso(span.to)), staleTime: 30_000 });
  return { notes: q.data ?? none, query: q };
}

// NotesDrawer lists the notes of the range that is shown, and makes new ones. They stand on every time chart.
export function NotesDrawer({ notes, query, picked, onClose }: { notes: readonly Note[]; query: ReturnType<typeof useNotes>['query']; picked: string | undefined; onClose: () => void }) {
  const w = useDashboardsWords();
  const client = useQueryClient();
  const why = useWhyNot();
  const [add, setAdd] = useState(false);
  const [gone, setGone] = useState<Note>();
  const changed = () => client.invalidateQueries({ queryKey: ['annotations'] });
  return (
    <Drawer title={w.notes} onClose={onClose} actions={<MayButton why={why} small icon="plus" onClick={() => setAdd(true)}>{w.addNote}</MayButton>}>
      {query.error ? <ErrorNote error={query.error} retry={() => void query.refetch()} /> : query.isPending ? <Skeleton /> : notes.length === 0 ? <Empty title={w.noNotes}>{w.noNotesText}</Empty> : (
        <ul className="note-list">{[...notes].sort((a, b) => Date.parse(b.at) - Date.parse(a.at)).map(n => (
          <li key={n.id} className={n.id === picked ? 'on' : undefined}>
            <div className="row"><span className="small dim"><Time at={n.at} />{n.to && <> – <Time at={n.to} /></>}{n.by && ` · ${n.by}`}</span><span className="grow" />{!why && <IconButton small icon="trash" label={w.deleteNote(n.text.slice(0, 40))} onClick={() => setGone(n)} />}</div>
            <p>{n.text}</p>
          </li>
        ))}</ul>
      )}
      {add && <AddNote onClose={() => setAdd(false)} onDone={() => void changed()} />}
      <Confirm open={gone !== undefined} onClose={() => setGone(undefined)} title={w.deleteNoteTitle} consequence={w.deleteNoteText(gone?.text ?? '')} action={w.delete} onConfirm={async () => { if (gone) await deleteNote(gone.id); await changed(); }} />
    </Drawer>
  );
}

function AddNote({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const w = useDashboardsWords();
  const { zone } = useFormat();
  const [at, setAt] = useState(() => wall(serverNow(), zone));
  const [to, setTo] = useState('');
  const [text, setText] = useState('');
  const bad = to !== '' && !(at < to);
  const submit = async () => {
    await addNote({ at: iso(moment(at, zone)), ...(to ? { to: iso(moment(to, zone)) } : {}), text: text.trim() });
    onDone();
    done(w.noteAdded);
  };
  return (
    <Dialog open onClose={onClose} title={w.addNote} submit={w.addNote} onSubmit={() => { if (!bad) return submit(); throw new Error(w.badNote); }}>
      <Field label={w.noteText} hint={w.noteHint}>{p => <TextArea {...p} autoFocus required maxLength={2000} rows={2} value={text} onChange={e => setText(e.target.value)} />}</Field>
      <div className="form-row">
        <Field label={w.noteAt} hint={zone}>{p => <Input {...p} type="datetime-local" required value={at} onChange={e => setAt(e.target.value)} />}</Field>
        <Field label={w.noteTo} problem={bad ? w.badNote : undefined}>{p => <Input {...p} type="datetime-local" value={to} onChange={e => setTo(e.target.value)} />}</Field>
      </div>
    </Dialog>
  );
}
