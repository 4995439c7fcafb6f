package project

import (
	"reflect"
	"strings"

	"maru"
	"maru/project/internal/yamledit"
	"maru/spec"
)

// NewDashboard gives the text of a new dashboard's file; reading it gives
// d.Normal(). A dashboard with Problems is maru.Invalid.
func NewDashboard(d spec.Dashboard) ([]byte, error) {
	want, err := writable(d)
	if err != nil {
		return nil, err
	}
	return settle(want, func(implied func(string) bool) (string, error) {
		return string(yamledit.Write(dashboardTree(want, implied))), nil
	})
}

// EditDashboard changes the text of a dashboard's file so that reading it
// gives want.Normal(). Whatever says the same as before stays as it is
// written: comments, order, quoting, block or flow style. Tiles are known by
// their ID, filters by their name. A text that cannot be read as a dashboard
// is maru.Conflict: somebody has to mend it by hand, and nothing is lost; a
// want with Problems is maru.Invalid.
func EditDashboard(old []byte, want spec.Dashboard) ([]byte, error) {
	want, err := writable(want)
	if err != nil {
		return nil, err
	}
	was, problems := ParseDashboard(want.Name, old)
	if len(problems) > 0 {
		return nil, maru.Errorf(maru.Conflict, "the file has to be mended first: %w", problems[0])
	}
	bom, text := cutBOM(string(old))
	crlf := strings.Contains(text, "\r\n")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if sameDashboard(was, want) {
		return old, nil
	}
	before := dashboardTree(was, func(string) bool { return true })
	edited, err := settle(want, func(implied func(string) bool) (string, error) {
		return yamledit.Edit(text, before, dashboardTree(want, implied))
	})
	if err != nil { // written in a way that cannot be changed in place
		edited, err = settle(want, func(implied func(string) bool) (string, error) {
			return head(text) + string(yamledit.Write(dashboardTree(want, implied))), nil
		})
	}
	if err != nil {
		return nil, err
	}
	if crlf {
		edited = []byte(strings.ReplaceAll(string(edited), "\n", "\r\n"))
	}
	if edited = append([]byte(bom), edited...); len(edited) > definitionBytesMax {
		return nil, tooLong(len(edited))
	}
	return edited, nil
}

// writable is d in normal form, if it may be written.
func writable(d spec.Dashboard) (spec.Dashboard, error) {
	if problems := d.Problems(); len(problems) > 0 {
		return d, maru.Errorf(maru.Invalid, "%s", strings.TrimPrefix(problems[0].Error(), problems[0].File+": "))
	}
	return d.Normal(), nil
}

func tooLong(n int) error {
	return maru.Errorf(maru.TooLarge, "the dashboard would have %d bytes, at most %d are allowed: take tiles away or shorten SQL", n, definitionBytesMax)
}

// settle writes until the text reads as d. The ids of tiles are left out as
// long as reading makes the same ones.
func settle(d spec.Dashboard, write func(implied func(id string) bool) (string, error)) ([]byte, error) {
	forced := map[string]bool{}
	for range 3 {
		text, err := write(func(id string) bool { return !forced[id] })
		if err != nil {
			return nil, err
		}
		if len(text) > definitionBytesMax {
			return nil, tooLong(len(text))
		}
		got, problems := ParseDashboard(d.Name, []byte(text))
		if len(problems) == 0 && sameDashboard(got, d) {
			return []byte(text), nil
		}
		all := len(forced) > 0 || len(got.Tiles) != len(d.Tiles)
		for i, t := range d.Tiles {
			if all || got.Tiles[i].ID != t.ID {
				forced[t.ID] = true
			}
		}
		if len(forced) == 0 {
			break
		}
	}
	return nil, maru.Errorf(maru.Internal, "the dashboard's text would not read as what was asked for")
}

// sameDashboard compares two in normal form, wherever they came from.
func sameDashboard(a, b spec.Dashboard) bool {
	a.Name, a.File, b.Name, b.File = "", "", "", ""
	return reflect.DeepEqual(a, b)
}

// head is the comments a file begins with.
func head(text string) string {
	n := 0
	for line := range strings.Lines(text) {
		if t := strings.TrimSpace(line); t != "" && t[0] != '#' || !strings.HasSuffix(line, "\n") {
			break
		}
		n += len(line)
	}
	return text[:n]
}

func cutBOM(s string) (bom, rest string) {
	const mark = "\ufeff"
	if strings.HasPrefix(s, mark) {
		return mark, s[len(mark):]
	}
	return "", s
}
