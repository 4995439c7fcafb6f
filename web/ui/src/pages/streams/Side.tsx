import { Link } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Empty, Table, type TableColumn, Time } from '../../ui';
import { Loaded } from '../shared/Loaded';
import { type SideRow, useSideRows } from './api';
import { useStreamsWords } from './words';

// Side shows the newest late or rejected rows of a stream: what came, and why it is not in the view.
export function Side({ name, side }: { name: string; side: 'late' | 'rejected' }) {
  const w = useStreamsWords();
  const f = useFormat();
  const rows = useSideRows(name, side);
  const columns: TableColumn<SideRow>[] = [
    { key: 'at', head: w.at, cell: r => (r.at ? <Time at={r.at} kind="dateTime" /> : '–') },
    { key: 'place', head: w.place, cell: r => <Link className="link mono" to="/topics/$name" params={{ name: r.topic }} search={{ p: r.partition, offset: String(r.offset), partition: r.partition, at: String(r.offset) }}>{r.topic}/{r.partition} @ {f.int(r.offset)}</Link> },
    side === 'late' ? { key: 'event', head: w.eventTime, cell: r => (r.event_time ? <span>{f.ms(r.event_time)} <span className="warned small">{w.lateBy} {f.duration(Date.parse(r.at ?? r.watermark ?? r.event_time) - Date.parse(r.event_time))}</span></span> : '–') }
      : { key: 'reason', head: w.reason, cell: r => <span className="name-cell" title={r.reason}>{r.reason}</span> },
    { key: 'row', head: w.row, wide: true, cell: r => <span className="mono dim side-row" title={r.value.slice(0, 2000)}>{r.value.slice(0, 400)}</span> },
  ];
  const topic = `${name}_${side}`;
  return (
    <div className="scroll"><Loaded query={rows}>{d => (d.rows.length === 0 ? <Empty title={side === 'late' ? w.noLate : w.noRejected}>{side === 'late' ? w.lateText : w.rejectedText}</Empty> : (
      <><div className="side-head row"><p className="dim grow">{side === 'late' ? w.lateText : w.rejectedText}</p><span className="faint">{w.shown(f.int(d.rows.length), f.compact(d.total))}</span><Link className="link" to="/topics/$name" params={{ name: topic }}>{w.allIn(topic)}</Link></div><Table label={side === 'late' ? w.late : w.rejected} rows={d.rows} columns={columns} rowKey={r => `${r.topic}/${r.partition}/${r.offset}`} /></>
    ))}</Loaded></div>
  );
}
