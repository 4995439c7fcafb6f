// What the palette finds: pages, every object, and what can be done with them.
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, call, dashboardsQuery, useCan, useCatalog, useStreams } from '../api';
import { textIn, useFormat } from '../i18n';
import { prefs, setPrefs, shownTheme } from '../prefs';
import type { IconName } from '../ui';
import { useSignOut } from './signout';
import { rangeMs, ranges, useTimeRange } from './time';
import { useFrameWords } from './words';

export interface Entry { id: string; icon: IconName; label: string; also?: string | undefined; end?: string; go: () => void }
export interface EntryGroup { title: string; entries: Entry[] }

const icons = { topic: 'topic', view: 'view', seed: 'seed' } as const;

// quoteName is a name as SQL wants it.
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function useEntries(): EntryGroup[] {
  const w = useFrameWords();
  const pages = usePages(), objects = useObjects(), actions = useActions();
  return [{ title: w.pages, entries: pages }, { title: w.objects, entries: objects }, { title: w.actions, entries: actions }];
}

function usePages(): Entry[] {
  const w = useFrameWords();
  const go = useNavigate();
  const admin = useCan('admin');
  return [
    { id: 'p/home', icon: 'home', label: w.home, also: 'home', go: () => void go({ to: '/' }) },
    { id: 'p/sql', icon: 'sql', label: w.sql, also: 'query', go: () => void go({ to: '/sql' }) },
    { id: 'p/dashboards', icon: 'dash', label: w.dashboards, also: 'dashboards', go: () => void go({ to: '/dashboards' }) },
    { id: 'p/data', icon: 'data', label: w.data, also: 'data catalog', go: () => void go({ to: '/data' }) },
    { id: 'p/topics', icon: 'topic', label: w.topics, also: 'topics', go: () => void go({ to: '/topics' }) },
    { id: 'p/groups', icon: 'user', label: w.groups, also: 'consumer groups lag', go: () => void go({ to: '/topics', search: { tab: 'groups' } }) },
    { id: 'p/streams', icon: 'stream', label: w.streams, also: 'streams', go: () => void go({ to: '/streams' }) },
    ...(admin ? [{ id: 'p/users', icon: 'admin' as const, label: w.users, also: 'admin users', go: () => void go({ to: '/admin/users' }) }] : []),
    { id: 'p/account', icon: 'user', label: w.settings, also: 'account password preferences', go: () => void go({ to: '/account' }) },
  ];
}

function useObjects(): Entry[] {
  const w = useFrameWords();
  const go = useNavigate();
  const admin = useCan('admin');
  const catalog = useCatalog().data ?? [];
  const streams = useStreams().data ?? [];
  const dashboards = useQuery(dashboardsQuery).data ?? [];
  // Asked when the palette opens; what fails or is not allowed is not found.
  const rest = { staleTime: 30_000, retry: false } as const;
  const groups = useQuery({ ...rest, queryKey: ['groups'], queryFn: () => call(api.GET('/api/groups')) }).data?.groups ?? [];
  const queries = useQuery({ ...rest, queryKey: ['queries'], queryFn: async () => (await call(api.GET('/api/queries'))).queries ?? [] }).data ?? [];
  const users = useQuery({ ...rest, queryKey: ['users'], enabled: admin, queryFn: () => call(api.GET('/api/users')) }).data?.users ?? [];
  return [
    ...dashboards.map((d): Entry => ({ id: `d/${d.name}`, icon: 'dash', label: textIn(prefs().lang, d.title as string) || d.name, also: d.name, end: w.dashboard, go: () => void go({ to: '/dashboards/$name', params: { name: d.name } }) })),
    ...catalog.map((t): Entry => ({ id: `t/${t.kind}/${t.name}`, icon: icons[t.kind], label: t.name, end: w[t.kind], go: () => void (t.kind === 'topic' ? go({ to: '/topics/$name', params: { name: t.name } }) : go({ to: '/data/$name', params: { name: t.name } })) })),
    ...streams.map((s): Entry => ({ id: `s/${s.name}`, icon: 'stream', label: s.name, end: w.stream, go: () => void go({ to: '/streams/$name', params: { name: s.name } }) })),
    ...queries.map((q): Entry => ({ id: `q/${q.id}`, icon: 'save', label: q.name, end: w.query, go: () => void go({ to: '/sql', search: { query: q.id } }) })),
    ...groups.map((g): Entry => ({ id: `g/${g.id}`, icon: 'user', label: g.id, end: w.group, go: () => void go({ to: '/groups/$id', params: { id: g.id } }) })),
    ...users.map((u): Entry => ({ id: `u/${u.name}`, icon: 'user', label: u.name, end: w.user, go: () => void go({ to: '/admin/users', search: { user: u.name } }) })),
  ];
}

