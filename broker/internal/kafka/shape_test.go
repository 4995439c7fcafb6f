package kafka

import (
	"encoding/binary"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fill sets everything in a kmsg request: two elements in every slice, no
// pointer null, no field zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Version" && name != "UnknownTags" {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fallthrough
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.String:
		v.SetString("word")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Uint8:
		v.SetUint(7)
	default:
		v.SetInt(5)
	}
}

// Every shape is the shape that kmsg writes, to the last byte, and no shorter
// request has it.
func TestShapes(t *testing.T) {
	for _, a := range apis {
		if a.key == produceAPI.key {
			continue
		}
		for v := a.min; v <= a.max; v++ {
			for _, full := range []bool{true, false} {
				req := kmsg.RequestForKey(a.key)
				if full {
					fill(reflect.ValueOf(req).Elem())
				}
				req.SetVersion(v)
				b := req.AppendTo(nil)
				w := walker{cursor: cursor{b: b}, version: v, flexible: req.IsFlexible()}
				if w.fields(shapes[a.key], true); w.bad || len(w.b) != 0 {
					t.Errorf("%s version %d (full %v): bad %v, %d of %d bytes left", kmsg.NameForKey(a.key), v, full, w.bad, len(w.b), len(b))
				}
				for n := range b {
					if err := shapes[a.key].check(slices.Clone(b[:n]), v, req.IsFlexible()); !errors.Is(err, errShort) {
						t.Fatalf("%s version %d cut to %d of %d bytes: %v", kmsg.NameForKey(a.key), v, n, len(b), err)
					}
				}
			}
		}
	}
}

// A few bytes that claim billions of tags or elements are refused at once.
func TestClaimsAreNotBelieved(t *testing.T) {
	s := newServer(t, Config{})
	many := make([]byte, 0, 2_000_000)
	many = binary.AppendUvarint(append(many, 0, 42, 0, 2, 0, 0, 0, 1, 0xff, 0xff, 0), 600_001)
	for name, frame := range map[string][]byte{
		"tags":          []byte("\x00*\x00\x02\x00\x00\x00\x01\x00\x01c\x00\x00\xff\xff\xff\xff\x0f\x00\xff"),
		"header tags":   []byte("\x00*\x00\x02\x00\x00\x00\x01\x00\x01c\xff\xff\xff\xff\x0f\x00\xff"),
		"elements":      append(many, make([]byte, 600_001)...),
		"tag in a tag":  append([]byte("\x00\x01\x00\x12\x00\x00\x00\x01\x00\x01c\x00"), fetchWithInnerTags()...),
		"produce array": []byte("\x00\x00\x00\x09\x00\x00\x00\x01\x00\x01c\x00\x00\xff\xff\x00\x00\x00\x01\xff\xff\xff\xff\x07"),
	} {
		c := newConn(s, nowhere{})
		began := time.Now()
		if err := s.start(&call{c: c, s: s, frame: frame}); err == nil {
			t.Errorf("%s: taken", name)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("%s: refused after %s", name, took)
		}
	}
}

// fetchWithInnerTags hides a count of tags in the tagged replica state.
func fetchWithInnerTags() []byte {
	req := kmsg.NewPtrFetchRequest()
	req.Version = 18
	b := req.AppendTo(nil)
	b = b[:len(b)-1] // no tags
	inner := append(make([]byte, 12), 0xff, 0xff, 0xff, 0xff, 0x0f)
	return append(append(b, 1, 1, byte(len(inner))), inner...)
}
