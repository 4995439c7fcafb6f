import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function TopicsPage() {
  const w = useFrameWords();
  return <Page title={w.topics}><div className="pad"><Skeleton /></div></Page>;
}
