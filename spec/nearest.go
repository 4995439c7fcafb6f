package spec

import "strings"

// suggestLenMax bounds the words that are compared, so that a line pasted by
// mistake costs nothing.
const suggestLenMax = 64

// Nearest gives the candidate that word was probably meant to be, or "" when
// none is close: at most one slip in three letters.
func Nearest(word string, candidates []string) string {
	w := strings.ToLower(word)
	if w == "" || len(w) > suggestLenMax {
		return ""
	}
	best, bestAway := "", max(1, len(w)/3)+1
	for _, c := range candidates {
		if len(c) > suggestLenMax {
			continue
		}
		if away := slips(w, strings.ToLower(c)); away < bestAway {
			best, bestAway = c, away
		}
	}
	return best
}

// DidYouMean is Nearest as a hint; without a near one it lists all, if few.
func DidYouMean(word string, candidates []string) string {
	const listMax = 16
	if n := Nearest(word, candidates); n != "" {
		return "did you mean " + n + "?"
	}
	if len(candidates) <= listMax {
		return "use " + strings.Join(candidates, ", ")
	}
	return ""
}

// slips counts the letters to add, drop, change, or swap with their
// neighbour (optimal string alignment).
func slips(a, b string) int {
	older, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			change := prev[j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, prev, cur = prev, cur, older
	}
	return prev[len(b)]
}
