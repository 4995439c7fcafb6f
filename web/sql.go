package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"

	"maru"
	"maru/web/encode"
	"maru/web/internal/api"
)

// Media types of a result.
const (
	TypeArrow  = "application/vnd.apache.arrow.stream"
	TypeNDJSON = "application/x-ndjson"
	TypeCSV    = "text/csv"
	TypeJSON   = "application/json"
)

// ErrorTrailer carries the error of a result that broke off, as an ErrorInfo
// in JSON, to clients that sent "TE: trailers". Others see the connection cut.
const ErrorTrailer = "Maru-Error"

// format is one way to write a result. csv takes bom=1 of the query string.
type format struct {
	media string
	write func(io.Writer, encode.Source, *http.Request) error
}

// formats in the order in which they are preferred.
var formats = []format{
	{TypeJSON, func(w io.Writer, s encode.Source, _ *http.Request) error { return encode.JSON(w, s) }},
	{TypeArrow, func(w io.Writer, s encode.Source, _ *http.Request) error { return encode.Arrow(w, s) }},
	{TypeNDJSON, func(w io.Writer, s encode.Source, _ *http.Request) error { return encode.NDJSON(w, s) }},
	{TypeCSV, func(w io.Writer, s encode.Source, r *http.Request) error {
		return encode.CSV(w, s, encode.CSVStyle{BOM: r.URL.Query().Get("bom") == "1", Safe: r.URL.Query().Get("safe") == "1"})
	}},
}

// acceptMax bounds the entries of an Accept header that are looked at.
const acceptMax = 32

// negotiate picks the format that the client likes best (RFC 9110 12.5.1).
func negotiate(accept string) (format, error) {
	if strings.TrimSpace(accept) == "" {
		return formats[0], nil
	}
	best, bestQ := -1, 0.0
	for i, part := range strings.SplitN(accept, ",", acceptMax+1) {
		if i == acceptMax {
			break
		}
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			q, _ = strconv.ParseFloat(text, 64)
		}
		for f := range formats {
			if q > bestQ && matches(media, formats[f].media) {
				best, bestQ = f, q
				break
			}
		}
	}
	if best < 0 {
		return format{}, maru.Errorf(maru.Invalid, "accept %.200q: a result comes as %s, %s, %s or %s", accept, TypeArrow, TypeNDJSON, TypeCSV, TypeJSON)
	}
	return formats[best], nil
}

func matches(pattern, media string) bool {
	if major, ok := strings.CutSuffix(pattern, "/*"); ok {
		return major == "*" || strings.HasPrefix(media, major+"/")
	}
	return pattern == media
}

func (s *Server) sqlEndpoints(e *api.Endpoints) {
	e.Raw(api.Op{Method: "POST", Path: "/api/sql", ID: "sql", Summary: "Answer one statement, streamed", Tag: "sql", Role: api.Viewer, Stream: true, Body: QueryRequest{},
		Produces: []string{TypeJSON, TypeArrow, TypeNDJSON, TypeCSV}, Query: []api.Param{{Name: "bom", Doc: "1: CSV begins with a byte order mark"}}}, s.sql)
}

func (s *Server) sql(w http.ResponseWriter, r *http.Request) error {
	f, err := negotiate(strings.Join(r.Header.Values("Accept"), ","))
	if err != nil {
		return err
	}
	var req QueryRequest
	if err := readBody(r, &req, false); err != nil {
		return err
	}
	if err := req.validate(); err != nil {
		return err
	}
	if s.needs.Query == nil {
		return missing("the query engine")
	}
	ctx, cancel := context.WithTimeoutCause(r.Context(), s.cfg.SQLTimeout,
		maru.Errorf(maru.Timeout, "the statement took longer than %s", s.cfg.SQLTimeout))
	defer cancel()
	result, err := s.needs.Query.Run(ctx, req)
	if err != nil {
		return blame(ctx, s.starting(ctx, err))
	}
	defer result.Close()
	src := &ahead{QueryResult: result}
	if err := src.peek(); err != nil { // while the status can still say it
		return blame(ctx, err)
	}
	return s.send(w, r.WithContext(ctx), f, src)
}

