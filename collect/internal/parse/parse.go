package parse

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// The formats, as users write them.
const (
	Auto     = "auto"     // look at the first lines and say what was taken
	Combined = "combined" // Apache and nginx access log, common or combined
	NDJSON   = "ndjson"   // one JSON object a line, kept verbatim
	JSON     = "json"     // JSON arrays of objects, or objects over many lines
	CSV      = "csv"      // a header row, then rows (RFC 4180)
	Syslog   = "syslog"   // RFC 3164, RFC 5424, and rsyslog's file format
	Regexp   = "regexp"   // the named groups of a regular expression
	Raw      = "raw"      // {"line": …}
)

// Formats lists what may be asked for, in the order of the help text.
var Formats = []string{Auto, Combined, NDJSON, JSON, CSV, Syslog, Regexp, Raw}

// Parser writes records as JSON objects.
type Parser interface {
	// Parse gives rec as one JSON object on one line. The value may be rec
	// itself or share memory with dst. A *Reason says why rec is refused.
	Parse(dst, rec []byte) ([]byte, error)
}

// Framer finds records in bytes.
type Framer interface {
	// Next finds the first record of b, which continues the b of the call
	// before whenever that one returned n == 0. n is what the record takes
	// with its end mark; rec == nil means that n bytes hold nothing (a blank
	// line). n == 0: more bytes are needed. final says that none will come.
	Next(b []byte, final bool) (rec []byte, n int)
	// Overlong is called when b is as long as a record may be and holds no
	// whole one: n bytes of it belong to the record, which goes on after them
	// unless ended.
	Overlong(b []byte) (n int, ended bool)
	// Reset forgets what was seen; the next b starts elsewhere.
	Reset()
}

// Reason is why a record is refused, in words for the person who wrote it.
type Reason struct{ Text string }

func (r *Reason) Error() string { return r.Text }

func reasonf(format string, args ...any) error { return &Reason{fmt.Sprintf(format, args...)} }

// Options say how to read a format.
type Options struct {
	Format    string
	Pattern   string         // Regexp: the expression
	Start     string         // multiline: a line that matches begins a record
	End       string         // multiline: a line that matches ends one
	Encoding  string         // "", utf-8, cp949, euc-kr
	Delimiter byte           // CSV: 0 finds it in the header
	Zone      *time.Location // syslog: the zone of times that name none; nil is the machine's
}

// Check says whether o can be used, naming the key that cannot.
func (o Options) Check() error {
	known := o.Format == ""
	for _, f := range Formats {
		known = known || f == o.Format
	}
	if !known {
		return fmt.Errorf("format: %q is not known: use one of %s", o.Format, strings.Join(Formats, ", "))
	}
	if _, err := newCharset(o.Encoding); err != nil {
		return err
	}
	if o.Format == Regexp {
		if _, err := newRegexp(o.Pattern); err != nil {
			return err
		}
	} else if o.Pattern != "" {
		return fmt.Errorf("pattern: is only for format regexp, and the format is %q", o.Format)
	}
	for key, s := range map[string]string{"multiline.start": o.Start, "multiline.end": o.End} {
		if _, err := regexp.Compile(s); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	if (o.Start != "" || o.End != "") && (o.Format == JSON || o.Format == CSV || o.Format == NDJSON) {
		return fmt.Errorf("multiline: format %s finds its own record ends: remove multiline", o.Format)
	}
	return nil
}

// Reader is a framer and a parser for one log.
type Reader struct {
	Format string
	framer Framer
	parser Parser
	cs     *charset
	csv    *csvParser
	sys    *syslogParser
}

// New makes a Reader. o.Format must not be Auto: see Detect.
func New(o Options) (*Reader, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	r := &Reader{Format: o.Format, framer: &lineFramer{}}
	r.cs, _ = newCharset(o.Encoding) // checked above
	if o.Start != "" || o.End != "" {
		r.framer = newMultiline(o.Start, o.End)
	}
	switch o.Format {
	case Combined:
		r.parser = &combinedParser{}
	case NDJSON:
		r.parser = ndjsonParser{}
	case JSON:
		r.parser, r.framer = jsonParser{}, &jsonFramer{}
	case CSV:
		r.csv = &csvParser{delim: o.Delimiter}
		r.parser, r.framer = r.csv, &csvFramer{p: r.csv}
	case Syslog:
		r.sys = newSyslog(o.Zone)
		r.parser = r.sys
	case Regexp:
		p, err := newRegexp(o.Pattern)
		if err != nil {
			return nil, err
		}
		r.parser = p
	case Raw:
		r.parser = rawParser{}
	default:
		return nil, fmt.Errorf("format: %q is not one to parse with", o.Format)
	}
	return r, nil
}

// NeedsHeader says that Begin wants the file's first record.
func (r *Reader) NeedsHeader() bool { return r.csv != nil }

// Verbatim says that Parse gives records as they are, not in dst.
func (r *Reader) Verbatim() bool { return r.Format == NDJSON }

// Open says that b, which holds no whole record, has the start of one that its
// own syntax will close: it waits however long that takes.
func (r *Reader) Open(b []byte) bool {
	return r.Format == JSON || r.Format == CSV && bytes.IndexByte(b, '\n') >= 0
}

// Begin starts a file. header is its first record, for the formats that need
// one, when reading does not start at the file's first byte; else nil.
// written is when the file was last written, which dates lines without a year.
func (r *Reader) Begin(header []byte, written time.Time) error {
	r.framer.Reset()
	r.Written(written)
	if r.csv == nil {
		return nil
	}
	r.csv.cols = r.csv.cols[:0]
	if header == nil {
		return nil
	}
	header, err := r.cs.decode(header)
	if err != nil {
		return err
	}
	return r.csv.header(header)
}

// Written says when the file was last written.
func (r *Reader) Written(t time.Time) {
	if r.sys != nil {
		r.sys.ref = t
	}
}

// Next frames: see Framer.
func (r *Reader) Next(b []byte, final bool) (rec []byte, n int) { return r.framer.Next(b, final) }

// Overlong frames: see Framer.
func (r *Reader) Overlong(b []byte) (n int, ended bool) { return r.framer.Overlong(b) }

// Parse gives rec as a JSON object; nil, nil for a record that carries no row
// (the header of a CSV file). See Parser.
func (r *Reader) Parse(dst, rec []byte) ([]byte, error) {
	rec, err := r.cs.decode(rec)
	if err != nil {
		return nil, err
	}
	return r.parser.Parse(dst, rec)
}

var errNotUTF8 = &Reason{"bytes that are not UTF-8: declare the file's encoding (cp949, euc-kr)"}

func checkUTF8(b []byte) error {
	if !utf8.Valid(b) {
		return errNotUTF8
	}
	return nil
}

type rawParser struct{}

func (rawParser) Parse(dst, rec []byte) ([]byte, error) {
	if err := checkUTF8(rec); err != nil {
		return nil, err
	}
	dst = append(dst, `{"line":`...)
	dst = appendString(dst, rec)
	return append(dst, '}'), nil
}
