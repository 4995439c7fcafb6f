import { defineWords } from '../../i18n';

export const useDataWords = defineWords({
  data: 'Data', find: 'Find by name or column', all: 'All', topics: 'Topics', views: 'Views', seeds: 'Seeds', none: 'No data yet', noneText: 'What comes in as a topic, what streams keep as views and small tables as seeds: all of it stands here and can be asked.', start: 'Start at Home', noMatch: 'Nothing fits', clear: 'Clear',
  name: 'Name', kind: 'Kind', columns: 'Columns', rows: 'Rows', size: 'Size', fresh: 'Newest',  note: 'Note',
  preview: 'Preview', used: 'Used by', openSql: 'Open in SQL', seeStream: 'See the stream', seeTopic: 'See the topic', file: 'File',
  column: 'Column', type: 'Type', nulls: 'NULL', distinct: 'Distinct', shape: 'Distribution', top: 'Most frequent', min: 'Least', max: 'Greatest', mean: 'Mean',  sampled: (n: string) => `of a sample of ${n} rows`, looked: (n: string) => `of ${n} rows`, noProfile: 'could not be read', findColumn: 'Find a column', showMore: (n: string) => `Show ${n} more`, noColumns: 'No columns are known yet', noColumnsText: 'They become known with the first rows.', wide: (n: string) => `${n} columns`,
  histogram: 'How the values spread', topValues: 'The most frequent values', askSql: 'Open this as a query', value: 'value', count: 'rows', nullValue: 'NULL', emptyText: 'empty', rest: 'all others',
  noRows: 'No rows yet', noRowsText: 'The first rows will stand here as soon as they come.', newest100: (n: string) => `The newest ${n} rows`, notUsed: 'Nothing reads it yet', notUsedText: 'Streams, dashboards and saved queries that read it will stand here.', definition: 'Definition',
}, {
  data: '데이터', find: '이름이나 열로 찾기', all: '모두', topics: '토픽', views: '뷰', seeds: '시드', none: '아직 데이터가 없습니다', noneText: '토픽으로 들어오는 것, 스트림이 뷰로 유지하는 것, 시드로 둔 작은 테이블이 모두 여기에 있고 바로 물어볼 수 있습니다.', start: '홈에서 시작', noMatch: '맞는 것이 없습니다', clear: '지우기',
  name: '이름', kind: '종류', columns: '열', rows: '행', size: '크기', fresh: '최신',  note: '참고',
  preview: '미리 보기', used: '쓰는 곳', openSql: 'SQL에서 열기', seeStream: '스트림 보기', seeTopic: '토픽 보기', file: '파일',
  column: '열', type: '타입', nulls: 'NULL', distinct: '서로 다른 값', shape: '분포', top: '가장 잦은 값', min: '최솟값', max: '최댓값', mean: '평균',  sampled: n => `표본 ${n}행 기준`, looked: n => `${n}행 기준`, noProfile: '읽지 못했습니다', findColumn: '열 찾기', showMore: n => `${n}개 더 보기`, noColumns: '아직 알려진 열이 없습니다', noColumnsText: '첫 행과 함께 알려집니다.', wide: n => `열 ${n}개`,
  histogram: '값의 분포', topValues: '가장 잦은 값', askSql: '쿼리로 열기', value: '값', count: '행', nullValue: 'NULL', emptyText: '빈 값', rest: '나머지',
  noRows: '아직 행이 없습니다', noRowsText: '첫 행이 오면 바로 나타납니다.', newest100: n => `최신 ${n}행`, notUsed: '아직 읽는 것이 없습니다', notUsedText: '이것을 읽는 스트림, 대시보드, 저장된 쿼리가 여기에 나옵니다.', definition: '정의',
});
