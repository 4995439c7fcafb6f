package web

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"maru"
)

// Bounds of a token.
const (
	tokenBytes   = 32
	tokenLenMin  = 32
	tokenLenMax  = 512
	tokenRetries = 3
)

// TokenFile is where the data directory dir keeps the token of its owner.
func TokenFile(dir string) string { return filepath.Join(dir, "keys", "token") }

// EnsureToken gives the token of the data directory dir and makes it first if
// there is none: 32 random bytes in a file that only its owner may read. Two
// processes that start at once get the same one.
func EnsureToken(dir string) (string, error) {
	file := TokenFile(dir)
	for range tokenRetries {
		token, err := ReadToken(file)
		if !errors.Is(err, fs.ErrNotExist) {
			return token, err
		}
		if err := makeToken(file); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make token %s: %w", file, err)
		}
	}
	return "", maru.Errorf(maru.Internal, "token %s comes and goes: somebody removes it", file)
}

// ReadToken reads a token's file; fs.ErrNotExist when there is none. A file
// that others may read is refused: the token in it is no secret.
func ReadToken(file string) (string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", maru.Errorf(maru.Denied, "token %s may be read by others (%s): delete it and start again to get a new one, or chmod 600 it",
			file, info.Mode().Perm())
	}
	if info.Size() > tokenLenMax {
		return "", maru.Errorf(maru.Corrupt, "token %s has %d bytes, that is no token: delete it to get a new one", file, info.Size())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	token := strings.TrimSpace(string(text))
	if err := checkToken(token); err != nil {
		return "", maru.Errorf(maru.Corrupt, "token %s: %w: delete it to get a new one", file, err)
	}
	return token, nil
}

func checkToken(token string) error {
	if len(token) < tokenLenMin || len(token) > tokenLenMax {
		return fmt.Errorf("a token has %d to %d characters, this has %d", tokenLenMin, tokenLenMax, len(token))
	}
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("a token has no character like %q", c)
		}
	}
	return nil
}

// makeToken writes the file whole before it gets its name: nobody ever reads
// half a token. fs.ErrExist when somebody else was first.
func makeToken(file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	var secret [tokenBytes]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(file), ".token-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(hex.EncodeToString(secret[:]) + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), file)
}
