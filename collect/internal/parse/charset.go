package parse

import (
	"bytes"
	"fmt"
	"strings"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/transform"
)

// charset decodes a declared encoding to UTF-8; nil is UTF-8 itself. Framing
// happens before decoding: in EUC-KR and CP949 no second byte is below 0x41,
// none is a quote, a comma, a newline or a bracket.
type charset struct {
	dec transform.Transformer
	buf []byte
}

func newCharset(name string) (*charset, error) {
	switch strings.ToLower(name) {
	case "", "utf-8", "utf8":
		return nil, nil
	case "cp949", "euc-kr", "euckr", "uhc", "ms949":
		return &charset{dec: korean.EUCKR.NewDecoder()}, nil
	}
	return nil, fmt.Errorf("encoding: %q is not known: use utf-8, cp949 or euc-kr", name)
}

var replacement = []byte("\uFFFD")

func (c *charset) decode(b []byte) ([]byte, error) {
	if c == nil {
		return b, nil
	}
	if need := 3*len(b) + 16; cap(c.buf) < need {
		c.buf = make([]byte, need)
	}
	c.dec.Reset()
	n, _, err := c.dec.Transform(c.buf[:cap(c.buf)], b, true)
	// CP949 has no U+FFFD, so one in the output stands for bytes that are no
	// character.
	if err != nil || bytes.Contains(c.buf[:n], replacement) {
		return nil, reasonf("bytes that are no CP949 (EUC-KR) characters: check the file's encoding")
	}
	return c.buf[:n], nil
}
