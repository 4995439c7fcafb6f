// Every page, its path and what of its state is in the URL. Pages are loaded when they are opened; their search.ts with the shell.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect, retainSearchParams } from '@tanstack/react-router';
import { sessionQuery } from './api';
import { whenSignedOut } from './api/client';
import { Frame } from './frame/Frame';
import { PageError, PageMissing, PagePending } from './frame/PageState';
import { own } from './frame/search';
import { timeSearch } from './frame/time';
import { adminSearch } from './pages/admin/search';
import { dashboardSearch, dashboardsSearch } from './pages/dashboards/search';
import { dataSearch, tableSearch } from './pages/data/search';
import { homeSearch } from './pages/home/search';
import { signinSearch } from './pages/signin/search';
import { sqlSearch } from './pages/sql/search';
import { streamSearch, streamsSearch } from './pages/streams/search';
import { groupSearch, topicSearch, topicsSearch } from './pages/topics/search';
import { client } from './query';

const root = createRootRoute({ component: Outlet, errorComponent: PageError });

const signin = createRoute({ getParentRoute: () => root, path: '/signin', validateSearch: signinSearch, component: lazyRouteComponent(() => import('./pages/signin'), 'SigninPage') });
const welcome = createRoute({ getParentRoute: () => root, path: '/welcome', component: lazyRouteComponent(() => import('./pages/signin'), 'WelcomePage') });

// All below wants somebody signed in, and has the frame around it. range, from and to go along from page to page.
const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Frame,
  validateSearch: timeSearch,
  search: { middlewares: [retainSearchParams(['range', 'from', 'to'])] },
  beforeLoad: async ({ location }) => {
    const s = await client.ensureQueryData(sessionQuery).catch(() => undefined); // no server: the page says so itself
    if (s && !s.user) throw redirect({ to: '/signin', search: location.href === '/' ? {} : { to: location.href } });
  },
});

const page = { getParentRoute: () => app, errorComponent: PageError, pendingComponent: PagePending };
const home = createRoute({ ...page, path: '/', validateSearch: own(homeSearch), component: lazyRouteComponent(() => import('./pages/home'), 'HomePage') });
const sql = createRoute({ ...page, path: '/sql', validateSearch: own(sqlSearch), component: lazyRouteComponent(() => import('./pages/sql'), 'SqlPage') });
const dashboards = createRoute({ ...page, path: '/dashboards', validateSearch: own(dashboardsSearch), component: lazyRouteComponent(() => import('./pages/dashboards'), 'DashboardsPage') });
const dashboard = createRoute({ ...page, path: '/dashboards/$name', validateSearch: own(dashboardSearch), component: lazyRouteComponent(() => import('./pages/dashboards/dashboard'), 'DashboardPage') });
const data = createRoute({ ...page, path: '/data', validateSearch: own(dataSearch), component: lazyRouteComponent(() => import('./pages/data'), 'DataPage') });
const table = createRoute({ ...page, path: '/data/$name', validateSearch: own(tableSearch), component: lazyRouteComponent(() => import('./pages/data/table'), 'TablePage') });
const topics = createRoute({ ...page, path: '/topics', validateSearch: own(topicsSearch), component: lazyRouteComponent(() => import('./pages/topics'), 'TopicsPage') });
const topic = createRoute({ ...page, path: '/topics/$name', validateSearch: own(topicSearch), component: lazyRouteComponent(() => import('./pages/topics/topic'), 'TopicPage') });
const group = createRoute({ ...page, path: '/groups/$id', validateSearch: own(groupSearch), component: lazyRouteComponent(() => import('./pages/topics/group'), 'GroupPage') });
const streams = createRoute({ ...page, path: '/streams', validateSearch: own(streamsSearch), component: lazyRouteComponent(() => import('./pages/streams'), 'StreamsPage') });
const stream = createRoute({ ...page, path: '/streams/$name', validateSearch: own(streamSearch), component: lazyRouteComponent(() => import('./pages/streams/stream'), 'StreamPage') });
const users = createRoute({ ...page, path: '/admin/users', validateSearch: own(adminSearch), component: lazyRouteComponent(() => import('./pages/admin'), 'UsersPage') });
const missing = createRoute({ ...page, path: '$', component: PageMissing });
const account = createRoute({ ...page, path: '/account', component: lazyRouteComponent(() => import('./pages/signin/account'), 'AccountPage') });

// All of src/ui and src/chart on one page, for pictures: only in `npm run gallery`.
const gallery = import.meta.env.MODE === 'gallery' ? [createRoute({ ...page, path: '/gallery', component: lazyRouteComponent(() => import('./gallery'), 'Gallery') })] : [];

export const router = createRouter({
  routeTree: root.addChildren([signin, welcome, app.addChildren([...gallery, home, sql, dashboards, dashboard, data, table, topics, topic, group, streams, stream, users, account, missing])]),
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
  scrollRestoration: true,
  scrollToTopSelectors: ['#main'],
});

// The opened page's code comes while the session is asked for, not after it.
const routes = router.routesById as unknown as Record<string, { options: { component?: { preload?: () => Promise<unknown> } } } | undefined>;
for (const m of router.matchRoutes(router.latestLocation)) routes[m.routeId]?.options.component?.preload?.().catch(() => undefined); // the page says itself what it could not load

declare module '@tanstack/react-router' {
  interface Register { router: typeof router }
}

whenSignedOut(() => {
  const { pathname, href } = router.state.location;
  if (pathname === '/signin' || pathname === '/welcome') return;
  client.removeQueries({ queryKey: sessionQuery.queryKey });
  void router.navigate({ to: '/signin', search: { to: href, ended: true }, replace: true });
});
