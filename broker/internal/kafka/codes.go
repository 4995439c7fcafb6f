package kafka

import (
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"

	"maru"
	"maru/broker/internal/commitlog"
)

// kindCodes is the one place where a kind becomes a Kafka code.
var kindCodes = map[maru.Kind]*kerr.Error{
	maru.Internal:        kerr.UnknownServerError,
	maru.Invalid:         kerr.InvalidRequest,
	maru.NotFound:        kerr.UnknownTopicOrPartition,
	maru.Conflict:        kerr.TopicAlreadyExists,
	maru.Denied:          kerr.ClusterAuthorizationFailed,
	maru.Unauthenticated: kerr.SaslAuthenticationFailed,
	maru.TooLarge:        kerr.PolicyViolation,
	maru.OutOfMemory:     kerr.UnknownServerError,
	maru.OutOfSpace:      kerr.KafkaStorageError,
	maru.Unavailable:     kerr.NotLeaderForPartition,
	maru.Timeout:         kerr.RequestTimedOut,
	maru.Canceled:        kerr.RequestTimedOut,
	maru.Corrupt:         kerr.CorruptMessage,
}

// codeOf is the code that err has on the wire; 0 for nil.
func codeOf(err error) int16 {
	if err == nil {
		return 0
	}
	var ke *kerr.Error
	if errors.As(err, &ke) {
		return ke.Code
	}
	var refused *commitlog.Refused
	var outside *commitlog.OutOfRange
	switch {
	case errors.As(err, &refused):
		return refusalCodes[refused.Refusal].Code
	case errors.As(err, &outside):
		return kerr.OffsetOutOfRange.Code
	}
	return kindCodes[maru.KindOf(err)].Code
}

// messageOf is the text that goes with the code: nil when there is no error.
func messageOf(err error) *string {
	if err == nil {
		return nil
	}
	m := err.Error()
	return &m
}

// coded is an error with a Kafka code of its own and a text that says more.
func coded(code *kerr.Error, err error) error { return &codedError{code, err} }

type codedError struct {
	code *kerr.Error
	err  error
}

func (e *codedError) Error() string   { return e.err.Error() }
func (e *codedError) Unwrap() []error { return []error{e.code, e.err} }

// refusalCodes says why the log did not take a batch.
var refusalCodes = map[commitlog.Refusal]*kerr.Error{
	commitlog.CorruptMessage:         kerr.CorruptMessage,
	commitlog.InvalidRecord:          kerr.InvalidRecord,
	commitlog.InvalidTimestamp:       kerr.InvalidTimestamp,
	commitlog.MessageTooLarge:        kerr.MessageTooLarge,
	commitlog.UnsupportedFormat:      kerr.UnsupportedForMessageFormat,
	commitlog.UnsupportedCompression: kerr.UnsupportedCompressionType,
	commitlog.TransactionRefused:     kerr.InvalidTxnState,
	commitlog.OutOfOrderSequence:     kerr.OutOfOrderSequenceNumber,
	commitlog.InvalidProducerEpoch:   kerr.InvalidProducerEpoch,
}
