import { useRef, useState } from 'react';
import { type ApiError, toApiError } from '../../api';
import { quoted } from '../../editor/name';
import { Button, Icon, Input, Menu, MenuItem, Select } from '../../ui';
import type { TopicDetail } from './api';
import type { SetSearch } from './Messages';
import type { TopicSearch } from './search';
import { useTopicsWords } from './words';

const own = [['_partition', 'INTEGER'], ['_offset', 'BIGINT'], ['_timestamp', 'TIMESTAMPTZ'], ['_key', 'VARCHAR'], ['_value', 'VARCHAR'], ['_headers', 'JSON']] as const;

// said is an error that is about the condition itself; it is told below the field.
export const said = (search: TopicSearch, error: unknown): ApiError | undefined => {
  const e = error && search.where ? toApiError(error) : undefined;
  return e && ['invalid', 'denied', 'timeout', 'too_large'].includes(e.kind) ? e : undefined;
};

// FilterField looks for a text, or for records that a condition is true for. What is typed counts on Enter.
export function FilterField({ topic, search, onSearch }: { topic: TopicDetail; search: TopicSearch; onSearch: SetSearch }) {
  const w = useTopicsWords();
  const applied = search.where ?? search.filter ?? '';
  const [draft, setDraft] = useState({ of: applied, text: applied, by: search.where ? 'where' : 'text' });
  if (draft.of !== applied) setDraft({ of: applied, text: applied, by: search.where ? 'where' : search.filter ? 'text' : draft.by });
  const input = useRef<HTMLInputElement>(null);
  const where = draft.by === 'where';
  const send = (text: string, by: string) => onSearch({ filter: by === 'text' ? text.trim() || undefined : undefined, where: by === 'where' ? text.trim() || undefined : undefined, p: undefined, offset: undefined });
  const apply = () => send(draft.text, draft.by);
  // A text is seldom a condition: the other kind begins with an empty field.
  const choose = (by: string) => { if (by === draft.by) return; setDraft({ of: '', text: '', by }); if (applied) send('', by); input.current?.focus(); };
  const insert = (name: string) => {
    const at = input.current?.selectionStart ?? draft.text.length, end = input.current?.selectionEnd ?? at;
    const before = draft.text.slice(0, at), gap = before === '' || /[\s(,]$/.test(before) ? '' : ' ';
    setDraft({ ...draft, text: `${before}${gap}${quoted(name)} ${draft.text.slice(end).trimStart()}` });
    const to = at + gap.length + quoted(name).length + 1;
    setTimeout(() => { input.current?.focus(); input.current?.setSelectionRange(to, to); });
  };
  const hint = where ? w.whereHint : w.filterHint;
  return (
    <div className="seek-filter">
      <Select label={w.filterBy} value={draft.by} options={[{ value: 'text', label: w.byText }, { value: 'where', label: w.byWhere }]} onChange={choose} />
      <Input ref={input} mono={where} icon="filter" aria-label={where ? w.byWhere : w.filter} aria-describedby={where ? 'where-problem' : undefined} title={hint} placeholder={hint} maxLength={where ? 4000 : 1000} value={draft.text} onChange={e => setDraft({ ...draft, text: e.target.value })} onKeyDown={e => { if (e.key === 'Enter' && !e.nativeEvent.isComposing) apply(); }} onBlur={e => { if (e.target.value.trim() === '' && applied) apply(); }} />
      {where && <Menu align="end" trigger={<Button aria-label={`${w.columns}: ${w.insertColumn}`}>{w.columns}<Icon name="down" size={12} /></Button>}>
        {[...topic.columns.filter(c => !own.some(([n]) => n === c.name)).map(c => [c.name, c.type] as const), ...own].map(([name, type]) => <MenuItem key={name} onSelect={() => insert(name)}><span className="grow cut mono" title={name}>{name}</span><span className="faint small">{type}</span></MenuItem>)}
      </Menu>}
    </div>
  );
}

const around = 60; // characters of the condition on each side of what is wrong

// ConditionProblem shows what is wrong with a condition, and where.
export function ConditionProblem({ where, error }: { where: string; error: ApiError }) {
  const w = useTopicsWords();
  const line = where.split('\n')[(error.line ?? 1) - 1] ?? '', at = error.line && error.column ? error.column - 1 : -1;
  const word = at >= 0 && at < line.length ? (/^("(?:[^"]|"")*"|'(?:[^']|'')*'|[\p{L}\p{N}_$]+|.)/u.exec(line.slice(at))?.[0] ?? '') : '';
  return (
    <div className="where-problem" id="where-problem" role="alert">
      <b>{w.badWhere}</b>
      {word && <code>{at > around && '…'}{line.slice(Math.max(0, at - around), at)}<u>{word.slice(0, around)}</u>{line.slice(at + word.length, at + word.length + around)}{line.length > at + word.length + around && '…'}</code>}
      <span className="why">{error.message}</span>
    </div>
  );
}
