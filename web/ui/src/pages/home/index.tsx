import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function HomePage() {
  const w = useFrameWords();
  return <Page title={w.home}><div className="pad"><Skeleton /></div></Page>;
}
