import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

const route = getRouteApi('/app/topics/$name');

export function TopicPage() {
  const w = useFrameWords();
  const { name } = route.useParams();
  return <Page title={name} crumbs={[{ label: w.topics, link: { to: '/topics' } }]}><div className="pad"><Skeleton /></div></Page>;
}
