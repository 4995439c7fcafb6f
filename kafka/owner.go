package kafka

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"sync"
)

// owner names one open writer in a way that another process can check: its
// client id at the broker. A process that was killed cannot give its lease
// back; who comes after it on the same machine sees that it is dead and does
// not wait for the lease to run out.
type owner struct {
	host  string
	boot  string // of the machine: process ids begin anew with each
	space string // process id namespace: the same pid in another container is somebody else
	pid   int
	start string // of the process: process ids are used again
	token string // of this writer within its process
}

const ownerPrefix = "maru-writer"

func (o owner) String() string {
	return strings.Join([]string{ownerPrefix, o.host, o.boot, o.space, strconv.Itoa(o.pid), o.start, o.token}, "/")
}

func parseOwner(clientID string) (owner, bool) {
	f := strings.Split(clientID, "/")
	if len(f) != 7 || f[0] != ownerPrefix {
		return owner{}, false
	}
	pid, err := strconv.Atoi(f[4])
	return owner{host: f[1], boot: f[2], space: f[3], pid: pid, start: f[5], token: f[6]}, err == nil
}

// alive holds the tokens of this process's open writers.
var alive sync.Map

func newOwner() owner {
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	boot, space := machine()
	start, _ := startOf(os.Getpid())
	o := owner{host: strings.ReplaceAll(host, "/", "_"), boot: boot, space: space, pid: os.Getpid(), start: start, token: newToken()}
	alive.Store(o.token, true)
	return o
}

func (o owner) end() { alive.Delete(o.token) }

func newToken() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // crypto/rand does not fail
	return hex.EncodeToString(b[:])
}

// ended says whether the writer o is no more, as far as self can know: known
// is false for another machine, or where the system does not tell.
func (o owner) ended(self owner) (ended, known bool) {
	if o.host != self.host || o.boot != self.boot || o.space != self.space {
		return false, false
	}
	if o.pid == self.pid && o.start == self.start {
		if o.token == self.token {
			return true, true // our own lease from before we lost it
		}
		_, ok := alive.Load(o.token)
		return !ok, true
	}
	if o.boot == "" || o.start == "" {
		return false, false
	}
	start, running := startOf(o.pid)
	return !running || start != o.start, true
}
