package project

import (
	"regexp"
	"strings"
	"time"

	"maru"
)

// Formats that a collector may be told to expect.
var Formats = []string{"auto", "ndjson", "json", "combined", "csv", "syslog", "regexp", "raw"}

// Encodings of a collector's files.
var Encodings = []string{"utf-8", "cp949", "euc-kr"}

// Bounds of one collector.
const (
	collectorFilesMax = 100
	lineBytesMin      = 1 << 10
	lineBytesMax      = 8 << 20
	defaultMultiline  = 2 * time.Second
)

func (r *reader) collector(text []byte, name, timeZone string) Collector {
	c := Collector{Topic: name, Format: "auto", Encoding: "utf-8", TimeZone: timeZone, Follow: true, OnError: "reject"}
	c.Header = r.document(text, fields{
		"files":     func(v value) { c.Files = v.globs() },
		"topic":     func(v value) { v.topicName(&c.Topic) },
		"format":    func(v value) { v.setOneOf(&c.Format, Formats) },
		"encoding":  func(v value) { v.setOneOf(&c.Encoding, Encodings) },
		"pattern":   func(v value) { v.pattern(&c.Pattern) },
		"time_zone": func(v value) { v.timeZone(&c.TimeZone) },
		"key":       func(v value) { c.Key, _ = v.text() },
		"follow": func(v value) {
			if b, ok := v.boolean(); ok {
				c.Follow = b
			}
		},
		"on_error": func(v value) { v.setOneOf(&c.OnError, []string{"reject", "stop"}) },
		"max_line_bytes": func(v value) {
			if n, ok := v.size(); ok {
				if n < lineBytesMin || n > lineBytesMax {
					v.fail("", "use %d to %d bytes", lineBytesMin, lineBytesMax)
				}
				c.MaxLineBytes = n
			}
		},
		"multiline": func(v value) { c.Multiline = v.multiline() },
	})
	r.checkCollector(c)
	return c
}

// checkCollector holds what several keys say together.
func (r *reader) checkCollector(c Collector) {
	at := func(key string) Pos {
		if p, ok := c.Header[key]; ok {
			return p
		}
		return Pos{1, 1}
	}
	if _, ok := c.Header["files"]; !ok {
		r.fail(Pos{1, 1}, "add files: [log/app.log]", "there is no files: to read")
	}
	_, hasPattern := c.Header["pattern"]
	switch {
	case c.Format == "regexp" && !hasPattern:
		r.fail(at("format"), "add pattern: '(?P<name>…)'", "format regexp needs a pattern")
	case c.Format != "regexp" && hasPattern:
		r.fail(at("pattern"), "set format: regexp", "a pattern is used by format regexp only, this is %s", c.Format)
	}
}

func (v value) globs() []string {
	fs := v.words(collectorFilesMax)
	for _, f := range fs {
		if strings.TrimSpace(f) == "" {
			v.fail("", "a file's name is empty")
		}
		if err := checkGlob(f); err != nil {
			v.fail("", "%q: %v", f, err)
		}
	}
	return fs
}

func (v value) topicName(to *string) {
	t, ok := v.text()
	if !ok {
		return
	}
	if err := maru.CheckTopicName(t); err != nil {
		v.fail("", "%v", err)
		return
	}
	*to = t
}

func (v value) setOneOf(to *string, words []string) {
	if s, ok := v.oneOf(words...); ok {
		*to = s
	}
}

// pattern takes a regular expression that has at least one named group: each
// becomes a column.
func (v value) pattern(to *string) {
	s, ok := v.text()
	if !ok {
		return
	}
	re, err := regexp.Compile(s)
	if err != nil {
		v.fail("", "%v", err)
		return
	}
	if strings.Join(re.SubexpNames(), "") == "" {
		v.fail("write (?P<name>…) around each column", "the pattern has no named group")
	}
	*to = s
}

func (v value) multiline() *Multiline {
	m := &Multiline{Timeout: defaultMultiline}
	expression := func(to *string) func(value) {
		return func(v value) {
			s, ok := v.text()
			if !ok {
				return
			}
			if _, err := regexp.Compile(s); err != nil {
				v.fail("", "%v", err)
			}
			*to = s
		}
	}
	v.mapping(fields{
		"start":   expression(&m.Start),
		"end":     expression(&m.End),
		"timeout": func(v value) { v.setDuration(&m.Timeout, time.Millisecond, false) },
	})
	if (m.Start == "") == (m.End == "") {
		v.fail("give start: (what a first line looks like) or end: (a last line)", "exactly one of start and end is needed")
	}
	return m
}
