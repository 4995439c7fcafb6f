package param_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/web/internal/param"
)

func TestBind(t *testing.T) {
	values := map[string]any{"a": "x' OR 1=1 --", "b": 2, "이름": nil}
	for _, c := range []struct {
		sql, want string
		args      []any
	}{
		{"SELECT 1", "SELECT 1", nil},
		{"SELECT {{a}}, {{ b }}, {{a}}", "SELECT $1   , $2     , $1   ", []any{values["a"], 2}},
		{"SELECT {{이름}} -- {{a}}", "SELECT $1     -- {{a}}", []any{nil}},
		{"SELECT '{{a}} '' {{a}}', \"{{a}}\", {{b}}", "SELECT '{{a}} '' {{a}}', \"{{a}}\", $1   ", []any{2}},
		{"SELECT E'\\'{{a}}', {{b}}", "SELECT E'\\'{{a}}', $1   ", []any{2}},
		{"SELECT $x${{a}}$x$, {{b}} /* {{a}} */", "SELECT $x${{a}}$x$, $1    /* {{a}} */", []any{2}},
		{"SELECT {'a': {'b': 1}}", "SELECT {'a': {'b': 1}}", nil},
		{"SELECT $1", "SELECT $1", nil},
		{"SELECT 'open {{a}}", "SELECT 'open {{a}}", nil},
	} {
		got, args, err := param.Bind(c.sql, values)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v, wanted %q", c.sql, got, err, c.want)
		}
		if d := cmp.Diff(c.args, args); d != "" {
			t.Errorf("%s: %s", c.sql, d)
		}
	}
}

func TestRefused(t *testing.T) {
	for sql, want := range map[string][2]int{"SELECT\n  {{none}}": {2, 3}, "SELECT {{a": {1, 8}, "SELECT '한', {{a b}}": {1, 13}, "{{}}": {1, 1}} {
		_, _, err := param.Bind(sql, nil)
		var p *param.Error
		if !errors.As(err, &p) || maru.KindOf(err) != maru.Invalid || [2]int{p.Line, p.Column} != want {
			t.Errorf("%q: %+v, wanted it at %v", sql, err, want)
		}
	}
	if _, _, err := param.Bind("SELECT {{a}}, $1", map[string]any{"a": 1}); maru.KindOf(err) != maru.Invalid {
		t.Errorf("both kinds: %v", err)
	}
}

func TestFind(t *testing.T) {
	got, err := param.Find("SELECT {{b}},\n{{a}}, {{b}}")
	if d := cmp.Diff([]param.Param{{Name: "b", Line: 1, Column: 8}, {Name: "a", Line: 2, Column: 1}}, got); d != "" || err != nil {
		t.Error(d, err)
	}
}

// FuzzBind: whatever is not a parameter stays where it is.
func FuzzBind(f *testing.F) {
	f.Add("SELECT {{a}} '{{' $$ {{b}}")
	f.Fuzz(func(t *testing.T, sql string) {
		found, err := param.Find(sql)
		if err != nil {
			return
		}
		values := map[string]any{}
		for _, p := range found {
			values[p.Name] = p.Line
		}
		bound, args, err := param.Bind(sql, values)
		if err != nil {
			return
		}
		if len(args) != len(found) || utf8.ValidString(sql) && utf8.RuneCountInString(bound) != utf8.RuneCountInString(sql) {
			t.Errorf("%q became %q with %d values", sql, bound, len(args))
		}
	})
}
