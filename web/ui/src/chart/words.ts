import { defineWords } from '../i18n';

export const useChartWords = defineWords({
  line: 'Line chart', area: 'Area chart', bar: 'Bar chart', histogram: 'Histogram', number: 'Number', table: 'Table', text: 'Text',
  summary: (kind: string, title: string, series: string) => `${kind}: ${title}. ${series}`, seriesIs: (name: string, low: string, high: string, last: string) => `${name}: ${low} to ${high}, last ${last}`, andMore: (n: string) => `and ${n} more`, nothing: 'no data in this range',
  asTable: 'View as table', asChart: 'View as chart', usual: 'usual range',
}, {
  line: '선 차트', area: '영역 차트', bar: '막대 차트', histogram: '히스토그램', number: '숫자', table: '표', text: '글',
  summary: (kind, title, series) => `${kind}: ${title}. ${series}`, seriesIs: (name, low, high, last) => `${name}: ${low}–${high}, 마지막 ${last}`, andMore: n => `외 ${n}개`, nothing: '이 범위에는 데이터가 없습니다',
  asTable: '표로 보기', asChart: '차트로 보기', usual: '평소 범위',
});

// Units of a spec that read otherwise in a language.
export const unitsIn: Record<'en' | 'ko', Readonly<Record<string, string>>> = {
  en: {},
  ko: { 'req/min': '건/분', 'req/s': '건/초', '/min': '/분', rows: '행', requests: '건', calls: '건' },
};