func (q QueryRequest) validate() error {
	switch {
	case strings.TrimSpace(q.SQL) == "":
		return maru.Errorf(maru.Invalid, "sql is empty: send {\"sql\": \"SELECT …\"}")
	case len(q.SQL) > SQLBytesMax:
		return maru.Errorf(maru.TooLarge, "the statement has %d bytes, at most %d are allowed", len(q.SQL), SQLBytesMax)
	case q.MaxRows < 0:
		return maru.Errorf(maru.Invalid, "max_rows %d: use 0 (all) or more", q.MaxRows)
	case len(q.Roots) > rootsMax:
		return maru.Errorf(maru.TooLarge, "%d roots, at most %d are allowed", len(q.Roots), rootsMax)
	}
	for _, p := range append([]string{q.Dir}, q.Roots...) {
		if p == "" && p == q.Dir {
			continue
		}
		if len(p) > pathBytesMax || !filepath.IsAbs(p) || strings.ContainsRune(p, 0) {
			return maru.Errorf(maru.Invalid, "path %.200q: dir and roots must be absolute paths", p)
		}
	}
	return nil
}

// blame prefers the reason why ctx ended to the error it caused.
func blame(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		if cause := context.Cause(ctx); maru.KindOf(cause) == maru.Timeout {
			return cause
		}
	}
	return err
}

// send writes the result. An error in the middle goes into the trailer for
// those who take trailers; for others the answer is cut off.
func (s *Server) send(w http.ResponseWriter, r *http.Request, f format, src encode.Source) error {
	trailers := takesTrailers(r)
	contentType := f.media
	if f.media == TypeCSV {
		contentType += "; charset=utf-8; header=present"
	}
	w.Header().Set("Content-Type", contentType)
	if trailers {
		w.Header().Set("Trailer", ErrorTrailer)
	}
	err := f.write(w, src, r)
	if err == nil || !trailers {
		return err
	}
	info := api.InfoOf(blame(r.Context(), err))
	info.Message = strings.ToValidUTF8(info.Message[:min(len(info.Message), trailerMessageMax)], "")
	text, jsonErr := json.Marshal(info)
	if jsonErr != nil {
		return errors.Join(err, jsonErr)
	}
	w.Header().Set(ErrorTrailer, asciiJSON(text))
	return nil
}

func takesTrailers(r *http.Request) bool {
	for _, v := range r.Header.Values("TE") {
		for part := range strings.SplitSeq(v, ",") {
			if strings.EqualFold(strings.TrimSpace(part), "trailers") {
				return true
			}
		}
	}
	return false
}

// trailerMessageMax bounds the message in a trailer, in bytes.
const trailerMessageMax = 4 << 10

// asciiJSON escapes what a header field cannot carry.
func asciiJSON(text []byte) string {
	var b strings.Builder
	for _, c := range string(text) {
		switch {
		case c < utf8.RuneSelf:
			b.WriteRune(c)
		case c > 0xffff:
			hi, lo := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	return b.String()
}

// ahead is a result whose first batch has been fetched before anything is
// written.
type ahead struct {
	QueryResult
	first    arrow.RecordBatch
	firstErr error
	peeked   bool
}

func (a *ahead) peek() error {
	a.first, a.firstErr = a.QueryResult.Next()
	a.peeked = true
	if a.firstErr != nil && !errors.Is(a.firstErr, io.EOF) {
		return a.firstErr
	}
	return nil
}

func (a *ahead) Next() (arrow.RecordBatch, error) {
	if a.peeked {
		a.peeked = false
		return a.first, a.firstErr
	}
	return a.QueryResult.Next()
}
