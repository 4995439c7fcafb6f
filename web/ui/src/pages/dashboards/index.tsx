import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Skeleton } from '../../ui';

export function DashboardsPage() {
  const w = useFrameWords();
  return <Page title={w.dashboards}><div className="pad"><Skeleton /></div></Page>;
}
