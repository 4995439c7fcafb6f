package cli

import (
	"fmt"
	"strings"

	"maru/web"
)

// caretTextMax bounds the part of a line that is shown, in columns.
const caretTextMax = 120

// caret prints an error and, where its place is known, the line with a mark
// under it. The places count within the statement.
func caret(e web.ErrorInfo, st statement) string {
	var b strings.Builder
	b.WriteString("error: " + cleanLines(e.Message) + "\n")
	lines := strings.Split(st.text, "\n")
	if e.Line >= 1 && e.Line <= len(lines) {
		shown, at := window([]rune(strings.TrimRight(lines[e.Line-1], "\r")), e.Column)
		lead := fmt.Sprintf("%4d | ", e.Line+st.line-1)
		fmt.Fprintf(&b, "%s%s\n", lead, shown)
		if e.Column >= 1 {
			fmt.Fprintf(&b, "%s%s^\n", strings.Repeat(" ", len(lead)), strings.Repeat(" ", at))
		}
	}
	if e.Hint != "" {
		b.WriteString("hint: " + cleanText(e.Hint) + "\n")
	}
	return b.String()
}

// cleanLines is cleanText that keeps the lines of a message.
func cleanLines(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	for i := range lines {
		lines[i] = cleanText(strings.TrimRight(lines[i], "\r"))
	}
	return strings.Join(lines, "\n")
}

// window cuts a long line around column, and says how many terminal columns
// stand before it.
func window(line []rune, column int) (shown string, before int) {
	at := min(max(column-1, 0), len(line))
	from := 0
	if at > caretTextMax*2/3 {
		from = at - caretTextMax/2
	}
	to := min(len(line), from+caretTextMax)
	text, lead := cleanText(string(line[from:to])), cleanText(string(line[from:at]))
	if from > 0 {
		text, lead = "…"+text, "…"+lead
	}
	if to < len(line) {
		text += "…"
	}
	return text, width(lead)
}
