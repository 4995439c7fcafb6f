import { lazy, type RefObject, Suspense } from 'react';
import type { KnownTable } from './complete';
import type { Statement } from './statement';

// Problem is an error at a place of the text; without to, the word there.
export interface Problem { from: number; to?: number | undefined; message: string }

// EditorHandle is what a page may do with the text that is shown.
export interface EditorHandle {
  current(): Statement | undefined; // the selection, or the statement at the cursor
  text(): string;
  insert(text: string, alone?: string): void; // alone stands instead of text where nothing is written yet
  replace(from: number, to: number, text: string): void;
  focus(at?: number): void;
}

export interface EditorProps {
  doc: string; // which text this is: each keeps its own undo and cursor
  text: string;
  onChange: (doc: string, text: string) => void;
  onCursor?: (at: number) => void;
  onRun: () => void;
  onSave?: () => void;
  onFormat?: () => void;
  tables: readonly KnownTable[];
  typeWord: (sql: string) => string; // a type, short
  problems: readonly Problem[];
  label: string;
  placeholder: string;
  handle?: RefObject<EditorHandle | null>;
}

const CodeEditor = lazy(() => import('./CodeEditor').then(m => ({ default: m.CodeEditor })));

// Editor edits SQL. Its code comes when it is first shown; until then the text stands there as it is.
export function Editor(p: EditorProps) {
  return <Suspense fallback={<pre className="editor-wait" aria-busy="true">{p.text}</pre>}><CodeEditor {...p} /></Suspense>;
}
