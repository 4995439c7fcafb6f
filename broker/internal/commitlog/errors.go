package commitlog

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"maru"
)

// Refusal is why a batch was not taken; the protocol maps each to its code.
type Refusal uint8

// The refusals, with the Kafka error each stands for.
const (
	CorruptMessage         Refusal = iota + 1 // CORRUPT_MESSAGE: length, magic or checksum is wrong
	InvalidRecord                             // INVALID_RECORD: the header contradicts itself
	InvalidTimestamp                          // INVALID_TIMESTAMP: a producer set the log-append-time bit
	MessageTooLarge                           // MESSAGE_TOO_LARGE
	UnsupportedFormat                         // UNSUPPORTED_FOR_MESSAGE_FORMAT: magic 0 or 1
	UnsupportedCompression                    // UNSUPPORTED_COMPRESSION_TYPE
	TransactionRefused                        // INVALID_TXN_STATE: transactions are not offered
	OutOfOrderSequence                        // OUT_OF_ORDER_SEQUENCE_NUMBER
	InvalidProducerEpoch                      // INVALID_PRODUCER_EPOCH
)

// Refused is an append that left the log as it was.
type Refused struct {
	Refusal Refusal
	Err     error // a *maru.Error of kind Invalid or TooLarge
}

func (e *Refused) Error() string { return e.Err.Error() }

// Unwrap gives the *maru.Error with the words.
func (e *Refused) Unwrap() error { return e.Err }

func refuse(r Refusal, format string, args ...any) error {
	kind := maru.Invalid
	if r == MessageTooLarge {
		kind = maru.TooLarge
	}
	return &Refused{Refusal: r, Err: maru.Errorf(kind, format, args...)}
}

// OutOfRange is a read before the log's start or past its end.
type OutOfRange struct {
	Offset, LogStart, End int64
}

func (e *OutOfRange) Error() string {
	return fmt.Sprintf("offset %d is outside the log, which holds %d up to %d", e.Offset, e.LogStart, e.End)
}

// Unwrap makes the kind maru.Invalid.
func (e *OutOfRange) Unwrap() error { return maru.Errorf(maru.Invalid, "offset out of range") }

// Failed is a partition, or the whole store, that refuses writes until the
// process starts anew: what an unsuccessful fsync left on the disk is unknown,
// and a second fsync that succeeds would prove nothing.
type Failed struct {
	File string
	Err  error
}

func (e *Failed) Error() string {
	return fmt.Sprintf("sync %s: %v; nothing more is written there: check the disk (dmesg, SMART, mount options), then restart; what was acknowledged is recovered from what did reach it", e.File, e.Err)
}

// Unwrap gives the cause under the kind maru.Unavailable.
func (e *Failed) Unwrap() error { return &maru.Error{Kind: maru.Unavailable, Err: e.Err} }

// diskError gives err of an operation on file the kind a caller branches on.
func diskError(op, file string, err error) error {
	kind := maru.Internal
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		kind = maru.OutOfSpace
		err = fmt.Errorf("%w: free space there or shorten the retention of a topic; appends go on by themselves", err)
	}
	return &maru.Error{Kind: kind, Err: fmt.Errorf("%s %s: %w", op, file, err)}
}

// fullEvery is how often a full disk is told: every append meets it.
const fullEvery = time.Minute

// noteFull warns when err is that the disk is full: a producer hears only that
// the log cannot be written.
func (s *Store) noteFull(err error) {
	if err == nil || maru.KindOf(err) != maru.OutOfSpace {
		return
	}
	now, last := s.clock.Now().UnixNano(), s.fullAt.Load()
	if (last == 0 || now-last >= int64(fullEvery)) && s.fullAt.CompareAndSwap(last, now) {
		s.warn(fmt.Errorf("records are refused: %w", err))
	}
}
