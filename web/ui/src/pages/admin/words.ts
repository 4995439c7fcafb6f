import { defineWords } from '../../i18n';

export const useAdminWords = defineWords({
  users: 'Users', admin: 'Admin', add: 'Add user', name: 'Name', role: 'Role', state: 'State', created: 'Created', seen: 'Last seen', never: 'never', active: 'active', disabled: 'disabled', you: 'you',
  viewer: 'viewer', editor: 'editor', adminRole: 'admin', viewerDoes: 'looks and asks', editorDoes: 'changes the project too', adminDoes: 'manages users too',
  password: 'Password', generate: 'Generate', passwordHint: 'Give it to them; they can change it under Account.', rename: 'Lower case letters, digits, dot, dash, underscore', added: (n: string) => `${n} added`, saved: (n: string) => `${n} changed`, removed: (n: string) => `${n} deleted`,
  setPassword: 'Set a new password', disable: 'Disable', enable: 'Enable', remove: 'Delete', removeTitle: (n: string) => `Delete ${n}?`, removeText: 'They can no longer sign in and their sessions end now. Saved queries and dashboards stay. This cannot be taken back.',
  disableTitle: (n: string) => `Disable ${n}?`, disableText: 'They can no longer sign in and their sessions end now. It can be enabled again.', lastAdmin: 'The last admin cannot be changed.', yourself: 'You cannot disable or delete yourself.', save: 'Save', one: 'You are the only one here', oneText: 'Add those who should look, ask or change things.',
}, {
  users: '사용자', admin: '관리', add: '사용자 추가', name: '이름', role: '역할', state: '상태', created: '만든 날', seen: '마지막 접속', never: '없음', active: '사용 중', disabled: '사용 중지', you: '나',
  viewer: '뷰어', editor: '편집자', adminRole: '관리자', viewerDoes: '보고 쿼리합니다', editorDoes: '프로젝트도 바꿉니다', adminDoes: '사용자도 관리합니다',
  password: '비밀번호', generate: '만들기', passwordHint: '당사자에게 전달하세요. 계정 페이지에서 바꿀 수 있습니다.', rename: '영문 소문자, 숫자, 점, 하이픈, 밑줄', added: n => `추가됨: ${n}`, saved: n => `변경됨: ${n}`, removed: n => `삭제됨: ${n}`,
  setPassword: '새 비밀번호 설정', disable: '사용 중지', enable: '다시 사용', remove: '삭제', removeTitle: n => `${n} 삭제`, removeText: '더 이상 로그인할 수 없고 세션이 바로 끝납니다. 저장된 쿼리와 대시보드는 남습니다. 되돌릴 수 없습니다.',
  disableTitle: n => `${n} 사용 중지`, disableText: '더 이상 로그인할 수 없고 세션이 바로 끝납니다. 나중에 다시 사용하게 할 수 있습니다.', lastAdmin: '마지막 관리자는 바꿀 수 없습니다.', yourself: '자기 자신은 사용 중지하거나 삭제할 수 없습니다.', save: '저장', one: '아직 혼자입니다', oneText: '보거나 쿼리하거나 바꿀 사람을 추가하세요.',
});
