package password

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"maru"
)

// The bounds of a password, in characters.
const (
	LengthMin = 10
	LengthMax = 200
)

// distinctMin is how many different characters it has.
const distinctMin = 5

// worstWords are guessed first. A password is one of them, too, with any
// digits and punctuation behind it: that is how people make them long enough.
// Among them Korean typed with the keyboard in English: dkssudgktpdy is
// "hello", qlalfqjsgh "password", tkfkdgo "love you".
const worstWords = `
password passw0rd p@ssw0rd p@ssword passwd pass passphrase secret changeme changethis default letmein welcome
admin administrator adminadmin root rootroot toor user guest test tester testtest demo maru marumaru login master
qwerty qwertyuiop qwertyui qwertyqwerty asdfghjkl asdfasdf zxcvbnm qwerasdf qwerasdfzxcv qweasdzxc qazwsxedc qazwsx
1q2w3e4r5t6y 1q2w3e4r5t 1q2w3e4r 1q2w3e q1w2e3r4t5 q1w2e3r4 1qaz2wsx3edc 1qaz2wsx zaq12wsx
abc abcd abcdef abcdefgh abcdefghij abcdefghijkl iloveyou sunshine princess football baseball dragon monkey superman
batman trustno whatever starwars pokemon computer internet samsung google hello helloworld korea seoul
dkssud dkssudgktpdy qlalfqjsgh tkfkdgo tkfkdgody rhksflwk eogksalsrnr
correcthorsebatterystaple correct-horse-battery-staple`

// isWorst looks for what guessing begins with.
func isWorst(low string) bool {
	for word := range strings.FieldsSeq(worstWords) {
		if low == word || stem(low) != "" && stem(low) == stem(word) {
			return true
		}
	}
	return isRow(low)
}

// stem is s without the digits and punctuation at its end.
func stem(s string) string {
	return strings.TrimRightFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// isRow finds 0123456789, 9876543210, abcdefghij: each character one beside
// the one before.
func isRow(s string) bool {
	var up, down, last rune = 0, 0, -2
	for _, r := range s {
		switch {
		case last >= 0 && (r == last+1 || last == '9' && r == '0'):
			up++
		case last >= 0 && (r == last-1 || last == '0' && r == '9'):
			down++
		}
		last = r
	}
	n := rune(utf8.RuneCountInString(s))
	return up >= n-1 || down >= n-1
}

// Check says whether pw may be the password of the user name, and if not, why.
func Check(name, pw string) error {
	bad := func(format string, args ...any) error { return maru.Errorf(maru.Invalid, format, args...) }
	if !utf8.ValidString(pw) {
		return bad("the password is not UTF-8 text: type it anew")
	}
	switch n := utf8.RuneCountInString(pw); {
	case n < LengthMin:
		return bad("the password has %d characters, at least %d are needed: a few words in a row are easy to remember", n, LengthMin)
	case n > LengthMax:
		return bad("the password has %d characters, at most %d are allowed: shorten it", n, LengthMax)
	}
	low := strings.ToLower(pw)
	if name = strings.ToLower(name); low == name || stem(low) == name {
		return bad("the password is the user's name: choose another")
	}
	distinct := map[rune]bool{}
	for _, r := range low {
		distinct[r] = true
	}
	if len(distinct) < distinctMin {
		return bad("the password has only %d different characters, at least %d are needed: choose another", len(distinct), distinctMin)
	}
	if isWorst(low) {
		return bad("the password is one of the first that are guessed: choose another; a few words in a row are easy to remember")
	}
	return nil
}
