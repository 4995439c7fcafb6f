import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

const route = getRouteApi('/app/streams/$name');

export function StreamPage() {
  const w = useFrameWords();
  const { name } = route.useParams();
  return <Page title={name} crumbs={[{ label: w.streams, link: { to: '/streams' } }]}><div className="pad"><Skeleton /></div></Page>;
}
