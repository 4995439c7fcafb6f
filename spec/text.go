package spec

import (
	"bytes"
	"encoding/json"
)

// Text is words for people: the same in every language, or one for each. In
// JSON and YAML it is a text, or {en, ko}.
type Text struct {
	All string // in every language; the others are empty then
	En  string
	Ko  string
}

// In is the text in a language; in another one when that has none.
func (t Text) In(lang string) string {
	switch {
	case t.All != "":
		return t.All
	case lang == "ko" && t.Ko != "" || t.En == "":
		return t.Ko
	}
	return t.En
}

type textByLanguage struct {
	En string `json:"en,omitempty"`
	Ko string `json:"ko,omitempty"`
}

// MarshalJSON writes a text, or {en, ko}.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.All != "" || t.En == "" && t.Ko == "" {
		return json.Marshal(t.All)
	}
	return json.Marshal(textByLanguage{t.En, t.Ko})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = Text{}
	if b = bytes.TrimSpace(b); len(b) > 0 && b[0] != '{' {
		return json.Unmarshal(b, &t.All)
	}
	var by textByLanguage
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&by); err != nil {
		return err
	}
	t.En, t.Ko = by.En, by.Ko
	return nil
}

func (t Text) normal() Text {
	t = Text{tidy(t.All), tidy(t.En), tidy(t.Ko)}
	if t.All != "" {
		t.En, t.Ko = "", ""
	}
	return t
}
