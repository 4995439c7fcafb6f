package maru

import (
	"fmt"
	"strings"
)

// NameMax bounds the name of anything in a project, in bytes.
const NameMax = 100

// TopicNameMax is Kafka's bound on a topic's name, in bytes
// (org.apache.kafka.common.internals.Topic).
const TopicNameMax = 249

// CheckName says whether s may name a project object (stream, seed,
// collector): [a-z][a-z0-9_]*, at most NameMax bytes.
func CheckName(s string) error {
	if s == "" {
		return fmt.Errorf("a name is empty: use lower-case letters, digits and _")
	}
	if len(s) > NameMax {
		return fmt.Errorf("name %.20q… is %d bytes long, at most %d are allowed", s, len(s), NameMax)
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '_') {
			continue
		}
		return fmt.Errorf("name %q: byte %d (%q) is not allowed: start with a-z, go on with a-z, 0-9 and _", s, i+1, c)
	}
	return nil
}

// CheckTopicName says whether Kafka would take s as a topic: [a-zA-Z0-9._-]+,
// at most TopicNameMax bytes, neither "." nor "..".
func CheckTopicName(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("a topic's name is empty")
	case s == "." || s == "..":
		return fmt.Errorf("a topic cannot be called %q", s)
	case len(s) > TopicNameMax:
		return fmt.Errorf("topic name %.20q… is %d bytes long, at most %d are allowed", s, len(s), TopicNameMax)
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '.' || c == '_' || c == '-' {
			continue
		}
		return fmt.Errorf("topic name %q: byte %d (%q) is not allowed: use letters, digits, '.', '_' and '-'", s, i+1, c)
	}
	return nil
}

// Quote writes s as a quoted SQL identifier.
func Quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// Literal writes s as a SQL string literal.
func Literal(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }
