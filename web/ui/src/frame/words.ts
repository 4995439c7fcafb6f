import { defineWords } from '../i18n';

export const useFrameWords = defineWords({
  home: 'Home', sql: 'SQL', dashboards: 'Dashboards', data: 'Data', topics: 'Topics', streams: 'Streams', admin: 'Admin', account: 'Account', users: 'Users',
  skip: 'Skip to content', mainNav: 'Pages', crumbs: 'You are here', find: 'Find or do', narrow: 'Narrow the side bar', widen: 'Widen the side bar',
  up: (t: string) => `up ${t}`, disk: (p: string) => `${p} disk free`,
  live: 'Live', connecting: 'Connecting', lost: 'Reconnecting', liveTip: 'Changes come as they happen', lostTip: 'What you see may be old; trying again',
  bannerLost: (t: string) => `The connection to the server is lost since ${t}. What you see is from then; what you write is kept.`, bannerNow: 'Connect now', skewed: (t: string) => `This computer’s clock is off by ${t}; times are shown by the server’s.`, dismiss: 'Dismiss',
  you: 'You', language: 'Language', theme: 'Theme', system: 'As the system', light: 'Light', dark: 'Dark', settings: 'Account and preferences', signOut: 'Sign out', stillIn: 'You are still signed in: the server cannot be reached. Try again when it is back.', forbidden: 'This page is for admins', forbiddenText: 'Your role is shown in the menu at the top right. An admin can change it.',
  palettePlaceholder: 'A page, a topic, a view, an action …', paletteNone: 'Nothing fits', pages: 'Pages', objects: 'Objects', actions: 'Actions', topic: 'topic', view: 'view', seed: 'seed', stream: 'stream', dashboard: 'dashboard', query: 'query', group: 'consumer group', groups: 'Consumer groups', user: 'user',
  actNewQuery: 'New query', actTheme: 'Switch light and dark', actLang: '한국어로 보기', actRail: 'Narrow or widen the side bar', actSignOut: 'Sign out', actQuery: (n: string) => `Query ${n}`, actNewTopic: 'New topic', actTail: (n: string) => `Follow ${n}`, actProduce: (n: string) => `Produce into ${n}`, actPause: (n: string) => `Pause ${n}`, actResume: (n: string) => `Resume ${n}`, actReplay: (n: string) => `Replay ${n}`, actReset: (n: string) => `Reset ${n}`,
  timeRange: 'Time range', last: (t: string) => `Last ${t}`, from: 'From', to: 'To', apply: 'Apply', zone: 'Time zone', badRange: 'From must be before to', badZone: 'No such zone', yourZone: 'of this computer',
  missing: 'There is no such page', missingText: 'The address may be old, or the object was deleted.', goHome: 'Go to Home', broken: 'This page has stopped', brokenNext: 'Other pages go on. Load this one again.',
}, {
  home: '홈', sql: 'SQL', dashboards: '대시보드', data: '데이터', topics: '토픽', streams: '스트림', admin: '관리', account: '계정', users: '사용자',
  skip: '본문으로 건너뛰기', mainNav: '페이지', crumbs: '현재 위치', find: '찾기 또는 실행', narrow: '사이드바 좁히기', widen: '사이드바 넓히기',
  up: t => `가동 ${t}`, disk: p => `디스크 ${p} 남음`,
  live: '실시간', connecting: '연결 중', lost: '다시 연결 중', liveTip: '바뀌는 대로 보입니다', lostTip: '오래된 내용일 수 있습니다. 다시 연결하고 있습니다',
  bannerLost: t => `서버 연결 끊김 · ${t}부터. 지금 보이는 것은 그때의 내용이며, 작성 중인 것은 그대로 있습니다.`, bannerNow: '지금 연결', skewed: t => `이 컴퓨터의 시계 오차: ${t}. 시각은 서버 기준으로 표시합니다.`, dismiss: '닫기',
  you: '나', language: '언어', theme: '테마', system: '시스템 설정', light: '밝게', dark: '어둡게', settings: '계정과 환경 설정', signOut: '로그아웃', stillIn: '서버에 연결할 수 없어 로그아웃하지 못했습니다. 연결되면 다시 시도하세요.', forbidden: '관리자만 볼 수 있는 페이지입니다', forbiddenText: '내 역할은 오른쪽 위 메뉴에 있습니다. 역할은 관리자가 바꿀 수 있습니다.',
  palettePlaceholder: '페이지, 토픽, 뷰, 동작 …', paletteNone: '맞는 것이 없습니다', pages: '페이지', objects: '객체', actions: '동작', topic: '토픽', view: '뷰', seed: '시드', stream: '스트림', dashboard: '대시보드', query: '쿼리', group: '컨슈머 그룹', groups: '컨슈머 그룹', user: '사용자',
  actNewQuery: '새 쿼리', actTheme: '밝게 / 어둡게 전환', actLang: 'View in English', actRail: '사이드바 좁히기 / 넓히기', actSignOut: '로그아웃', actQuery: n => `쿼리하기: ${n}`, actNewTopic: '새 토픽', actTail: n => `따라가기: ${n}`, actProduce: n => `보내기: ${n}`, actPause: n => `멈춤: ${n}`, actResume: n => `재개: ${n}`, actReplay: n => `다시 재생: ${n}`, actReset: n => `초기화: ${n}`,
  timeRange: '시간 범위', last: t => `최근 ${t}`, from: '시작', to: '끝', apply: '적용', zone: '시간대', badRange: '시작이 끝보다 앞이어야 합니다', badZone: '없는 시간대입니다', yourZone: '이 컴퓨터',
  missing: '없는 페이지입니다', missingText: '주소가 오래되었거나 객체가 삭제되었습니다.', goHome: '홈으로', broken: '이 페이지가 멈췄습니다', brokenNext: '다른 페이지는 그대로 쓸 수 있습니다. 이 페이지를 다시 불러오세요.',
});
