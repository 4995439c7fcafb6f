import { defineWords } from '../i18n';

export const useUiWords = defineWords({
  cancel: 'Cancel', close: 'Close', copy: 'Copy', copied: 'Copied', retry: 'Try again', inspector: 'Details',
  typeToConfirm: (name: string) => `Write ${name} to confirm`,
  resize: 'Drag or use the arrow keys to resize',
  more: (n: string) => `${n} more`, empty: 'empty',
  lastDay: (bad: string) => (bad ? `Last 24 hours: not well for ${bad}` : 'Last 24 hours: well'), spark: (min: string, max: string, last: string) => `Trend from ${min} to ${max}, now ${last}`,
  unknown: 'unknown',
  errInvalid: 'That cannot be done', errNotFound: 'It is not here', errConflict: 'Somebody else changed it in the meantime', errDenied: 'You may not do that', errUnauthenticated: 'You are not signed in', errTooLarge: 'That is too large', errOutOfMemory: 'It needs more memory than there is', errOutOfSpace: 'The disk is full', errUnavailable: 'The server cannot answer now', errTimeout: 'It took too long', errCanceled: 'It was canceled', errInternal: 'Something went wrong in maru', errOffline: 'The server cannot be reached',
  nextOffline: 'The page goes on by itself as soon as the server answers.', nextDenied: 'Ask an admin for the role that it needs.', nextInternal: 'Try again; the server’s log has the details.', nextConflict: 'Load it anew and make your change again.', nextUnavailable: 'Try again in a moment.', place: (line: number, column: number) => `line ${line}, column ${column}`,
}, {
  cancel: '취소', close: '닫기', copy: '복사', copied: '복사됨', retry: '다시 시도', inspector: '자세히',
  typeToConfirm: name => `확인을 위해 입력: ${name}`,
  resize: '끌거나 화살표 키로 크기 조절',
  more: n => `${n}개 더`, empty: '빈 값',
  lastDay: bad => (bad ? `지난 24시간: 이상 ${bad}` : '지난 24시간: 정상'), spark: (min, max, last) => `추세: 최소 ${min}, 최대 ${max}, 지금 ${last}`,
  unknown: '알 수 없음',
  errInvalid: '할 수 없는 요청입니다', errNotFound: '찾을 수 없습니다', errConflict: '그 사이에 다른 사람이 바꿨습니다', errDenied: '권한이 없습니다', errUnauthenticated: '로그인되어 있지 않습니다', errTooLarge: '너무 큽니다', errOutOfMemory: '메모리가 모자랍니다', errOutOfSpace: '디스크가 가득 찼습니다', errUnavailable: '서버가 지금 답할 수 없습니다', errTimeout: '너무 오래 걸렸습니다', errCanceled: '취소되었습니다', errInternal: 'maru에서 문제가 생겼습니다', errOffline: '서버에 연결할 수 없습니다',
  nextOffline: '서버가 답하면 페이지가 저절로 이어집니다.', nextDenied: '관리자에게 필요한 권한을 요청하세요.', nextInternal: '다시 시도하세요. 자세한 내용은 서버 로그에 있습니다.', nextConflict: '다시 불러온 뒤 변경하세요.', nextUnavailable: '잠시 뒤 다시 시도하세요.', place: (line, column) => `${line}행 ${column}열`,
});
