import { defineWords } from '../i18n';

export const useGridWords = defineWords({ grid: 'Rows', emptyText: 'empty', rowNumber: 'Row' }, { grid: '행', emptyText: '빈 값', rowNumber: '행 번호' });
