package room

import (
	"errors"
	"strings"
	"unicode/utf8"

	"maru"
	"maru/duck"
	"maru/query/internal/gate"
	"maru/query/internal/wire"
)

// possible is what everybody hears who asks for something else.
const possible = "maru sql only reads: SELECT (also WITH, FROM and VALUES), DESCRIBE name, SUMMARIZE name, SHOW TABLES and EXPLAIN SELECT"

// source is what the user wrote.
type source struct {
	sql     string // EXPLAIN replaced by blanks, so that places stay
	explain bool
	word    string // the first one, upper case
	// condition: what stands before WHERE is not theirs
	condition bool
}

func readSource(sql string) source {
	s := source{sql: sql}
	start := skipBlank(sql, 0)
	end := start
	for end < len(sql) && (sql[end] >= 'a' && sql[end] <= 'z' || sql[end] >= 'A' && sql[end] <= 'Z' || sql[end] == '_') {
		end++
	}
	s.word = strings.ToUpper(sql[start:end])
	if s.word == "EXPLAIN" {
		s.explain = true
		s.sql = sql[:start] + strings.Repeat(" ", end-start) + sql[end:]
		s.word = readSource(s.sql).word
	}
	return s
}

// skipBlank passes over white space and comments.
func skipBlank(s string, i int) int {
	for i < len(s) {
		switch rest := s[i:]; {
		case strings.IndexByte(" \t\r\n\v\f;", s[i]) >= 0:
			i++
		case strings.HasPrefix(rest, "--"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				return len(s)
			}
			i += n + 1
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest, "*/")
			if n < 0 {
				return len(s)
			}
			i += n + 2
		default:
			return i
		}
	}
	return i
}

// refused says no to what the parser would take for something else.
func (s source) refused() error {
	switch {
	case !utf8.ValidString(s.sql):
		return maru.Errorf(maru.Invalid, "the statement is not UTF-8")
	case strings.ContainsRune(s.sql, 0):
		return maru.Errorf(maru.Invalid, "the statement holds a zero byte")
	case s.word == "" && skipBlank(s.sql, 0) == len(s.sql):
		return maru.Errorf(maru.Invalid, "there is no statement; %s", possible)
	case s.explain && (s.word == "ANALYZE" || s.word == "EXPLAIN"):
		return maru.Errorf(maru.Invalid, "EXPLAIN %s is not possible; EXPLAIN SELECT shows the plan and what is read", s.word)
	case s.explain && (s.word == "DESCRIBE" || s.word == "SHOW" || s.word == "SUMMARIZE" || s.word == "DESC"):
		return maru.Errorf(maru.Invalid, "only a SELECT can be explained")
	}
	return nil
}

// writing are the first words of statements that do something.
var writing = wordSet("", `INSERT UPDATE DELETE MERGE TRUNCATE CREATE DROP ALTER COPY ATTACH DETACH USE SET RESET PRAGMA CALL LOAD INSTALL
	EXPORT IMPORT VACUUM ANALYZE CHECKPOINT FORCE BEGIN START COMMIT ROLLBACK ABORT PREPARE EXECUTE DEALLOCATE COMMENT GRANT REVOKE`)

// parseError words an error of the parser for somebody who may only read.
func (s source) parseError(err error) error {
	var e *duck.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &wire.Error{Kind: e.Kind.String(), Message: e.Error(), Line: e.Line, Column: e.Column, Fatal: e.Fatal}
	switch {
	case strings.Contains(e.Message, "max_expression_depth"):
		out.Message = "the statement is nested too deeply: at most 1000 levels are taken"
	case s.condition && e.Class == "":
		out.Kind, out.Message = maru.Denied.String(), "only a condition is possible here, as after WHERE: one, and no statement behind it"
	case writing[s.word]:
		out.Kind, out.Message = maru.Denied.String(), s.word+" is not possible: "+possible
	case e.Class == "" && s.word == "PIVOT":
		out.Message = "PIVOT needs its values listed: PIVOT t ON column IN ('a', 'b') USING sum(x)"
	case e.Class == "":
		out.Kind, out.Message = maru.Denied.String(), "this is not possible: "+possible
	}
	return out.Err()
}

// gateError gives a refusal its line and column.
func (s source) gateError(err error) error {
	var e *gate.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &wire.Error{Kind: e.Kind.String(), Message: e.Text}
	if e.At >= 0 {
		out.Line, out.Column = duck.LineColumn(s.sql, e.At)
	}
	return out.Err()
}

