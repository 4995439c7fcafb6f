import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

const route = getRouteApi('/app/dashboards/$name');

export function DashboardPage() {
  const w = useFrameWords();
  const { name } = route.useParams();
  return <Page title={name} crumbs={[{ label: w.dashboards, link: { to: '/dashboards' } }]}><div className="pad"><Skeleton /></div></Page>;
}
