import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function StreamsPage() {
  const w = useFrameWords();
  return <Page title={w.streams}><div className="pad"><Skeleton /></div></Page>;
}
