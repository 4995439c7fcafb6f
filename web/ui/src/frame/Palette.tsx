import './Palette.css';
import { Dialog } from '@base-ui/react/dialog';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { dashboardsQuery, useCan, useCatalog, useStreams } from '../api';
import { textIn } from '../i18n';
import { prefs, setPrefs, shownTheme } from '../prefs';
import { Icon, type IconName, Kbd } from '../ui';
import { openPalette, score } from './finder';
import { useSignOut } from './signout';
import { useFrameWords } from './words';

interface Entry { id: string; icon: IconName; label: string; also?: string | undefined; end?: string; keys?: string; go: () => void }

const shownMax = 200; // a catalog may have thousands: more than this nobody reads

// Palette finds pages and objects by name and does what can be done from anywhere.
export function Palette() {
  const w = useFrameWords();
  const close = () => openPalette(false);
  const groups = useEntries();
  return (
    <Dialog.Root open onOpenChange={o => { if (!o) close(); }}>
      <Dialog.Portal>
        <Dialog.Backdrop className="veil" />
        <Dialog.Popup className="palette" aria-label={w.find}>
          <Command label={w.find} loop filter={(value, query, words) => Math.max(score(value.slice(value.indexOf('\t') + 1), query), ...(words ?? []).map(x => 0.9 * score(x, query)))}>
            <Command.Input placeholder={w.palettePlaceholder} autoFocus />
            <Command.List label={w.find}>
              <Command.Empty>{w.paletteNone}</Command.Empty>
              {groups.map(g => g.entries.length > 0 && (
                <Command.Group key={g.title} heading={g.title}>
                  {g.entries.slice(0, shownMax).map(e => (
                    <Command.Item key={e.id} value={`${e.id}\t${e.label}`} keywords={e.also ? [e.also] : []} onSelect={() => { close(); e.go(); }}>
                      <Icon name={e.icon} /><span className="cut">{e.label}</span>
                      {(e.end || e.keys) && <span className="end">{e.end}{e.keys && <Kbd keys={e.keys} />}</span>}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function useEntries(): { title: string; entries: Entry[] }[] {
  const w = useFrameWords();
  const go = useNavigate();
  const admin = useCan('admin');
  const signOut = useSignOut();
  const catalog = useCatalog().data ?? [];
  const streams = useStreams().data ?? [];
  const dashboards = useQuery(dashboardsQuery).data ?? [];
  const pages: Entry[] = [
    { id: 'p/home', icon: 'home', label: w.home, also: 'home', go: () => void go({ to: '/' }) },
    { id: 'p/sql', icon: 'sql', label: w.sql, also: 'query', go: () => void go({ to: '/sql' }) },
    { id: 'p/dashboards', icon: 'dash', label: w.dashboards, also: 'dashboards', go: () => void go({ to: '/dashboards' }) },
    { id: 'p/data', icon: 'data', label: w.data, also: 'data catalog', go: () => void go({ to: '/data' }) },
    { id: 'p/topics', icon: 'topic', label: w.topics, also: 'topics', go: () => void go({ to: '/topics' }) },
    { id: 'p/streams', icon: 'stream', label: w.streams, also: 'streams', go: () => void go({ to: '/streams' }) },
    ...(admin ? [{ id: 'p/users', icon: 'admin' as const, label: w.users, also: 'admin users', go: () => void go({ to: '/admin/users' }) }] : []),
    { id: 'p/account', icon: 'user', label: w.settings, also: 'account password preferences', go: () => void go({ to: '/account' }) },
  ];
  const icons = { topic: 'topic', view: 'view', seed: 'seed' } as const;
  const objects: Entry[] = [
    ...dashboards.map(d => ({ id: `d/${d.name}`, icon: 'dash' as const, label: textIn(prefs().lang, d.title as string) || d.name, also: d.name, end: w.dashboard, go: () => void go({ to: '/dashboards/$name', params: { name: d.name } }) })),
    ...catalog.map((t): Entry => ({ id: `t/${t.kind}/${t.name}`, icon: icons[t.kind], label: t.name, end: w[t.kind], go: () => void (t.kind === 'topic' ? go({ to: '/topics/$name', params: { name: t.name } }) : go({ to: '/data/$name', params: { name: t.name } })) })),
    ...streams.map(s => ({ id: `s/${s.name}`, icon: 'stream' as const, label: s.name, end: w.stream, go: () => void go({ to: '/streams/$name', params: { name: s.name } }) })),
  ];
  const actions: Entry[] = [
    { id: 'a/query', icon: 'plus', label: w.actNewQuery, also: 'new sql query', go: () => void go({ to: '/sql', search: { sql: '' } }) },
    { id: 'a/theme', icon: shownTheme() === 'dark' ? 'sun' : 'moon', label: w.actTheme, also: 'theme dark light', go: () => setPrefs({ theme: shownTheme() === 'dark' ? 'light' : 'dark' }) },
    { id: 'a/lang', icon: 'globe', label: w.actLang, also: `language korean english ${w.language}`, go: () => setPrefs({ lang: prefs().lang === 'ko' ? 'en' : 'ko' }) },
    { id: 'a/rail', icon: 'rail', label: w.actRail, also: 'rail sidebar', go: () => setPrefs({ narrow: !prefs().narrow }) },
    ...catalog.slice(0, shownMax).map(t => ({ id: `q/${t.kind}/${t.name}`, icon: 'sql' as const, label: w.actQuery(t.name), go: () => void go({ to: '/sql', search: { sql: `SELECT * FROM ${quoteName(t.name)} LIMIT 1000` } }) })),
    { id: 'a/out', icon: 'out', label: w.actSignOut, also: 'sign out logout', go: signOut },
  ];
  return [{ title: w.pages, entries: pages }, { title: w.objects, entries: objects }, { title: w.actions, entries: actions }];
}

// quoteName is a name as SQL wants it.
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
