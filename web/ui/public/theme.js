// Before the first paint: theme and language as they were chosen, so that nothing flashes. The rest of it is src/prefs.ts.
(function () {
  var p = {};
  try { p = JSON.parse(localStorage.getItem('maru.prefs') || '{}') || {}; } catch (e) { /* private mode: the defaults */ }
  var dark = p.theme === 'dark' || (p.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  document.documentElement.lang = p.lang || (/^ko/i.test(navigator.language) ? 'ko' : 'en');
})();
