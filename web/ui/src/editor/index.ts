export { Editor, type EditorHandle, type EditorProps, type Problem } from './Editor';
export { bare, lineColumn, placeOf, scan, type Statement, statementAt } from './statement';
