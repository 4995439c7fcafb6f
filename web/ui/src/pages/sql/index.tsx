import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function SqlPage() {
  const w = useFrameWords();
  return <Page title={w.sql}><div className="pad"><Skeleton /></div></Page>;
}
