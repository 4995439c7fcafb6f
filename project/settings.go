package project

import (
	"net"
	"strconv"
	"strings"
	"time"

	"maru"
)

// SettingsFile is the file that makes a folder a project.
const SettingsFile = "maru.yaml"

// bootstrapMax bounds the addresses of a broker.
const bootstrapMax = 16

// settings is what SettingsFile says.
type settings struct {
	name     string
	timeZone string
	broker   Broker
	defaults Defaults
	ignore   []string // top folders that are not the project's business
}

func newSettings(name string) settings {
	return settings{name: name, timeZone: "UTC", broker: Broker{Durability: "fsync"}, defaults: Defaults{
		Partitions: DefaultPartitions, Retention: DefaultRetention, Watermark: DefaultWatermark, Idle: DefaultIdle}}
}

func (r *reader) settings(text []byte, s *settings) {
	r.document(text, fields{
		"name": func(v value) {
			if t, ok := v.text(); ok {
				if err := maru.CheckName(t); err != nil {
					v.r.fail(v.at, "", "%v", err)
					return
				}
				s.name = t
			}
		},
		"time_zone": func(v value) { v.timeZone(&s.timeZone) },
		"broker":    func(v value) { v.broker(&s.broker) },
		"defaults":  func(v value) { v.defaults(&s.defaults) },
		"ignore": func(v value) {
			s.ignore = v.words(100)
			for _, f := range s.ignore {
				if f == "" || f == "." || f == ".." || strings.ContainsAny(f, `/\`) {
					v.fail("name folders that stand beside "+SettingsFile, "%q is no name of a folder", f)
				}
			}
		},
	})
}

func (v value) timeZone(to *string) {
	t, ok := v.text()
	if !ok {
		return
	}
	if _, err := time.LoadLocation(t); err != nil || t == "" || t == "Local" {
		v.fail("use a name like UTC, Asia/Seoul or Europe/Berlin", "%q is not known", t)
		return
	}
	*to = t
}

func (v value) broker(b *Broker) {
	v.mapping(fields{
		"bootstrap": func(v value) {
			ws := v.words(bootstrapMax)
			addrs := strings.Split(strings.Join(ws, ","), ",")
			for i, a := range addrs {
				addrs[i] = strings.TrimSpace(a)
				if err := checkAddress(addrs[i]); err != "" {
					v.fail("write host:port", "%q %s", addrs[i], err)
					return
				}
			}
			b.Bootstrap = strings.Join(addrs, ",")
		},
		"durability": func(v value) {
			if t, ok := v.oneOf("fsync", "os"); ok {
				b.Durability = t
			}
		},
	})
}

func checkAddress(a string) string {
	host, port, err := net.SplitHostPort(a)
	if err != nil || host == "" {
		return "is no address"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "has no port from 1 to 65535"
	}
	return ""
}

func (v value) defaults(d *Defaults) {
	v.mapping(fields{
		"partitions":      func(v value) { v.partitions(&d.Partitions) },
		"retention":       func(v value) { v.setDuration(&d.Retention, time.Second, true) },
		"retention_bytes": func(v value) { v.setSize(&d.RetentionBytes) },
		"watermark":       func(v value) { v.setDuration(&d.Watermark, 0, false) },
		"idle":            func(v value) { v.setDuration(&d.Idle, time.Millisecond, true) },
	})
}

// partitionsMax bounds the partitions of one topic.
const partitionsMax = 1000

func (v value) partitions(to *int) {
	if n, ok := v.integer(1, partitionsMax); ok {
		*to = int(n)
	}
}

func (v value) setDuration(to *time.Duration, least time.Duration, forever bool) {
	if d, ok := v.duration(least, forever); ok {
		*to = d
	}
}

func (v value) setSize(to *int64) {
	if n, ok := v.size(); ok {
		*to = n
	}
}
