import '../shared/shared.css';
import './streams.css';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Page } from '../../frame';
import { Age, Ago, Bytes, ErrorNote, Freshness, Num, Rate, StatusMark, Tabs } from '../../ui';
import { ApiError } from '../../api';
import { Facts } from '../shared/Facts';
import { Loaded } from '../shared/Loaded';
import { useRecent } from '../shared/recents';
import { SqlText } from '../shared/SqlText';
import { markOf } from '../shared/state';
import { Actions } from './Actions';
import { type StreamDetail, useStream, wrong } from './api';
import { Plan } from './Plan';
import { Side } from './Side';
import { Sources } from './Sources';
import { useStateWord } from './useStateWord';
import { useStreamsWords } from './words';

const route = getRouteApi('/app/streams/$name');

export function StreamPage() {
  const w = useStreamsWords();
  const f = useFormat();
  const word = useStateWord();
  const { name } = route.useParams();
  const { tab = 'overview', act } = route.useSearch();
  const navigate = useNavigate();
  const stream = useStream(name);
  const s = stream.data;
  useRecent('stream', s?.name);
  return (
    <Page fixed title={name} crumbs={[{ label: w.streams, link: { to: '/streams' } }]} after={s && <StatusMark state={markOf(s.state)} label={word(s.state)} />} actions={s && <Actions stream={s} asked={act} onAsk={a => void navigate({ to: '/streams/$name', params: { name }, search: { ...(tab === 'overview' ? {} : { tab }), ...(a ? { act: a } : {}) }, replace: true })} />}>
      <Loaded query={stream}>{d => (
        <div className="object-page">
          <StreamFacts s={d} />
          <Tabs className="fill-tabs grow-tabs" value={tab} onChange={t => void navigate({ to: '/streams/$name', params: { name }, search: t === 'overview' ? {} : { tab: t } })} tabs={[
            { value: 'overview', label: w.overview, panel: <Overview s={d} /> },
            { value: 'partitions', label: w.partitions, count: f.int(d.partitions?.length ?? 0), panel: <Sources s={d} /> },
            { value: 'late', label: w.lateTab, count: f.compact(d.rows_late), panel: <Side name={name} side="late" /> },
            { value: 'rejected', label: w.rejectedTab, count: f.compact(d.rows_rejected), panel: <Side name={name} side="rejected" /> },
          ]} />
        </div>
      )}</Loaded>
    </Page>
  );
}

function StreamFacts({ s }: { s: StreamDetail }) {
  const w = useStreamsWords();
  const f = useFormat();
  const wmLate = (s.watermark_delay_ms ?? 0) > 60_000 + 2 * (s.delay_ms ?? 0);
  return <Facts items={[
    { label: w.rowsIn, value: <Rate value={s.rate_in} />, sub: f.rows(s.rows_in) },
    { label: w.rowsOut, value: <Rate value={s.rate_out} />, sub: f.rows(s.rows_out) },
    { label: w.lag, value: <span className={s.lag > 10_000 ? 'warned' : undefined}><Num value={s.lag} short /></span>, sub: s.lag === 0 ? w.upToDate : undefined },
    { label: `${w.watermark} · ${w.behindNow}`, value: s.watermark_delay_ms === undefined ? <span className="faint">–</span> : <span className="wm"><Age ms={s.watermark_delay_ms} late={wmLate} /></span>, sub: <span title={s.held_back_by}>{[s.held_back_by && wmLate ? w.heldBy(s.held_back_by) : '', s.delay_ms !== undefined ? w.delayIs(f.duration(s.delay_ms)) : ''].filter(Boolean).join(' · ')}</span> },
    { label: w.late, value: <Num value={s.rows_late} short />, sub: s.rows_in > 0 && s.rows_late > 0 ? f.percent(s.rows_late / s.rows_in, 4) : w.none0 },
    { label: w.rejected, value: <span className={s.rows_rejected > 0 ? 'warned' : undefined}><Num value={s.rows_rejected} short /></span>, sub: s.rows_rejected > 0 ? w.ofRows(f.compact(s.rows_in)) : w.none0 },
    { label: w.stateSize, value: <Bytes value={s.state_bytes} />, sub: <>{w.checkpoint} {s.checkpoint ? <Ago at={s.checkpoint} /> : w.noCheckpoint}</> },
  ]} />;
}

function Overview({ s }: { s: StreamDetail }) {
  const w = useStreamsWords();
  const f = useFormat();
  const why = wrong(s);
  return (
    <div className="scroll">
      {why && <div className="stream-error"><ErrorNote mono error={new ApiError('internal', why, { hint: w.whatNext })} what={w.failed} action={s.rows_rejected > 0 ? <Link className="btn small" to="/streams/$name" params={{ name: s.name }} search={{ tab: 'rejected' }}>{w.seeRejected}</Link> : undefined} /></div>}
      {!why && s.state !== 'running' && <div className="state-note" role="status"><StatusMark state={markOf(s.state)} /><span>{s.state === 'paused' ? w.pausedText : s.state === 'rebuilding' ? w.rebuildingText(w.toGo(f.rows(s.rows_to_go ?? 0))) : w.waitingText}{s.held_back_by && s.state === 'waiting' ? ` ${w.heldBy(s.held_back_by)}` : ''}</span>{s.watermark && <Freshness at={s.watermark} ago lateAfter={60_000} />}</div>}
      <div className="stream-cols">
        <Plan s={s} />
        <section className="stream-sql" aria-label={w.definition}><h2>{w.sql}{s.file && <span className="mono faint"> {s.file}</span>}</h2>{s.sql !== undefined && <SqlText sql={s.sql} label={w.sql} />}</section>
      </div>
    </div>
  );
}
