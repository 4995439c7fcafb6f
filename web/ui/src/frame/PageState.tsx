import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { ApiError } from '../api';
import { Empty, ErrorNote, Skeleton } from '../ui';
import { Page } from './Page';
import { useFrameWords } from './words';

// PagePending is what shows while a page's code comes.
export function PagePending() {
  return <div className="pad"><Skeleton lines={6} width={420} /></div>;
}

// PageError stands in for a page that has thrown; the frame and the other pages go on.
export function PageError({ error, reset }: ErrorComponentProps) {
  const w = useFrameWords();
  const router = useRouter();
  const known = (error as unknown) instanceof ApiError;
  return (
    <Page title={w.broken}>
      <ErrorNote page error={error} what={known ? undefined : w.broken} retry={() => { reset(); void router.invalidate(); }} />
      {!known && <p className="pad dim">{w.brokenNext}</p>}
    </Page>
  );
}

// PageForbidden is what somebody sees who may not see a page.
export function PageForbidden({ title }: { title: string }) {
  const w = useFrameWords();
  return <Page title={title}><Empty center title={w.forbidden} action={<Link className="btn" to="/">{w.goHome}</Link>}>{w.forbiddenText}</Empty></Page>;
}

export function PageMissing() {
  const w = useFrameWords();
  return <Page title={w.missing}><Empty center title={w.missing} action={<Link className="btn" to="/">{w.goHome}</Link>}>{w.missingText}</Empty></Page>;
}
