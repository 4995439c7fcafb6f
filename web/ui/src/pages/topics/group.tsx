import { getRouteApi } from '@tanstack/react-router';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

const route = getRouteApi('/app/groups/$id');

export function GroupPage() {
  const w = useFrameWords();
  const { id } = route.useParams();
  return <Page title={id} crumbs={[{ label: w.topics, link: { to: '/topics' } }]}><div className="pad"><Skeleton /></div></Page>;
}
