package jsonrow_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"maru/jsonrow"
)

func TestParseTime(t *testing.T) {
	at := func(ms int, east int) time.Time {
		return time.Date(2015, 5, 17, 10, 5, 3, ms*1e6, time.FixedZone("", east*60))
	}
	midnight := time.Date(2015, 5, 17, 0, 0, 0, 0, time.UTC)
	for in, want := range map[string]time.Time{
		"2015-05-17T10:05:03Z": at(0, 0), "2015-05-17 10:05:03": at(0, 0), "2015-05-17T10:05:03.123Z": at(123, 0), "2015-05-17 10:05:03,123": at(123, 0),
		"2015-05-17T10:05:03.123456789+09:00": at(123, 540).Add(456 * time.Microsecond), "2015-05-17T10:05:03-0330": at(0, -210), "2015-05-17 10:05:03+09": at(0, 540),
		"2015-05-17 10:05:03 UTC": at(0, 0), "2015-05-17 10:05:03.5 +0900": at(500, 540), "2015/05/17 10:05:03": at(0, 0), "2015-05-17t10:05:03z": at(0, 0),
		"2015-05-17T10:05Z": at(0, 0).Add(-3 * time.Second), "2015-05-17 10:05": at(0, 0).Add(-3 * time.Second), "2015-05-17": midnight, "2015/05/17": midnight, " 2015-05-17 ": midnight,
		"20150517T100503Z": at(0, 0), "20150517T100503.123+0900": at(123, 540), "17/May/2015:10:05:03 +0000": at(0, 0), "[17/May/2015:10:05:03.123 +0900]": at(123, 540),
		"17/may/2015:10:05:03": at(0, 0), "Sun, 17 May 2015 10:05:03 GMT": at(0, 0), "Sun, 17 May 2015 10:05:03 +0900": at(0, 540), "17 May 2015 10:05:03": at(0, 0),
		"Sunday, 17-May-15 10:05:03 GMT": at(0, 0), "Sun May 17 10:05:03 2015": at(0, 0), "Sun May 17 10:05:03.123456 2015": at(123, 0).Add(456 * time.Microsecond),
		"Sun May 17 10:05:03 UTC 2015": at(0, 0), "Sun May 17 10:05:03 +0000 2015": at(0, 0), "May 17, 2015 10:05:03 AM": at(0, 0), "May 17, 2015 10:05:03 PM": at(0, 0).Add(12 * time.Hour),
		"May 17, 2015 12:05:03 AM": at(0, 0).Add(-10 * time.Hour), "May 17, 2015": midnight, "17 May 2015": midnight, "17-May-2015 10:05:03": at(0, 0),
		"2016-02-29": time.Date(2016, 2, 29, 0, 0, 0, 0, time.UTC), "0000-01-01": time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), "9999-12-31T23:59:59.999999Z": time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		"1969-12-31T23:59:59.999Z": time.UnixMilli(-1),
	} {
		got, ok := jsonrow.ParseTime([]byte(in))
		if !ok || got != want.UnixMicro() {
			t.Errorf("%q is %v %v, want %v", in, time.UnixMicro(got).UTC(), ok, want.UTC())
		}
	}
	for _, in := range []string{"", "x", "2015", "20150517", "2015-5-17", "2015-13-01", "2015-00-01", "2015-02-29", "1900-02-29", "2015-04-31", "2015-05-17T", "2015-05-17T24:00:00Z", "2015-05-17T10:60:00Z",
		"2015-05-17T10:05:60Z", "2015-05-17T10:05:03.Z", "2015-05-17T10:05:03 KST", "2015-05-17T10:05:03+9", "2015-05-17T10:05:03+24:00", "2015-05-17T10:05:03+09:60", "2015-05-17T10:05:03Zx", "2015-05-17 10:05:03 +09:00 x",
		"2015-05/17", "2015.05.17", "17/May/2015", "17/Mai/2015:10:05:03 +0000", "32/May/2015:10:05:03 +0000", "Sun, 17 May 10:05:03", "May 17, 2015 13:05:03 PM", "May 17, 2015 PM", "May May 17 2015",
		"17 May 2015 10:05:03 KST", "2015-05-17T1:05:03Z", "10:05:03", "1431857103", "abc 2015", "2015-05-17T10:05:0:", "2015-05-17T10:05:03++9:00", "２０15-05-17", "-015-05-17", "May 17, 2015 10:05:03Z AM PM",
		"2015-05-17 10:05:03 2015-05-17 10:05:03 2015-05-17 10:05:03 2015-05-17 10:05:03"} {
		if got, ok := jsonrow.ParseTime([]byte(in)); ok {
			t.Errorf("%q was taken as %v", in, time.UnixMicro(got).UTC())
		}
	}
}

// TestParseTimeLikeGo writes random times in every layout that package time
// can write, and reads them back.
func TestParseTimeLikeGo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	layouts := []string{time.RFC3339Nano, time.RFC3339, "2006-01-02 15:04:05.000000", "2006-01-02T15:04:05.000-0700", "2006/01/02 15:04:05", "02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05.000 -0700",
		time.RFC1123Z, time.ANSIC, time.RubyDate, "January 2, 2006 3:04:05 PM", "20060102T150405.000Z0700", time.DateOnly, "2 Jan 2006 15:04:05 -0700"}
	for range 20_000 {
		when := time.Unix(rng.Int64N(253402300799+62135596800)-62135596800, rng.Int64N(1e9)).UTC()
		layout := layouts[rng.IntN(len(layouts))]
		if zone := rng.IntN(24*60) - 12*60; rng.IntN(2) == 0 && when.Year() > 1 && when.Year() < 9999 {
			when = when.In(time.FixedZone("", zone*60))
		}
		text := when.Format(layout)
		want, err := time.Parse(layout, text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := jsonrow.ParseTime([]byte(text))
		hour12 := layout == "January 2, 2006 3:04:05 PM" && when.Hour()%12 != 0 && when.Hour()%12 < 10
		if ok != !hour12 || ok && got != want.UnixMicro() {
			t.Fatalf("%q is %v %v, want %v", text, time.UnixMicro(got).UTC(), ok, want.UTC())
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2015-05-17T10:05:03.123Z", "17/May/2015:10:05:03 +0000", "Sunday, 17-May-15 10:05:03 GMT", "May 17, 2015 10:05:03 AM", "20150517T100503Z"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		us, ok := jsonrow.ParseTime(b)
		if !ok {
			return
		}
		when := time.UnixMicro(us).UTC()
		if when.Year() < -1 || when.Year() > 10000 {
			t.Fatalf("%q is %v", b, when)
		}
		if want, err := time.Parse(time.RFC3339Nano, string(b)); err == nil && want.UnixMicro() != us {
			t.Fatalf("%q is %v, package time says %v", b, when, want)
		}
		if y := when.Year(); y >= 0 && y <= 9999 {
			again, ok := jsonrow.ParseTime([]byte(when.Format("2006-01-02T15:04:05.000000Z")))
			if !ok || again != us {
				t.Fatalf("%q: %d came back as %d", b, us, again)
			}
		}
	})
}

func ExampleParseTime() {
	us, ok := jsonrow.ParseTime([]byte("17/May/2015:19:05:03 +0900"))
	fmt.Println(time.UnixMicro(us).UTC(), ok)
	// Output: 2015-05-17 10:05:03 +0000 UTC true
}
