import { defineWords } from '../i18n';

export const useGridWords = defineWords({
  emptyText: 'empty', rowNumber: 'Row', menuOf: (c: string) => `Column ${c}`, resize: (c: string) => `Width of ${c}`,
  sortUp: 'Sort ascending', sortDown: 'Sort descending', sortNone: 'Do not sort', filter: 'Filter …', profile: 'Profile', hide: 'Hide', copyName: 'Copy name', showAll: (n: string) => `Show ${n} hidden`,
  filters: 'Filters', clearAll: 'Clear all', remove: (t: string) => `Remove: ${t}`, column: 'Column', compare: 'Comparison', value: 'Value', apply: 'Apply', cancel: 'Cancel', passing: (n: string) => `${n} pass`,
  opContains: 'contains', opStarts: 'starts with', opNull: 'is NULL', opNotNull: 'is not NULL',
  cells: (r: string, c: string) => `${r} × ${c} cells`, copyAs: 'Copy as', tsv: 'TSV (for spreadsheets)', markdown: 'Markdown', json: 'JSON', sum: 'sum', mean: 'mean', copied: (n: string) => `${n} cells copied`, tooMany: (n: string) => `More than ${n} cells: export them instead`,
  noRows: 'No rows', noneFit: 'No row passes the filter',
}, {
  emptyText: '빈 글', rowNumber: '행 번호', menuOf: c => `열 ${c}`, resize: c => `열 너비: ${c}`,
  sortUp: '오름차순 정렬', sortDown: '내림차순 정렬', sortNone: '정렬 안 함', filter: '필터 …', profile: '프로필', hide: '숨기기', copyName: '이름 복사', showAll: n => `숨긴 열 ${n}개 보이기`,
  filters: '필터', clearAll: '모두 지우기', remove: t => `빼기: ${t}`, column: '열', compare: '비교', value: '값', apply: '적용', cancel: '취소', passing: n => `${n}행 통과`,
  opContains: '포함', opStarts: '시작', opNull: 'NULL임', opNotNull: 'NULL 아님',
  cells: (r, c) => `${r} × ${c} 셀`, copyAs: '복사 형식', tsv: 'TSV (스프레드시트용)', markdown: 'Markdown', json: 'JSON', sum: '합', mean: '평균', copied: n => `셀 ${n}개 복사됨`, tooMany: n => `${n}셀을 넘습니다. 내보내기를 쓰세요`,
  noRows: '행이 없습니다', noneFit: '필터를 통과한 행이 없습니다',
});
