import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Checkbox, Dialog, done, Field, Input } from '../../ui';
import { type Params, saveQuery, saveView } from './client';
import { changeTab, type Tab } from './tabs';
import { useSqlWords } from './words';

// SaveQuery gives a tab a name that it can be found by.
export function SaveQuery({ tab, name: was, onClose }: { tab: Tab; name: string; onClose: () => void }) {
  const w = useSqlWords();
  const client = useQueryClient();
  const [name, setName] = useState(was);
  const [shared, setShared] = useState(false);
  const submit = async () => {
    const q = await saveQuery({ name: name.trim(), sql: tab.sql, params: tab.params, shared });
    changeTab(tab.id, { name: q.name ?? name, query: q.id, saved: tab.sql });
    await client.invalidateQueries({ queryKey: ['queries'] });
    done(w.queryNamed(name));
  };
  return (
    <Dialog open onClose={onClose} title={w.saveQuery} submit={w.save} onSubmit={submit}>
      <Field label={w.name}>{p => <Input {...p} autoFocus required maxLength={200} value={name} onChange={e => setName(e.target.value)} />}</Field>
      <Checkbox label={w.share} checked={shared} onChange={setShared} />
    </Dialog>
  );
}

// SaveView makes a view of a statement: its answer is kept up to date from then on.
export function SaveView({ sql, params, name: was, onClose }: { sql: string; params: Params; name: string; onClose: () => void }) {
  const w = useSqlWords();
  const client = useQueryClient();
  const go = useNavigate();
  const [name, setName] = useState(was.toLowerCase().replace(/[^a-z0-9_]+/g, '_').replace(/^[^a-z]+|_+$/g, '') || '');
  const submit = async () => {
    await saveView(name, filledIn(sql, params));
    await Promise.all([client.invalidateQueries({ queryKey: ['catalog'] }), client.invalidateQueries({ queryKey: ['streams'] })]);
    done(w.viewMade(name), { label: w.openView, do: () => void go({ to: '/streams/$name', params: { name } }) });
  };
  return (
    <Dialog open onClose={onClose} title={w.viewTitle} submit={w.save} onSubmit={submit} wide>
      <p className="dim">{w.viewText}</p>
      <Field label={w.viewName} hint={w.viewHint}>{p => <Input {...p} mono autoFocus required pattern="[a-z][a-z0-9_]*" maxLength={100} value={name} onChange={e => setName(e.target.value)} />}</Field>
      <pre className="sql-plan" tabIndex={0}>{filledIn(sql, params)}</pre>
    </Dialog>
  );
}

// filledIn writes the parameters into the text: a view has none. As text literals, which SQL reads as what they are compared with.
function filledIn(sql: string, params: Params): string {
  return sql.replace(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g, (all, n: string) => (params[n] === undefined ? all : `'${params[n].replaceAll("'", "''")}'`));
}
