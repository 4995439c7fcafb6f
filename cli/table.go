package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"

	"maru/web/encode"
)

// Bounds of a table.
const (
	widthRows   = 500     // rows that decide how wide a column is
	widthBytes  = 8 << 20 // or this much text, if that is less
	cellShown   = 80      // columns of one cell on a terminal
	cellPrinted = 10_000  // elsewhere
)

// eastAsian counts Hangul and Han as two columns, whatever the locale says.
var eastAsian = &runewidth.Condition{StrictEmojiNeutral: true}

func width(s string) int { return eastAsian.StringWidth(s) }

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// cleanText shows control characters instead of obeying them: a value must
// not be able to drive the terminal.
func cleanText(s string) string {
	clean := true
	for _, c := range s {
		if unicode.IsControl(c) || c == utf8.RuneError || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069 {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, c := range s {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsControl(c):
			fmt.Fprintf(&b, `\x%02x`, c)
		case c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069: // these turn the direction of writing
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// cell is a value as it is shown.
type cell struct {
	text string
	null bool
}

// show gives the text of row i, and NULL so that no text looks like it.
func show(c encode.Cell, i int, most int) cell {
	if c.Null(i) {
		return cell{text: "NULL", null: true}
	}
	text := cleanText(string(c.Text(nil, i)))
	if text == "NULL" {
		text = "'NULL'"
	}
	if len(text) > most && width(text) > most {
		text = eastAsian.Truncate(text, most, "…")
	}
	return cell{text: text}
}

// layout is how a table is drawn.
type layout struct {
	w      *bufio.Writer
	names  []string
	right  []bool
	widths []int
	colour bool
}

// writeTable writes src as an aligned table. The first rows decide the widths;
// a later value that is wider pushes its row out of line.
func writeTable(out io.Writer, src encode.Source, terminal bool) error {
	l := newLayout(out, src, terminal)
	most := cellPrinted
	if terminal && len(l.names) > 1 {
		most = cellShown
	}
	var held [][]cell
	heldBytes, total, drawn := 0, 0, false
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, l.w.Flush())
		}
		cells := encode.Cells(rec)
		for k := range cells {
			l.right[k] = cells[k].Number()
		}
		for i := range int(rec.NumRows()) {
			row := make([]cell, len(cells))
			for k := range cells {
				row[k] = show(cells[k], i, most)
				heldBytes += len(row[k].text)
			}
			total++
			if drawn {
				l.row(row)
				continue
			}
			held = append(held, row)
			if len(held) >= widthRows || heldBytes > widthBytes {
				l.draw(held)
				held, drawn = nil, true
			}
		}
	}
	if !drawn {
		l.draw(held)
	}
	fmt.Fprintf(l.w, "(%s)\n", count(total, "row"))
	return l.w.Flush()
}

func newLayout(out io.Writer, src encode.Source, terminal bool) *layout {
	l := &layout{w: bufio.NewWriterSize(out, 64<<10), colour: terminal && os.Getenv("NO_COLOR") == ""}
	for _, f := range src.Schema().Fields() {
		name := cleanText(f.Name)
		l.names = append(l.names, name)
		l.widths = append(l.widths, width(name))
		l.right = append(l.right, false)
	}
	return l
}

// draw writes the head and the rows that decided about it.
func (l *layout) draw(rows [][]cell) {
	for _, r := range rows {
		for k, c := range r {
			l.widths[k] = max(l.widths[k], width(c.text))
		}
	}
	head := make([]cell, len(l.names))
	for k, n := range l.names {
		head[k] = cell{text: n}
	}
	l.row(head)
	for k, w := range l.widths {
		if k > 0 {
			l.w.WriteString("-+-")
		}
		l.w.WriteString(strings.Repeat("-", w))
	}
	l.w.WriteString("\n")
	for _, r := range rows {
		l.row(r)
	}
}

func (l *layout) row(cells []cell) {
	for k, c := range cells {
		if k > 0 {
			l.w.WriteString(" | ")
		}
		pad := max(0, l.widths[k]-width(c.text))
		if l.right[k] {
			l.w.WriteString(strings.Repeat(" ", pad))
		}
		l.value(c)
		if !l.right[k] && k < len(cells)-1 {
			l.w.WriteString(strings.Repeat(" ", pad))
		}
	}
	l.w.WriteString("\n")
}

func (l *layout) value(c cell) {
	if c.null && l.colour {
		l.w.WriteString("\x1b[2m" + c.text + "\x1b[0m")
		return
	}
	l.w.WriteString(c.text)
}

// writeExpanded writes one value a line.
func writeExpanded(out io.Writer, src encode.Source, terminal bool) error {
	l := newLayout(out, src, terminal)
	wide := 0
	for _, w := range l.widths {
		wide = max(wide, w)
	}
	total := 0
	for {
		rec, err := src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, l.w.Flush())
		}
		cells := encode.Cells(rec)
		for i := range int(rec.NumRows()) {
			total++
			fmt.Fprintf(l.w, "--- row %d\n", total)
			for k := range cells {
				fmt.Fprintf(l.w, "%s%s | ", l.names[k], strings.Repeat(" ", wide-l.widths[k]))
				l.value(show(cells[k], i, cellPrinted))
				l.w.WriteString("\n")
			}
		}
	}
	fmt.Fprintf(l.w, "(%s)\n", count(total, "row"))
	return l.w.Flush()
}

// grid prints rows of texts in aligned columns: lists of topics, streams.
func grid(w io.Writer, head []string, rows [][]string) {
	widths := make([]int, len(head))
	for _, r := range append([][]string{head}, rows...) {
		for k, c := range r {
			widths[k] = max(widths[k], width(c))
		}
	}
	for _, r := range append([][]string{head}, rows...) {
		var b strings.Builder
		for k, c := range r {
			b.WriteString(c)
			if k < len(r)-1 {
				b.WriteString(strings.Repeat(" ", widths[k]-width(c)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
