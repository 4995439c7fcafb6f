import { defineWords } from '../../i18n';

export const useSigninWords = defineWords({
  title: 'Sign in', lead: 'Streams, SQL and dashboards in one place.', name: 'Name', password: 'Password', submit: 'Sign in', wrong: 'Name or password is wrong', wrongNext: 'Passwords tell upper from lower case.', show: 'Show the password', caps: 'Caps Lock is on', ended: 'Your session has ended. Sign in, and you are back where you were.', tooMany: 'Too many wrong passwords', waitFor: (t: string) => `Try again in ${t}.`, nameRule: 'Letters a–z, digits and . _ - @',
  setupTitle: 'Nobody has an account here yet', setupText: 'The server has printed a link that begins with /welcome when it started. Open it to make the first account.',
  welcome: 'Welcome to maru', welcomeLead: 'Make the first account. It is an admin: it can add the others.', create: 'Create account', again: 'Password again', differ: 'The two differ', rule: 'At least 10 characters', short: (n: number) => `${n} more ${n === 1 ? 'character' : 'characters'}`,
  noToken: 'This link is not complete', noTokenText: 'Open the whole link that the server has printed, with what follows the #.', used: 'This link is no longer good', usedText: 'It works once. If somebody has made the first account already, sign in.', toSignin: 'Sign in',
  account: 'Account', you: 'You', roles: 'Role', changePassword: 'Change password', oldPassword: 'Present password', newPassword: 'New password', change: 'Change', changed: 'Password changed', others: 'Your other sessions are signed out.',
  preferences: 'Preferences', language: 'Language', theme: 'Theme', system: 'As the system', light: 'Light', dark: 'Dark', now: 'Now it is', keptHere: 'Kept here and on the server',
  viewer: 'viewer: looks and asks', editor: 'editor: changes the project', admin: 'admin: manages users too',
}, {
  title: '로그인', lead: '스트림, SQL, 대시보드를 한곳에서.', name: '이름', password: '비밀번호', submit: '로그인', wrong: '이름 또는 비밀번호가 맞지 않습니다', wrongNext: '비밀번호는 대소문자를 구분합니다.', show: '비밀번호 보기', caps: 'Caps Lock이 켜져 있습니다', ended: '세션이 끝났습니다. 다시 로그인하면 보던 곳으로 돌아갑니다.', tooMany: '비밀번호를 여러 번 틀렸습니다', waitFor: t => `${t} 뒤에 다시 시도하세요.`, nameRule: '영문, 숫자와 . _ - @',
  setupTitle: '아직 계정이 없습니다', setupText: '서버가 시작할 때 /welcome으로 시작하는 링크를 출력했습니다. 그 링크를 열어 첫 계정을 만드세요.',
  welcome: 'maru에 오신 것을 환영합니다', welcomeLead: '첫 계정을 만드세요. 이 계정은 관리자이며 다른 사용자를 추가할 수 있습니다.', create: '계정 만들기', again: '비밀번호 확인', differ: '두 값이 다릅니다', rule: '10자 이상', short: n => `${n}자 더 필요합니다`,
  noToken: '링크가 완전하지 않습니다', noTokenText: '서버가 출력한 링크를 # 뒤까지 모두 여세요.', used: '더 이상 쓸 수 없는 링크입니다', usedText: '한 번만 쓸 수 있습니다. 첫 계정이 이미 있다면 로그인하세요.', toSignin: '로그인',
  account: '계정', you: '나', roles: '역할', changePassword: '비밀번호 변경', oldPassword: '현재 비밀번호', newPassword: '새 비밀번호', change: '변경', changed: '비밀번호를 변경했습니다', others: '다른 세션은 로그아웃됩니다.',
  preferences: '환경 설정', language: '언어', theme: '테마', system: '시스템 설정', light: '밝게', dark: '어둡게', now: '지금 시각', keptHere: '이 브라우저와 서버에 저장',
  viewer: '뷰어: 보고 쿼리합니다', editor: '편집자: 프로젝트를 바꿉니다', admin: '관리자: 사용자도 관리합니다',
});
