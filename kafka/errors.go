package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// kinds maps Kafka's error codes to kinds; what is not here is Unavailable
// when Kafka calls it retriable, else Internal.
var kinds = map[int16]maru.Kind{
	kerr.UnknownTopicOrPartition.Code:            maru.NotFound,
	kerr.UnknownTopicID.Code:                     maru.NotFound,
	kerr.GroupIDNotFound.Code:                    maru.NotFound,
	kerr.TopicAlreadyExists.Code:                 maru.Conflict,
	kerr.InvalidTopicException.Code:              maru.Invalid,
	kerr.InvalidPartitions.Code:                  maru.Invalid,
	kerr.InvalidConfig.Code:                      maru.Invalid,
	kerr.InvalidReplicationFactor.Code:           maru.Invalid,
	kerr.InvalidRequest.Code:                     maru.Invalid,
	kerr.InvalidRecord.Code:                      maru.Invalid,
	kerr.InvalidTimestamp.Code:                   maru.Invalid,
	kerr.PolicyViolation.Code:                    maru.Invalid,
	kerr.InvalidGroupID.Code:                     maru.Invalid,
	kerr.InvalidSessionTimeout.Code:              maru.Invalid,
	kerr.UnsupportedCompressionType.Code:         maru.Invalid,
	kerr.UnsupportedVersion.Code:                 maru.Invalid,
	kerr.MessageTooLarge.Code:                    maru.TooLarge,
	kerr.RecordListTooLarge.Code:                 maru.TooLarge,
	kerr.OffsetMetadataTooLarge.Code:             maru.TooLarge,
	kerr.CorruptMessage.Code:                     maru.Corrupt,
	kerr.TopicAuthorizationFailed.Code:           maru.Denied,
	kerr.GroupAuthorizationFailed.Code:           maru.Denied,
	kerr.ClusterAuthorizationFailed.Code:         maru.Denied,
	kerr.TransactionalIDAuthorizationFailed.Code: maru.Denied,
	kerr.SaslAuthenticationFailed.Code:           maru.Unauthenticated,
	kerr.RequestTimedOut.Code:                    maru.Timeout,
	kerr.IllegalGeneration.Code:                  maru.Conflict,
	kerr.UnknownMemberID.Code:                    maru.Conflict,
	kerr.FencedInstanceID.Code:                   maru.Conflict,
	kerr.InvalidProducerEpoch.Code:               maru.Conflict,
	kerr.GroupMaxSizeReached.Code:                maru.Conflict,
	kerr.InconsistentGroupProtocol.Code:          maru.Conflict,
}

// fail gives err its kind and says what was being done to what.
func fail(op string, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	kind := kindOf(err)
	if format != "" {
		err = fmt.Errorf(format+": %w", append(args, err)...)
	}
	return &maru.Error{Op: op, Kind: kind, Err: err}
}

func kindOf(err error) maru.Kind {
	var me *maru.Error
	if errors.As(err, &me) {
		return me.Kind
	}
	var ke *kerr.Error
	switch {
	case errors.Is(err, context.Canceled):
		return maru.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return maru.Timeout
	case errors.As(err, &ke):
		if k, ok := kinds[ke.Code]; ok {
			return k
		}
		if ke.Retriable {
			return maru.Unavailable
		}
		return maru.Internal
	}
	// What is left of a request's errors is the way to the broker.
	return maru.Unavailable
}

// transient says whether the same request may succeed when it is sent again,
// maybe to another broker.
func transient(err error) bool {
	var ke *kerr.Error
	if errors.As(err, &ke) {
		return ke.Retriable && ke.Code != kerr.CorruptMessage.Code
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, kgo.ErrClientClosed)
}
