import { defineWords } from '../../i18n';

export const useSharedWords = defineWords({
  needsEditor: 'Your role is viewer. This needs the role editor; ask an admin.',
  topic: 'topic', view: 'view', seed: 'seed', stream: 'stream', dashboard: 'dashboard', query: 'query', group: 'consumer group', collector: 'collector', 
  running: 'running', rebuilding: 'rebuilding', waiting: 'waiting', paused: 'paused', failed: 'failed', stable: 'stable', rebalancing: 'rebalancing', noMembers: 'no members',
  sql: 'SQL', stale: 'This could not be brought up to date. What you see is older.',
}, {
  needsEditor: '내 역할은 뷰어입니다. 편집자 역할이 필요합니다. 관리자에게 요청하세요.',
  topic: '토픽', view: '뷰', seed: '시드', stream: '스트림', dashboard: '대시보드', query: '쿼리', group: '컨슈머 그룹', collector: '수집기', 
  running: '실행 중', rebuilding: '다시 만드는 중', waiting: '대기 중', paused: '멈춤', failed: '실패', stable: '정상', rebalancing: '재조정 중', noMembers: '멤버 없음',
  sql: 'SQL', stale: '최신 내용을 가져오지 못했습니다. 보이는 것은 이전 내용입니다.',
});
