// Pretendard in 92 pieces, of which a page loads the few that it shows; Geist Mono in six.
import '@fontsource-variable/geist-mono/index.css';
import 'pretendard/dist/web/variable/pretendardvariable-dynamic-subset.css';
