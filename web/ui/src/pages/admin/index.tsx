import './admin.css';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, call, type Schemas, sessionQuery, useCan, useSession } from '../../api';
import { Page } from '../../frame';
import { PageForbidden } from '../../frame/PageState';
import { useFormat } from '../../i18n';
import { Ago, Button, Empty, ErrorNote, Pill, Skeleton, type Sort, StatusMark, Table, type TableColumn, Time } from '../../ui';
import { AddUser } from './AddUser';
import { UserDrawer } from './UserDrawer';
import { useAdminWords } from './words';

export type User = Schemas['User'];
export const usersKey = ['users'];
const route = getRouteApi('/app/admin/users');

export function UsersPage() {
  const w = useAdminWords();
  const { user: chosen } = route.useSearch();
  const navigate = useNavigate();
  const session = useSession(), may = useCan('admin');
  const me = session?.user?.name;
  const f = useFormat();
  const client = useQueryClient();
  const users = useQuery({ queryKey: usersKey, queryFn: async () => (await call(api.GET('/api/users'))).users, enabled: may });
  const [adding, setAdding] = useState(false);
  const [sort, setSort] = useState<Sort>({ key: 'name', down: false });
  const open = (name?: string) => void navigate({ to: '/admin/users', search: old => ({ ...old, user: name }), replace: true });
  const changed = () => Promise.all([client.invalidateQueries({ queryKey: usersKey }), client.invalidateQueries({ queryKey: sessionQuery.queryKey })]); // one's own role, too
  const roles = { viewer: w.viewer, editor: w.editor, admin: w.adminRole };
  const columns: TableColumn<User>[] = [
    { key: 'name', head: w.name, sort: u => u.name, cell: u => <span className="row"><b>{u.name}</b>{u.name === me && <Pill>{w.you}</Pill>}</span> },
    { key: 'role', head: w.role, sort: u => ['viewer', 'editor', 'admin'].indexOf(u.role), cell: u => <span className="dim">{roles[u.role]}</span> },
    { key: 'state', head: w.state, sort: u => (u.disabled ? 1 : 0), cell: u => <StatusMark state={u.disabled ? 'paused' : 'ok'} label={u.disabled ? w.disabled : w.active} /> },
    { key: 'seen', head: w.seen, sort: u => u.last_seen, cell: u => (u.last_seen ? <span className="dim"><Ago at={u.last_seen} /></span> : <span className="faint">{w.noSession}</span>) },
    { key: 'sessions', head: w.sessions, num: true, sort: u => u.sessions, cell: u => <span className={u.sessions ? 'dim' : 'faint'}>{f.int(u.sessions)}</span> },
    { key: 'created', head: w.created, num: true, sort: u => u.created, cell: u => <span className="dim"><Time at={u.created} kind="day" /></span> },
  ];
  const user = users.data?.find(u => u.name === chosen);
  if (session && !may) return <PageForbidden title={w.users} />;
  return (
    <Page fixed title={w.users} crumbs={[{ label: w.admin, link: { to: '/admin/users' } }]} actions={<Button icon="plus" onClick={() => setAdding(true)}>{w.add}</Button>}>
      <div className="users">
        <div className="users-list">
          {users.error ? <ErrorNote page error={users.error} retry={() => void users.refetch()} /> : !users.data ? <div className="pad"><Skeleton /></div> : (
            <>
              <Table label={w.users} rows={users.data} columns={columns} rowKey={u => u.name} sort={sort} onSort={setSort} onOpen={u => open(u.name)} selected={chosen ?? ''} />
              {users.data.length === 1 && <Empty title={w.one} action={<Button kind="primary" onClick={() => setAdding(true)}>{w.add}</Button>}>{w.oneText}</Empty>}
            </>
          )}
        </div>
        {user && <UserDrawer key={user.name} user={user} self={user.name === me} lastAdmin={user.role === 'admin' && !user.disabled && users.data?.filter(u => u.role === 'admin' && !u.disabled).length === 1} onClose={() => open()} onChanged={changed} />}
      </div>
      {adding && <AddUser names={users.data?.map(u => u.name) ?? []} onClose={() => setAdding(false)} onAdded={changed} />}
    </Page>
  );
}
