// SQL for colours, brackets and comments: words, not grammar. The server says what is wrong (POST /api/sql/check).
import { LanguageSupport, StreamLanguage, type StringStream } from '@codemirror/language';
import { keywords, types } from './functions';

const words = new Set(`${keywords} create replace table view insert into update delete set drop alter if`.split(' '));
const typeWords = new Set(types.split(' '));

interface State { until: string } // what ends the comment or string that a line began in

const atoms = new Set(['true', 'false', 'null']);

function token(s: StringStream, state: State): string | null {
  if (state.until !== '') return rest(s, state);
  if (s.eatSpace()) return null;
  if (s.match('--')) { s.skipToEnd(); return 'lineComment'; }
  const open = s.match('/*') ? '*/' : s.match("'") ? "'" : s.match('"') ? '"' : (s.match(/^\$[A-Za-z_]*\$/) as RegExpMatchArray | null)?.[0];
  if (open) { state.until = open; return rest(s, state); }
  if (s.match(/^\d+(?:_\d+)*(?:\.\d*)?(?:e[+-]?\d+)?\b/i) || s.match(/^0x[0-9a-f]+/i)) return 'number';
  const word = s.match(/^[\p{L}_][\p{L}\p{N}_]*/u) as RegExpMatchArray | null;
  if (!word) { s.next(); return null; }
  const w = word[0].toLowerCase();
  return atoms.has(w) ? 'bool' : words.has(w) ? 'keyword' : typeWords.has(w) && s.peek() !== '.' ? 'typeName' : null;
}

// rest goes to the end of what began with state.until, or of the line. Two quotes are one.
function rest(s: StringStream, state: State): string | null {
  const kind = state.until === '*/' ? 'blockComment' : state.until === '"' ? 'name' : 'string';
  for (;;) {
    const at = s.string.indexOf(state.until, s.pos);
    if (at < 0) { s.skipToEnd(); return kind; }
    s.pos = at + state.until.length;
    if (state.until.length === 1 && s.peek() === state.until) { s.next(); continue; }
    state.until = '';
    return kind;
  }
}

export const sql = new LanguageSupport(StreamLanguage.define<State>({
  name: 'sql',
  startState: () => ({ until: '' }),
  copyState: s => ({ ...s }),
  token,
  tokenTable: {},
  languageData: { commentTokens: { line: '--', block: { open: '/*', close: '*/' } }, closeBrackets: { brackets: ['(', '[', '{', "'", '"'] } },
}));
