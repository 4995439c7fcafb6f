import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { toApiError } from '../../api';
import type { ChartSpec } from '../../chart';
import { textIn, useFormat } from '../../i18n';
import { Dialog, done, ErrorNote, Field, Input, Select } from '../../ui';
import { createBoard, type Dashboard, getBoard, listBoards, nameOf, saveBoard, type Tile, useBoardsChanged } from './api';
import { filled } from './export';
import { freeId, roomFor } from './edit/layout';
import { useDashboardsWords } from './words';

const fresh = '\u0000new';

// AddToDashboard puts a query, drawn as chart says (a table when unsaid), onto a dashboard that is there or a new one. What of its
// parameters is no dashboard's own (from, to, step) is written into it.
export function AddToDashboard({ sql, chart, params = {}, title: was = '', onClose }: { sql: string; chart?: ChartSpec; params?: Readonly<Record<string, string>>; title?: string; onClose: () => void }) {
  const w = useDashboardsWords();
  const f = useFormat();
  const go = useNavigate();
  const changed = useBoardsChanged();
  const list = useQuery({ queryKey: ['dashboards', 'list'], queryFn: async () => (await listBoards()).dashboards ?? [] });
  const [to, setTo] = useState<string>();
  const [title, setTitle] = useState(was);
  const [board, setBoard] = useState('');
  const chosen = to ?? list.data?.[0]?.name ?? fresh;
  const made = (tiles: readonly Tile[]): Tile => {
    const own = new Map(Object.entries(params).filter(([k]) => !['from', 'to', 'step'].includes(k)).map(([k, v]) => [k, `'${v.replaceAll("'", "''")}'`] as const));
    const mark = chart?.mark ?? 'table';
    return { id: freeId(tiles), title: title.trim(), at: roomFor(tiles, mark === 'number' ? 6 : 12, mark === 'number' ? 4 : 9), sql: filled(sql, own).replace(/;\s*$/, ''), chart: chart ?? { mark: 'table' } };
  };
  const put = async (again: boolean): Promise<string> => {
    if (chosen === fresh) return nameOf(await createBoard({ title: board.trim(), time: { range: '6h', refresh: 'live' }, tiles: [made([])] }));
    const now = await getBoard(chosen);
    const spec: Dashboard = { ...now.spec, tiles: [...(now.spec.tiles ?? []), made(now.spec.tiles ?? [])] };
    try {
      await saveBoard(chosen, spec, now.etag);
    } catch (e) {
      if (again && toApiError(e).kind === 'conflict') return put(false); // somebody saved in between: onto theirs
      throw e;
    }
    return chosen;
  };
  const submit = async () => {
    const name = await put(true);
    await changed(name);
    done(w.added(title.trim()), { label: w.open, do: () => void go({ to: '/dashboards/$name', params: { name } }) });
  };
  return (
    <Dialog open onClose={onClose} title={w.addTo} submit={w.add} onSubmit={submit}>
      {list.error && <ErrorNote error={list.error} retry={() => void list.refetch()} />}
      <Field label={w.board}>{p => <Select id={p.id} label={w.board} value={chosen} options={[...(list.data ?? []).map(d => ({ value: d.name, label: textIn(f.lang, d.title) || d.name })), { value: fresh, label: w.newOne }]} onChange={setTo} />}</Field>
      {chosen === fresh && <Field label={w.newTitle}>{p => <Input {...p} required maxLength={200} value={board} onChange={e => setBoard(e.target.value)} />}</Field>}
      <Field label={w.tileTitle}>{p => <Input {...p} autoFocus required maxLength={200} value={title} onChange={e => setTitle(e.target.value)} />}</Field>
    </Dialog>
  );
}
