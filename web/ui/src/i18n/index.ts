export { defineWords, one, type Same, type Text, textIn } from './words';
export { type Format, makeFormat, type Measure, textOf, useFormat } from './format';
export type { Lang } from '../prefs';
