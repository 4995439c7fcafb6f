import { defineWords } from '../i18n';

export const useChartWords = defineWords({
  line: 'Line chart', area: 'Area chart', bar: 'Bar chart', histogram: 'Histogram', number: 'Number', table: 'Table', text: 'Text',
  summary: (kind: string, title: string, series: string) => `${kind}: ${title}. ${series}`, seriesIs: (name: string, low: string, high: string, last: string) => `${name}: ${low} to ${high}, last ${last}`, andMore: (n: string) => `and ${n} more`, nothing: 'no data in this range', none: 'No data in this range',
  topIs: (name: string, value: string) => `${name}: ${value}`, mostAt: (from: string, to: string, n: string) => `most between ${from} and ${to}: ${n}`, rowsAre: (n: string, columns: string) => `${n}: ${columns}`,
  asTable: 'View as table', asChart: 'View as chart', usual: 'usual range', total: 'total', now: 'now', partNow: 'so far',
  lastWeek: 'last week', yesterday: 'yesterday', before: (t: string) => `${t} before`,
  thanLastWeek: 'than this time last week', thanYesterday: 'than this time yesterday', than: (t: string) => `than ${t} before`,
  asOf: (t: string) => `as of ${t}`, usually: (low: string, high: string) => `usually ${low}–${high}`, more: (n: string) => `${n} more rows: download them as CSV`,
}, {
  line: '선 차트', area: '영역 차트', bar: '막대 차트', histogram: '히스토그램', number: '숫자', table: '표', text: '글',
  summary: (kind, title, series) => `${kind}: ${title}. ${series}`, seriesIs: (name, low, high, last) => `${name}: 최솟값 ${low}, 최댓값 ${high}, 마지막 ${last}`, andMore: n => `외 ${n}개`, nothing: '이 범위에는 데이터 없음', none: '이 범위에는 데이터가 없습니다',
  topIs: (name, value) => `${name}: ${value}`, mostAt: (from, to, n) => `가장 많은 구간 ${from}–${to}: ${n}`, rowsAre: (n, columns) => `${n}: ${columns}`,
  asTable: '표로 보기', asChart: '차트로 보기', usual: '평소 범위', total: '합계', now: '지금', partNow: '지금까지',
  lastWeek: '지난주', yesterday: '어제', before: t => `${t} 전`,
  thanLastWeek: '지난주 같은 시각 대비', thanYesterday: '어제 같은 시각 대비', than: t => `${t} 전 대비`,
  asOf: t => `${t} 기준`, usually: (low, high) => `평소 ${low}–${high}`, more: n => `${n}행 더 있음: CSV로 내려받기`,
});

// Units of a spec that read otherwise in a language.
export const unitsIn: Record<'en' | 'ko', Readonly<Record<string, string>>> = {
  en: {},
  ko: { 'req/min': '건/분', 'req/s': '건/초', '/min': '/분', '/h': '/시간', '/d': '/일', rows: '행', requests: '건', calls: '건', errors: '건', users: '명', orders: '건' },
};
