package password_test

import (
	"context"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"maru"
	"maru/govern/internal/password"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct{ pw, want string }{
		{"four wet horses", ""},
		{"비 오는 날의 마루 끝", ""},
		{"x9$kLw2!pQ", ""},
		{strings.Repeat("길고도 먼 ", 33), ""}, // 198 characters, more bytes
		{"short", "at least 10"},
		{"가나다라마바사아자", "at least 10"},
		{strings.Repeat("abcde", 41), "at most 200"},
		{"kim.minsu@example.com", "name"},
		{"KIM.minsu@Example.com", "name"},
		{"kim.minsu@example.com1!", "name"},
		{"aaaaaaaaaaaa", "different"},
		{"12121212121212", "different"},
		{"1234567890", "guessed"},
		{"9876543210", "guessed"},
		{"0123456789", "guessed"},
		{"abcdefghijklm", "guessed"},
		{"Password2026!", "guessed"},
		{"qwertyuiop", "guessed"},
		{"1q2w3e4r5t", "guessed"},
		{"1Q2W3E4R5T6Y!!", "guessed"},
		{"q1w2e3r4t5", "guessed"},
		{"dkssudgktpdy1", "guessed"},
		{"maru20260101", "guessed"},
		{"abc\xff\xfe12345678", "UTF-8"},
	} {
		err := password.Check("kim.minsu@example.com", c.pw)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q: %v", c.pw, err)
		case c.want != "" && (maru.KindOf(err) != maru.Invalid || err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%q: %v, want a word of %q", c.pw, err, c.want)
		case err != nil && len(c.pw) > 5 && strings.Contains(err.Error(), c.pw):
			t.Errorf("%q stands in the error", c.pw)
		}
	}
}

func TestHashAndVerify(t *testing.T) {
	ctx := context.Background()
	h := password.NewHasher(2, 10)
	phc, err := h.Hash(ctx, "비밀 마루 열두 칸")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("kept as %s", phc)
	}
	if again, _ := h.Hash(ctx, "비밀 마루 열두 칸"); again == phc {
		t.Error("two hashes are the same: there is no salt")
	}
	for _, c := range []struct {
		name, phc, pw string
		want          bool
	}{
		{"the same", phc, "비밀 마루 열두 칸", true},
		{"typed as parts of syllables", phc, norm.NFD.String("비밀 마루 열두 칸"), true},
		{"another", phc, "비밀 마루 열세 칸", false},
		{"nobody's", "", "비밀 마루 열두 칸", false},
		{"nobody's, empty", "", "", false},
		// From the tests of the reference implementation (phc-winner-argon2).
		{"somebody else's string", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password", true},
	} {
		if ok, err := h.Verify(ctx, c.phc, c.pw); ok != c.want || err != nil {
			t.Errorf("%s: %v, %v", c.name, ok, err)
		}
	}
}

func TestHasherIsBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	h := password.NewHasher(1, 1)
	errs := make(chan error, 20)
	for range cap(errs) {
		go func() { _, err := h.Hash(ctx, "four wet horses"); errs <- err }()
	}
	var refused int
	for range cap(errs) {
		if err := <-errs; maru.KindOf(err) == maru.Unavailable {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused == 0 || refused > cap(errs)-2 {
		t.Errorf("%d of %d are refused", refused, cap(errs))
	}
	cancel()
	if _, err := h.Hash(ctx, "four wet horses"); maru.KindOf(err) != maru.Canceled {
		t.Errorf("after its end: %v", err)
	}
	if _, err := h.Hash(context.Background(), "four wet horses"); err != nil {
		t.Errorf("a place was lost: %v", err)
	}
}

// A string from elsewhere is refused, or is cheap enough to be checked.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=255$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=19456,t=0,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXP", "$argon2id$v=19$m=19456,t=2,p=1$$", "$$$$$", "plain", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		again, err := password.Parse(s)
		if err != nil {
			if maru.KindOf(err) != maru.Corrupt {
				t.Errorf("kind of %v", err)
			}
			return
		}
		if again != s {
			t.Errorf("%q was read as %q", s, again)
		}
	})
}
