package password

import (
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"maru"
)

// What new passwords cost: OWASP's first recommendation for argon2id
// (Password Storage Cheat Sheet).
const (
	memoryKiB = 19 << 10
	passes    = 2
	lanes     = 1
	saltBytes = 16
	keyBytes  = 32
)

// Bounds on what a kept string may ask of the machine: it may come from a
// newer maru, or from somebody who writes into meta.db.
const (
	memoryKiBMax = 256 << 10
	passesMax    = 16
	lanesMax     = 16
	blobMin      = 8
	blobMax      = 64
	phcMax       = 512
)

// hashed is a PHC string taken apart
// (github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
type hashed struct {
	memoryKiB, passes uint32
	lanes             uint8
	salt, key         []byte
}

var b64 = base64.RawStdEncoding.Strict()

func (h hashed) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memoryKiB, h.passes, h.lanes,
		b64.EncodeToString(h.salt), b64.EncodeToString(h.key))
}

func (h hashed) derive(pw []byte) []byte {
	return argon2.IDKey(pw, h.salt, h.passes, h.memoryKiB, h.lanes, uint32(len(h.key)))
}

// parse reads what String wrote; anything else is maru.Corrupt. The text never
// holds s: it goes into logs.
func parse(s string) (h hashed, err error) {
	bad := func(what string) (hashed, error) {
		return hashed{}, maru.Errorf(maru.Corrupt, "a kept password cannot be read: %s: set a new one", what)
	}
	if len(s) > phcMax {
		return bad("it is too long")
	}
	f := strings.Split(s, "$")
	if len(f) != 6 || f[0] != "" || f[1] != "argon2id" {
		return bad("it is not $argon2id$version$parameters$salt$hash")
	}
	var version int
	if _, err := fmt.Sscanf(f[2], "v=%d", &version); err != nil || version != argon2.Version {
		return bad("its version is unknown")
	}
	if _, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &h.memoryKiB, &h.passes, &h.lanes); err != nil {
		return bad("its parameters are not m=,t=,p=")
	}
	if h.memoryKiB < 8*uint32(h.lanes) || h.memoryKiB > memoryKiBMax || h.passes < 1 || h.passes > passesMax || h.lanes < 1 || h.lanes > lanesMax {
		return bad("its parameters are out of range")
	}
	for i, to := range []*[]byte{&h.salt, &h.key} {
		if *to, err = b64.DecodeString(f[4+i]); err != nil || len(*to) < blobMin || len(*to) > blobMax {
			return bad("its salt or hash is not what was written")
		}
	}
	if h.String() != s {
		return bad("it is not in the form in which it was written")
	}
	return h, nil
}