// runError words an error of the rewritten statement in terms of the user's.
func (s source) runError(err error, run string, tables []gate.Table) error {
	var e *duck.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &wire.Error{Kind: e.Kind.String(), Message: publicNames(e.Error(), tables)}
	switch {
	case e.Kind == maru.OutOfMemory:
		out.Message = "the statement needs more memory than it may have (" + firstSentence(e.Message) +
			"): read fewer columns or rows, aggregate earlier, or give the workers more"
	case e.Line > 0 && e.Column > 0:
		if at, ok := trace(s.sql, run, offset(run, e.Line, e.Column), tables); ok {
			out.Line, out.Column = duck.LineColumn(s.sql, at)
		}
	}
	return out.Err()
}

// readerError words an error of reading a file that the statement names at a place.
func (s source) readerError(err error, at int) error {
	var e *duck.Error
	if !errors.As(err, &e) {
		return err
	}
	out := &wire.Error{Kind: e.Kind.String(), Message: e.Error()}
	if at >= 0 {
		out.Line, out.Column = duck.LineColumn(s.sql, at)
	}
	return out.Err()
}

func firstSentence(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

// publicNames puts the user's names in the place of the room's.
func publicNames(text string, tables []gate.Table) string {
	if !strings.Contains(text, gate.Reserved) {
		return text
	}
	// From the last on: maru_t1 begins maru_t10.
	for i := len(tables) - 1; i >= 0; i-- {
		text = strings.ReplaceAll(text, dataTable(tables[i].Room), tables[i].Name)
		text = strings.ReplaceAll(text, tables[i].Room, tables[i].Name)
	}
	return text
}

func offset(s string, line, column int) int {
	at := 0
	for ; line > 1; line-- {
		n := strings.IndexByte(s[at:], '\n')
		if n < 0 {
			break
		}
		at += n + 1
	}
	return min(at+column-1, len(s))
}

// trace finds the place in the user's statement for one in the rewritten
// statement: the same word, counted from the start. It gives up when the word
// does not occur equally often in both.
func trace(sql, run string, at int, tables []gate.Table) (int, bool) {
	public := map[string]string{}
	for _, t := range tables {
		public[strings.ToLower(t.Room)] = strings.ToLower(t.Name)
	}
	ours, theirs := tokens(run), tokens(sql)
	word, nth, n := "", 0, 0
	for _, t := range ours {
		w := t.text
		if p, ok := public[w]; ok {
			w = p
		}
		if t.at <= at && at < t.end {
			word = w
		}
	}
	if word == "" {
		return 0, false
	}
	for _, t := range ours {
		w := t.text
		if p, ok := public[w]; ok {
			w = p
		}
		if w == word {
			if t.at <= at {
				nth = n
			}
			n++
		}
	}
	for i, m := 0, 0; i < len(theirs); i++ {
		if theirs[i].text != word {
			continue
		}
		if m == nth {
			return theirs[i].at, count(theirs, word) == n
		}
		m++
	}
	return 0, false
}

func count(list []token, word string) (n int) {
	for _, t := range list {
		if t.text == word {
			n++
		}
	}
	return n
}

// token is a word, a number, a quoted text or one other character.
type token struct {
	text    string // lower case, names without quotes
	at, end int
}

func tokens(s string) []token {
	var out []token
	for i := skipBlank(s, 0); i < len(s); i = skipBlank(s, i) {
		end := tokenEnd(s, i)
		text := strings.ToLower(s[i:end])
		if len(text) > 1 && text[0] == '"' {
			text = strings.ReplaceAll(text[1:len(text)-1], `""`, `"`)
		}
		out = append(out, token{text: text, at: i, end: end})
		i = end
	}
	return out
}

func tokenEnd(s string, i int) int {
	c := s[i]
	if c == '"' || c == '\'' {
		for j := i + 1; j < len(s); j++ {
			if s[j] != c {
				continue
			}
			if j+1 < len(s) && s[j+1] == c {
				j++
				continue
			}
			return j + 1
		}
		return len(s)
	}
	if !wordByte(c) {
		return i + 1
	}
	for i < len(s) && wordByte(s[i]) {
		i++
	}
	return i
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}

// isInternal says whether DuckDB could not write a plan down that it made.
func isInternal(err error) bool {
	var e *duck.Error
	return errors.As(err, &e) && e.Class == "INTERNAL"
}
