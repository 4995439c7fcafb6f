import { Link } from '@tanstack/react-router';
import { useFormat } from '../../i18n';
import { Ago, Meter, Section } from '../../ui';
import { type Recent, recents } from '../shared/recents';
import { useSharedWords } from '../shared/words';
import type { Headroom, Room } from './api';
import { useHomeWords } from './words';

// Room is how much is left of what the machine has.
export function HeadroomPart({ room }: { room: Headroom }) {
  const w = useHomeWords();
  const f = useFormat();
  const bytes = (r: Room) => {
    const total = f.bytesM(r.total), both = f.bytes(r.used + r.others);
    return both.endsWith(total.unit) ? `${both.slice(0, -total.unit.length).trim()} / ${f.bytes(r.total)}` : `${both} / ${f.bytes(r.total)}`;
  };
  const row = (name: string, r: Room, text: string, say: (n: number) => string) => {
    const share = (n: number) => (r.total > 0 ? n / r.total : 0);
    const full = share(r.used + r.others) > 0.9;
    return (
      <div className="room" key={name}>
        <span className="dim">{name}</span>
        <Meter label={w.roomOf(name, say(r.used), say(r.others), say(r.total))} parts={[{ share: share(r.used), tone: full ? 'warn' : 'c1' }, { share: share(r.others), tone: 'c6' }]} />
        <span className={`num ${full ? 'warned' : 'dim'}`}>{text}</span>
      </div>
    );
  };
  return (
    <Section title={w.headroom} end={<span className="room-key"><i className="a" aria-hidden="true" />{w.ours}<i className="b" aria-hidden="true" />{w.others}</span>}>
      {room.disk && row(w.disk, room.disk, `${w.oursIs(f.bytes(room.disk.used))} · ${bytes(room.disk)}` + (room.disk.days_left === undefined ? '' : ` · ${w.days(f.duration(room.disk.days_left * 86_400_000))}`), f.bytes)}
      {room.memory && row(w.memory, room.memory, `${w.oursIs(f.bytes(room.memory.used))} · ${bytes(room.memory)}`, f.bytes)}
      {room.cpu && row(w.cpu, room.cpu, `${f.num(room.cpu.used + room.cpu.others, 1)} / ${f.int(room.cpu.total)}`, n => f.num(n, 1))}
    </Section>
  );
}

export function RecentPart() {
  const w = useHomeWords();
  const s = useSharedWords();
  const kinds = { topic: s.topic, stream: s.stream, table: s.view, dashboard: s.dashboard, group: s.group, sql: s.sql };
  const list = recents().slice(0, 4);
  return (
    <Section title={w.recent} className="recent">
      {list.length === 0 ? <p className="faint">{w.noRecent}</p> : (
        <table aria-label={w.recent}><tbody>
          {list.map(r => <tr key={`${r.kind} ${r.name}`}><td><RecentLink r={r} /></td><td className="dim">{kinds[r.kind]}</td><td className="num dim"><Ago at={r.at} /></td></tr>)}
        </tbody></table>
      )}
    </Section>
  );
}

function RecentLink({ r }: { r: Recent }) {
  const p = { className: 'name-cell', title: r.name, children: r.title ?? r.name };
  switch (r.kind) {
    case 'topic': return <Link to="/topics/$name" params={{ name: r.name }} {...p} />;
    case 'stream': return <Link to="/streams/$name" params={{ name: r.name }} {...p} />;
    case 'dashboard': return <Link to="/dashboards/$name" params={{ name: r.name }} {...p} />;
    case 'group': return <Link to="/groups/$id" params={{ id: r.name }} {...p} />;
    case 'sql': return <Link to="/sql" {...p} />;
    default: return <Link to="/data/$name" params={{ name: r.name }} {...p} />;
  }
}
