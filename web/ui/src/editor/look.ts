// How SQL looks: colours of the tokens, parameters as chips, function names.
import { HighlightStyle, syntaxHighlighting, syntaxTree } from '@codemirror/language';
import { type Extension, RangeSetBuilder } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, ViewPlugin, type ViewUpdate } from '@codemirror/view';
import { tags as t } from '@lezer/highlight';

const tokens = HighlightStyle.define([
  { tag: [t.keyword, t.operatorKeyword, t.bool, t.null], color: 'var(--syn-k)' },
  { tag: [t.string, t.special(t.string)], color: 'var(--syn-s)' },
  { tag: t.number, color: 'var(--syn-n)' },
  { tag: [t.lineComment, t.blockComment], color: 'var(--ink-3)' },
  { tag: t.typeName, color: 'var(--syn-f)' },
]);

const call = Decoration.mark({ class: 'cm-call' }), param = Decoration.mark({ class: 'cm-param' });
const found = /\{\{\s*[A-Za-z_]\w*\s*\}\}|[A-Za-z_]\w*(?=\()/g;

function marksOf(view: EditorView): DecorationSet {
  const b = new RangeSetBuilder<Decoration>();
  for (const { from, to } of view.visibleRanges) {
    const text = view.state.sliceDoc(from, to);
    for (const m of text.matchAll(found)) {
      const at = from + m.index, isParam = m[0].startsWith('{');
      if (/Comment|^string|^name/.test(syntaxTree(view.state).resolveInner(at, 1).name)) continue;
      if (!isParam && /^(in|and|or|not|as|over|values|using|on|from|where|by|filter|exists|when|then|all)$/i.test(m[0])) continue;
      b.add(at, at + m[0].length, isParam ? param : call);
    }
  }
  return b.finish();
}

const marks = ViewPlugin.fromClass(class {
  shown: DecorationSet;
  constructor(view: EditorView) { this.shown = marksOf(view); }
  update(u: ViewUpdate) { if (u.docChanged || u.viewportChanged || syntaxTree(u.startState) !== syntaxTree(u.state)) this.shown = marksOf(u.view); }
}, { decorations: v => v.shown });

const theme = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '21px', overflow: 'auto', scrollbarWidth: 'thin', scrollbarColor: 'var(--line-2) transparent' },
  '.cm-content': { padding: '10px 0', caretColor: 'var(--ink)', fontVariantLigatures: 'none' },
  '.cm-line': { padding: '0 14px 0 0' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--ink-3)', border: 'none', fontSize: '11.5px' },
  '.cm-lineNumbers .cm-gutterElement': { minWidth: '44px', padding: '0 14px 0 0', lineHeight: '21px' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '1.5px' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { background: 'var(--accent-soft)' },
  '.cm-selectionMatch': { backgroundColor: 'var(--sunken)' },
  '&.cm-focused .cm-matchingBracket, .cm-matchingBracket': { backgroundColor: 'transparent', boxShadow: '0 0 0 1px var(--line-3)', borderRadius: '2px' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'transparent' },
  '.cm-placeholder': { color: 'var(--ink-3)' },
  '.cm-call, .cm-call *': { color: 'var(--syn-f)' },
  '.cm-param, .cm-param *': { color: 'var(--accent)' },
  '.cm-param': { backgroundColor: 'var(--accent-soft)', borderRadius: '3px', padding: '1px 3px', margin: '0 -1px' },
  '.cm-wrong': { textDecoration: 'underline wavy var(--error) 1.2px', textUnderlineOffset: '4px', textDecorationSkipInk: 'none' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--line-2)', borderRadius: 'var(--r2)', boxShadow: 'var(--shadow)', zIndex: '60', overflow: 'hidden' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', fontSize: '12.5px', maxHeight: '236px', minWidth: '270px', padding: '4px 0' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { display: 'flex', lineHeight: '26px', padding: '0 10px', gap: '10px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { background: 'var(--accent-soft)', color: 'var(--ink)' },
  '.cm-completionLabel': { flex: '1', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-completionDetail': { marginLeft: 'auto', color: 'var(--ink-3)', fontStyle: 'normal', fontSize: '11px' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)' },
  '.cm-tooltip.cm-completionInfo': { padding: '4px 10px', fontFamily: 'var(--font)', fontSize: '12px', color: 'var(--ink-2)', marginLeft: '4px' },
  '.cm-wrong-words': { padding: '6px 10px', borderLeft: '3px solid var(--error)', fontFamily: 'var(--mono)', fontSize: '12px', maxWidth: '520px', whiteSpace: 'pre-wrap' },
});

export const look: Extension = [theme, syntaxHighlighting(tokens), marks];
