package spec_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"maru"
	"maru/spec"
)

func TestBind(t *testing.T) {
	values := map[string]any{"a": 1, "b": "x' OR 1=1 --", "from": nil}
	for sql, want := range map[string]struct {
		bound  string
		params []any
		broken string
	}{
		"SELECT 1":                           {"SELECT 1", nil, ""},
		"SELECT {{a}}, {{ b }}, {{a}}":       {"SELECT  $1  ,  $2    ,  $1  ", []any{1, "x' OR 1=1 --"}, ""},
		"{{from}}":                           {" $1     ", []any{nil}, ""},
		"x{{a}}1{{a}}{{b}}":                  {"x $1  1 $1   $2  ", []any{1, "x' OR 1=1 --"}, ""},
		"'{{a}}' \"{{a}}\" 'it''s {{a}}'":    {"'{{a}}' \"{{a}}\" 'it''s {{a}}'", nil, ""},
		"E'\\'{{a}}' {{a}}":                  {"E'\\'{{a}}'  $1  ", []any{1}, ""},
		"'\\' || {{a}}":                      {"'\\' ||  $1  ", []any{1}, ""},
		"$$ {{a}} $$ $t$ {{a}} $$ $t$ {{a}}": {"$$ {{a}} $$ $t$ {{a}} $$ $t$  $1  ", []any{1}, ""},
		"-- {{a}}\n{{a}}":                    {"-- {{a}}\n $1  ", []any{1}, ""},
		"/* /* {{a}} */ {{a}} */ {{a}}":      {"/* /* {{a}} */ {{a}} */  $1  ", []any{1}, ""},
		"a$$b {{a}}":                         {"a$$b  $1  ", []any{1}, ""},
		"MAP {{'k': 1}: 2}, {x: {y: {{a}}}}": {"MAP {{'k': 1}: 2}, {x: {y:  $1  }}", []any{1}, ""},
		"'open {{a}}":                        {"'open {{a}}", nil, ""},
		"SELECT\n  {{nothing}}":              {"", nil, "{{nothing}} has no value"},
		"SELECT {{a b}}":                     {"", nil, "{{a b}} is no parameter"},
		"SELECT $1":                          {"", nil, "$1 is no parameter"},
		"SELECT {{}}":                        {"", nil, "{{}} is no parameter"},
	} {
		bound, params, err := spec.Bind(sql, values)
		if want.broken != "" {
			if maru.KindOf(err) != maru.Invalid || !strings.Contains(err.Error(), want.broken) {
				t.Errorf("%s: %v", sql, err)
			}
			continue
		}
		if err != nil || bound != want.bound || !cmp.Equal(params, want.params) {
			t.Errorf("%s: got %q %v %v", sql, bound, params, err)
		}
	}
}

func TestBindSaysWhere(t *testing.T) {
	_, _, err := spec.Bind("SELECT '한'\n, 'ü', {{nothing}}", nil)
	var placed interface{ Place() (int, int, string) }
	if !errors.As(err, &placed) {
		t.Fatal(err)
	}
	if line, column, hint := placed.Place(); line != 2 || column != 8 || hint == "" {
		t.Error(line, column, hint)
	}
}

func TestParams(t *testing.T) {
	got := spec.Params("SELECT '한', {{a}}\n -- {{b}}\n, {{ c }}")
	want := []spec.Param{{Name: "a", Line: 1, Column: 13}, {Name: "c", Line: 3, Column: 3}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzBind holds that binding changes nothing but the parameters: all else
// stays at its place, and a value never gets into the text.
func FuzzBind(f *testing.F) {
	for _, s := range []string{"SELECT {{a}}", "'{{a}}'{{b}}", "$x$ {{a}} $x$", "/* {{a}} /* */ */ {{a}}", "E'\\'' {{a}}", "a{{a}}1", "--{{a}}\n{{a}}", "$$ {{a}}"} {
		f.Add(s)
	}
	const secret = "\x01value\x01"
	f.Fuzz(func(t *testing.T, sql string) {
		values := map[string]any{}
		found := spec.Params(sql)
		for _, p := range found {
			values[p.Name] = secret
		}
		bound, params, err := spec.Bind(sql, values)
		if err != nil {
			if k := maru.KindOf(err); k != maru.Invalid && k != maru.TooLarge {
				t.Fatal(err)
			}
			return
		}
		if len(bound) != len(sql) || strings.Contains(bound, secret) && !strings.Contains(sql, secret) || len(params) != len(values) {
			t.Fatalf("%q → %q %d", sql, bound, len(params))
		}
		if left := spec.Params(bound); len(left) > 0 {
			t.Fatalf("%q → %q still has %v", sql, bound, left)
		}
		changed := 0
		for i := 0; i < len(sql); {
			if sql[i] == bound[i] {
				i++
				continue
			}
			end := i + strings.Index(sql[i:], "}}") + 2
			if !strings.HasPrefix(sql[i:], "{{") || !strings.HasPrefix(bound[i:], " $") || strings.Trim(bound[i+2:end], "0123456789 ") != "" {
				t.Fatalf("%q → %q at %d", sql, bound, i)
			}
			changed++
			i = end
		}
		if changed != len(found) {
			t.Fatalf("%q → %q: %d of %d replaced", sql, bound, changed, len(found))
		}
	})
}
