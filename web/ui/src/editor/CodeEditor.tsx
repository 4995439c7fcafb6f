import { acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { Compartment, EditorSelection, EditorState, Prec } from '@codemirror/state';
import { crosshairCursor, drawSelection, dropCursor, EditorView, highlightSpecialChars, keymap, lineNumbers, placeholder, rectangularSelection } from '@codemirror/view';
import { useEffect, useEffectEvent, useRef } from 'react';
import { usePrefs } from '../prefs';
import { completeWith } from './complete';
import type { EditorHandle, EditorProps } from './Editor';
import { look } from './look';
import { sql } from './sql';
import { statementAt } from './statement';
import { underline, underlined } from './underline';

const changedAfter = 200; // ms of quiet before the page hears of a change or of the cursor: a long text is neither copied nor read at every key

// typedOver replaces a selection by what is typed. Left to the browser, the new text would get the old one's look by a style attribute, which the
// content security policy refuses with noise.
function typedOver(e: InputEvent, view: EditorView): boolean {
  const { main } = view.state.selection, text = e.data;
  if (e.inputType !== 'insertText' || !text || main.empty || e.isComposing || view.composing) return false;
  const made = () => view.state.update(view.state.replaceSelection(text), { userEvent: 'input.type', scrollIntoView: true });
  if (!view.state.facet(EditorView.inputHandler).some(h => h(view, main.from, main.to, text, made))) view.dispatch(made());
  e.preventDefault();
  return true;
}

// CodeEditor is CodeMirror in a shadow root: there it adopts its style sheets, which the content security policy allows.
export function CodeEditor(p: EditorProps) {
  const { lang } = usePrefs();
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const states = useRef(new Map<string, EditorState>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const cursorTimer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const shown = useRef(p.doc);
  const labels = useRef(new Compartment());

  const flush = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const v = view.current;
    if (!v) return;
    moved(v.state.selection.main.head);
    changed(shown.current, v.state.sliceDoc());
  };
  const later = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(flush, changedAfter);
  };
  const changed = useEffectEvent((doc: string, text: string) => p.onChange(doc, text));
  const moved = useEffectEvent((at: number) => p.onCursor?.(at));
  const known = useEffectEvent(() => p.tables);
  const typeWord = useEffectEvent((t: string) => p.typeWord(t));
  const run = useEffectEvent(() => p.onRun());
  const keys = useEffectEvent((name: 'save' | 'format') => (name === 'save' ? p.onSave?.() : p.onFormat?.()));
  const named = useEffectEvent(() => [EditorView.contentAttributes.of({ 'aria-label': p.label, tabindex: '0', spellcheck: 'false', autocorrect: 'off', autocapitalize: 'off' }), placeholder(p.placeholder)]);

  const fresh = useEffectEvent((text: string) => EditorState.create({
    doc: text,
    extensions: [
      Prec.highest(keymap.of([
        { key: 'Mod-Enter', run: () => { flush(); run(); return true; } },
        { key: 'Mod-s', run: () => { flush(); keys('save'); return true; } },
        { key: 'Shift-Alt-f', run: () => { flush(); keys('format'); return true; } },
        { key: 'Tab', run: acceptCompletion },
      ])),
      lineNumbers(), highlightSpecialChars(), history(), drawSelection(), dropCursor(), rectangularSelection(), crosshairCursor(), EditorState.allowMultipleSelections.of(true),
      indentOnInput(), bracketMatching(), closeBrackets(),
      sql, underline,
      autocompletion({ override: [completeWith(() => known(), t => typeWord(t))], icons: false, maxRenderedOptions: 30 }),
      keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
      labels.current.of(named()),
      EditorView.updateListener.of(u => {
        if (u.docChanged) later();
        else if (u.selectionSet && timer.current === undefined) { clearTimeout(cursorTimer.current); cursorTimer.current = setTimeout(() => { const v = view.current; if (v) moved(v.state.selection.main.head); }, changedAfter / 2); }
      }),
      EditorView.domEventHandlers({ blur: () => { if (timer.current !== undefined) flush(); }, beforeinput: typedOver }),
      look,
    ],
  }));

  const handle = useEffectEvent((): EditorHandle => ({
    current: () => {
      const v = view.current;
      if (!v) return undefined;
      const { main } = v.state.selection, all = v.state.sliceDoc();
      if (!main.empty) return { from: main.from, to: main.to, text: v.state.sliceDoc(main.from, main.to) };
      return statementAt(all, main.head);
    },
    text: () => view.current?.state.sliceDoc() ?? '',
    insert: (text, alone) => {
      const v = view.current;
      if (!v) return;
      if (alone !== undefined && v.state.sliceDoc(0, 1000).trim() === '') text = alone;
      v.dispatch(v.state.replaceSelection(text), { scrollIntoView: true });
      v.focus();
    },
    replace: (from, to, text) => view.current?.dispatch({ changes: { from, to, insert: text } }),
    focus: at => {
      const v = view.current;
      if (!v) return;
      if (at !== undefined) v.dispatch({ selection: EditorSelection.cursor(Math.min(at, v.state.doc.length)), scrollIntoView: true });
      v.focus();
    },
  }));
  const start = useEffectEvent(() => ({ text: p.text, handle: p.handle }));

  // Makes the editor: CodeMirror owns what is inside.
  useEffect(() => {
    const el = host.current;
    if (!el) return undefined;
    const root = el.shadowRoot ?? el.attachShadow({ mode: 'open' });
    const place = document.createElement('div');
    place.style.height = '100%';
    root.replaceChildren(place);
    const s = start();
    const v = new EditorView({ state: fresh(s.text), parent: place, root });
    view.current = v;
    if (s.handle) s.handle.current = handle();
    if (document.activeElement === document.body) v.focus(); // nobody is elsewhere: one comes here to write
    return () => { if (timer.current !== undefined) flush(); clearTimeout(cursorTimer.current); v.destroy(); view.current = undefined; };
  }, []); // eslint-disable-line -- once

  // Another text, or the same one changed from elsewhere (opened, formatted, taken from history): each keeps its own undo.
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    if (shown.current !== p.doc) {
      if (timer.current !== undefined) flush();
      states.current.set(shown.current, v.state);
      shown.current = p.doc;
      const kept = states.current.get(p.doc);
      v.setState(kept && kept.sliceDoc() === p.text ? kept : fresh(p.text));
    } else if (timer.current === undefined && v.state.sliceDoc() !== p.text) {
      v.dispatch({ changes: { from: 0, to: v.state.doc.length, insert: p.text } });
    }
  }, [p.doc, p.text]); // eslint-disable-line -- the editor holds the rest

  // Underlines what the server has found.
  useEffect(() => {
    const v = view.current;
    if (!v) return;
    const n = v.state.doc.length;
    v.dispatch(underlined(p.problems.filter(d => d.from <= n).map(d => {
      const word = v.state.wordAt(Math.min(d.from, n));
      const to = Math.min(n, d.to ?? (word && word.to > d.from ? word.to : d.from + 1));
      const from = Math.max(0, Math.min(d.from, to - 1));
      return { from, to, message: d.message };
    })));
  }, [p.problems, p.doc]);

  // Another language: the editor's own words.
  useEffect(() => { view.current?.dispatch({ effects: labels.current.reconfigure(named()) }); }, [lang]);

  return <div ref={host} className="editor-host" data-editor="" style={{ height: '100%', contain: 'size' }} />;
}
