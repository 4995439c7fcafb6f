import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

const route = getRouteApi('/app/data/$name');

export function TablePage() {
  const w = useFrameWords();
  const { name } = route.useParams();
  return <Page title={name} crumbs={[{ label: w.data, link: { to: '/data' } }]}><div className="pad"><Skeleton /></div></Page>;
}
