package project

import (
	"slices"
	"strings"

	"maru/spec"
)

// Problem is one thing wrong with a project. It keeps out only its File.
type Problem = spec.Problem

func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
}
