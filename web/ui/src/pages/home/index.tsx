import './home.css';
import { useState } from 'react';
import { useStreams } from '../../api';
import { Page } from '../../frame';
import { useFrameWords } from '../../frame/words';
import { Freshness } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { Attention } from './Attention';
import { type Home, type SampleStarted, useHome } from './api';
import { Day } from './Day';
import { FirstSteps } from './FirstSteps';
import { Flow } from './Flow';
import { HeadroomPart, RecentPart } from './Side';
import { useHomeWords } from './words';

export function HomePage() {
  const w = useFrameWords();
  const home = useHome();
  const [sample, setSample] = useState<SampleStarted>();
  const filled = useStreams().data?.some(s => s.name === sample?.view && s.rows_out > 0);
  return <Page title={w.home}><Loaded query={home}>{h => (h.nodes.length === 0 || (sample && !filled) ? <FirstSteps filling={sample} onFill={setSample} /> : <Whole h={h} />)}</Loaded></Page>;
}

function Whole({ h }: { h: Home }) {
  const w = useHomeWords();
  return (
    <>
      <div className="home-head"><div className="row"><h2 className="title">{w.title(h.project)}</h2><Freshness at={h.at} ago lateAfter={15_000} /></div><p className="dim">{w.lead}</p></div>
      <Flow nodes={h.nodes} edges={h.edges} />
      <div className="home-cols"><Attention items={h.attention} edges={h.edges} /><div><HeadroomPart room={h.headroom} /><RecentPart /></div></div>
      <div className="pad home-day"><Day services={h.services} at={h.at} streams={h.nodes.filter(n => n.kind === 'stream').map(n => n.name)} /></div>
    </>
  );
}
