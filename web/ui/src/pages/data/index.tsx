import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function DataPage() {
  const w = useFrameWords();
  return <Page title={w.data}><div className="pad"><Skeleton /></div></Page>;
}
