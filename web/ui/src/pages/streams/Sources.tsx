import { Link } from '@tanstack/react-router';
import { useNow } from '../../api';
import { useFormat } from '../../i18n';
import { Age, Pill, Section, StatusMark, Table, type TableColumn, Tooltip } from '../../ui';
import type { StreamDetail } from './api';
import { useStreamsWords } from './words';

type Partition = NonNullable<StreamDetail['partitions']>[number];

// Sources says how far each partition is read, and which one holds the watermark back.
export function Sources({ s }: { s: StreamDetail }) {
  const w = useStreamsWords();
  const f = useFormat();
  const now = useNow();
  const list = s.partitions ?? [];
  const id = (p: Partition) => `${p.topic}/${p.partition}`;
  const ages = list.filter(p => p.watermark).map(p => now - Date.parse(p.watermark ?? ''));
  const most = Math.max(1000, ...ages);
  const columns: TableColumn<Partition>[] = [
    { key: 'p', head: w.partition, cell: p => <span className="row"><Link className="name-cell source-name" to="/topics/$name" params={{ name: p.topic }} search={{ partition: p.partition, at: String(p.offset) }}>{id(p)}</Link>{id(p) === s.held_back_by && <Pill>{w.holds}</Pill>}</span> },
    { key: 's', head: w.state, cell: p => (p.idle ? <Tooltip text={w.idleTip}><span><StatusMark state="paused" label={w.idle} /></span></Tooltip> : <StatusMark state="running" label={w.active} />) },
    { key: 'o', head: w.offset, num: true, cell: p => <span className="mono">{f.int(p.offset)}</span> },
    { key: 'e', head: w.end, num: true, cell: p => <span className="mono dim">{f.int(p.end)}</span> },
    { key: 'b', head: w.behind, num: true, cell: p => <span className={p.end - p.offset > 10_000 ? 'warned' : undefined}>{f.int(p.end - p.offset)}</span> },
    { key: 'w', head: w.wm, cell: p => (p.watermark ? <span title={f.full(p.watermark)}>{f.ms(p.watermark)}</span> : <span className="faint">–</span>) },
    { key: 'bar', head: w.behindNow, wide: true, cell: p => (p.watermark ? <span className="row"><svg className="share" width={200} height={6} aria-hidden="true"><rect width={200} height={6} rx={3} className="back" /><rect width={Math.max(2, (200 * (now - Date.parse(p.watermark))) / most)} height={6} rx={3} className={id(p) === s.held_back_by ? 'bar hot' : p.idle ? 'bar off' : 'bar'} /></svg><Age ms={now - Date.parse(p.watermark)} late={id(p) === s.held_back_by && now - Date.parse(p.watermark) > 60_000} /></span> : '') },
  ];
  return (
    <div className="scroll"><div className="side-head"><Section title={w.wmTitle}><p className="dim">{w.wmText(f.duration(s.delay_ms ?? 0))}</p></Section></div>
      {list.length === 0 ? <p className="pad dim">{w.wmNone}</p> : <Table label={w.partitions} rows={list} columns={columns} rowKey={id} />}
    </div>
  );
}
