package project

import (
	"bytes"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// headerOpens finds the opening of a stream's header, wherever it stands.
var headerOpens = regexp.MustCompile(`(?i)/\*[ \t]*maru\b`)

func (r *reader) stream(text []byte, name string) Stream {
	s := Stream{Emit: EmitChanges, Header: map[string]Pos{}}
	header, body, line, ok := r.splitHeader(text)
	if !ok {
		return s
	}
	s.SQL, s.Line = body, line
	if header != nil {
		s.Header = r.streamHeader(header, &s)
	}
	if s.Topic == name {
		r.fail(s.Header["topic"], "call it "+name+"_changes", "the output topic is called like the view: SQL could not tell them apart")
	}
	if strings.TrimSpace(s.SQL) == "" {
		r.fail(Pos{s.Line, 1}, "add a SELECT below the header", "there is no query")
	}
	return s
}

func (r *reader) streamHeader(header []byte, s *Stream) map[string]Pos {
	return r.document(header, fields{
		"emit":      func(v value) { v.setOneOf(&s.Emit, []string{EmitChanges, EmitWindowClose}) },
		"topic":     func(v value) { v.topicName(&s.Topic) },
		"ttl":       func(v value) { v.setDuration(&s.TTL, time.Millisecond, false) },
		"keep":      func(v value) { v.setDuration(&s.Keep, time.Second, true) },
		"state":     func(v value) { v.setOneOf(&s.State, []string{"unbounded"}) },
		"watermark": func(v value) { v.setDuration(&s.Watermark, time.Millisecond, false) },
		"idle":      func(v value) { v.setDuration(&s.Idle, time.Millisecond, true) },
		"from_retained": func(v value) {
			if b, ok := v.boolean(); ok {
				s.FromRetained = b
			}
		},
	})
}

// splitHeader parts the header's YAML from the query. The YAML is padded so
// that its lines and columns are those of the file, and so is the query's
// first line.
func (r *reader) splitHeader(text []byte) (header []byte, body string, line int, ok bool) {
	at := headerOpens.FindIndex(text)
	if at == nil {
		return nil, string(text), 1, true
	}
	if lead := text[:at[0]]; len(bytes.TrimSpace(lead)) > 0 {
		if inComment(lead) {
			return nil, string(text), 1, true
		}
		r.fail(posOf(text, at[0]), "move it to the top of the file", "the /* maru header must come first")
		return nil, "", 0, false
	}
	length := bytes.Index(text[at[1]:], []byte("*/"))
	if length < 0 {
		r.fail(posOf(text, at[0]), "end it with */", "the /* maru header has no end")
		return nil, "", 0, false
	}
	end := at[1] + length
	header = append(blank(text[:at[1]]), text[at[1]:end]...)
	p := posOf(text, end+2)
	rest := text[end+2:]
	if first, more, found := bytes.Cut(rest, []byte("\n")); found && len(bytes.TrimSpace(first)) == 0 {
		return header, string(more), p.Line + 1, true
	}
	return header, strings.Repeat(" ", p.Column-1) + string(rest), p.Line, true
}

// inComment says whether what follows lead is inside a comment that lead
// opened, so that a query may be commented out with its header.
func inComment(lead []byte) bool {
	if nl := bytes.LastIndexByte(lead, '\n'); bytes.Contains(lead[nl+1:], []byte("--")) {
		return true
	}
	return bytes.LastIndex(lead, []byte("/*")) > bytes.LastIndex(lead, []byte("*/"))
}

// blank is b with everything but line ends made a space.
func blank(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range string(b) {
		if c != '\n' {
			c = ' '
		}
		out = append(out, byte(c))
	}
	return out
}

func posOf(text []byte, at int) Pos {
	lead := text[:at]
	return Pos{1 + bytes.Count(lead, []byte("\n")), 1 + utf8.RuneCount(lead[bytes.LastIndexByte(lead, '\n')+1:])}
}
