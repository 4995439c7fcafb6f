package cli

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// confirm asks a person. A script cannot answer and must say --yes.
func (c *call) confirm(question string) error {
	if c.bool("yes") {
		return nil
	}
	if !isTerminal(c.in) {
		return c.wrong("%s Say --yes: there is nobody to ask", question)
	}
	const answerMax = 100
	fmt.Fprintf(c.err, "%s [y/N] ", question)
	answer, err := bufio.NewReader(io.LimitReader(c.in, answerMax)).ReadString('\n')
	if err != nil && answer == "" {
		return fmt.Errorf("read the answer: %w", err)
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return nil
	}
	c.note("nothing was done")
	return errFailed
}
