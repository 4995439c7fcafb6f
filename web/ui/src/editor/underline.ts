// Errors in the text: a wavy line at the place, the words when one points at it.
import { type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, hoverTooltip } from '@codemirror/view';

export interface Mark { from: number; to: number; message: string }

const setMarks = StateEffect.define<readonly Mark[]>();
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(old, tr) {
    let now = old.map(tr.changes);
    for (const e of tr.effects) if (e.is(setMarks)) now = Decoration.set(e.value.filter(m => m.to > m.from).map(m => Decoration.mark({ class: 'cm-wrong', message: m.message }).range(m.from, m.to)), true);
    return now;
  },
  provide: f => EditorView.decorations.from(f),
});

const words = hoverTooltip((view, pos) => {
  let tip: Mark | undefined;
  view.state.field(marks).between(pos, pos, (from, to, d) => { tip = { from, to, message: String((d.spec as { message?: string }).message ?? '') }; });
  if (!tip) return null;
  const { from, to, message } = tip;
  const dom = document.createElement('div');
  dom.className = 'cm-wrong-words';
  dom.textContent = message;
  return { pos: from, end: to, create: () => ({ dom }) };
}, { hoverTime: 150 });

export const underline: Extension = [marks, words];

export function underlined(found: readonly Mark[]) {
  return { effects: setMarks.of(found) };
}