const askedMax = 200; // objects that have actions of their own: more than this nobody reads

function useActions(): Entry[] {
  const w = useFrameWords();
  const f = useFormat();
  const go = useNavigate();
  const editor = useCan('editor');
  const signOut = useSignOut();
  const { set } = useTimeRange();
  const catalog = (useCatalog().data ?? []).slice(0, askedMax);
  const streams = (useStreams().data ?? []).slice(0, askedMax);
  return [
    { id: 'a/query', icon: 'plus', label: w.actNewQuery, also: 'new sql query', go: () => void go({ to: '/sql', search: { sql: '' } }) },
    ...(editor ? [{ id: 'a/topic', icon: 'plus' as const, label: w.actNewTopic, also: 'new create topic', go: () => void go({ to: '/topics', search: { new: true } }) }] : []),
    { id: 'a/theme', icon: shownTheme() === 'dark' ? 'sun' : 'moon', label: w.actTheme, also: 'theme dark light', go: () => setPrefs({ theme: shownTheme() === 'dark' ? 'light' : 'dark' }) },
    { id: 'a/lang', icon: 'globe', label: w.actLang, also: `language korean english ${w.language}`, go: () => setPrefs({ lang: prefs().lang === 'ko' ? 'en' : 'ko' }) },
    { id: 'a/rail', icon: 'rail', label: w.actRail, also: 'rail sidebar', go: () => setPrefs({ narrow: !prefs().narrow }) },
    ...ranges.map((r): Entry => ({ id: `r/${r}`, icon: 'clock', label: `${w.timeRange}: ${w.last(f.long(rangeMs(r) ?? 0))}`, also: `time range last ${r}`, go: () => set({ range: r }) })),
    ...catalog.map((t): Entry => ({ id: `ask/${t.kind}/${t.name}`, icon: 'sql', label: w.actQuery(t.name), also: `query ${t.name}`, go: () => void go({ to: '/sql', search: { sql: `SELECT * FROM ${quoteName(t.name)} LIMIT 1000` } }) })),
    ...catalog.filter(t => t.kind === 'topic').map((t): Entry => ({ id: `tail/${t.name}`, icon: 'play', label: w.actTail(t.name), also: `tail ${t.name}`, go: () => void go({ to: '/topics/$name', params: { name: t.name }, search: { tail: true } }) })),
    ...(editor ? catalog.filter(t => t.kind === 'topic').map((t): Entry => ({ id: `produce/${t.name}`, icon: 'plus', label: w.actProduce(t.name), also: `produce ${t.name}`, go: () => void go({ to: '/topics/$name', params: { name: t.name }, search: { produce: true } }) })) : []),
    ...(editor ? streams.flatMap((s): Entry[] => {
      const to = (act: 'pause' | 'resume' | 'replay' | 'reset') => () => void go({ to: '/streams/$name', params: { name: s.name }, search: { act } });
      const stopped = s.state === 'paused' || s.state === 'failed';
      return [
        stopped ? { id: `resume/${s.name}`, icon: 'play', label: w.actResume(s.name), also: `resume ${s.name}`, go: to('resume') } : { id: `pause/${s.name}`, icon: 'pause', label: w.actPause(s.name), also: `pause ${s.name}`, go: to('pause') },
        { id: `replay/${s.name}`, icon: 'history', label: w.actReplay(s.name), also: `replay ${s.name}`, go: to('replay') },
        { id: `reset/${s.name}`, icon: 'refresh', label: w.actReset(s.name), also: `reset ${s.name}`, go: to('reset') },
      ];
    }) : []),
    { id: 'a/out', icon: 'out', label: w.actSignOut, also: 'sign out logout', go: signOut },
  ];
}
