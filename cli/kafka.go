package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"maru"
)

// Times of a client of the log.
const (
	kafkaDialTimeout = 5 * time.Second
	kafkaTimeout     = 20 * time.Second // of one administrative request
	deliveryTimeout  = time.Minute      // of one record
)

// dialKafka opens a client and makes sure that somebody answers: without that
// the first request would try for minutes.
func (c *call) dialKafka(ctx context.Context, opts ...kgo.Opt) (*kgo.Client, error) {
	seeds := c.bootstrap()
	opts = append([]kgo.Opt{kgo.SeedBrokers(seeds...), kgo.ClientID("maru-cli"), kgo.DialTimeout(kafkaDialTimeout),
		kgo.RetryTimeout(kafkaTimeout), kgo.RequestRetries(5)}, opts...)
	cl, err := kgo.NewClient(opts...)
	if err != nil {
		return nil, c.wrong("%v", err)
	}
	ping, cancel := context.WithTimeout(ctx, kafkaDialTimeout)
	defer cancel()
	if err := cl.Ping(ping); err != nil {
		cl.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, maru.Errorf(maru.Unavailable, "no log answers at %s: start one with maru serve, or name another with --bootstrap (%v)",
			strings.Join(seeds, ","), dialReason(err))
	}
	return cl, nil
}

// dialReason takes the layers off that say nothing to a user.
func dialReason(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}

// withAdmin runs fn with an administrator's client.
func (c *call) withAdmin(ctx context.Context, fn func(ctx context.Context, adm *kadm.Client) error) error {
	cl, err := c.dialKafka(ctx)
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(ctx, kafkaTimeout)
	defer cancel()
	return fn(ctx, kadm.NewClient(cl))
}

// kafkaKinds says what a Kafka error means; what is not here is Internal.
var kafkaKinds = map[*kerr.Error]maru.Kind{
	kerr.UnknownTopicOrPartition: maru.NotFound, kerr.UnknownTopicID: maru.NotFound, kerr.TopicAlreadyExists: maru.Conflict,
	kerr.InvalidTopicException: maru.Invalid, kerr.InvalidPartitions: maru.Invalid, kerr.InvalidConfig: maru.Invalid, kerr.InvalidRequest: maru.Invalid,
	kerr.InvalidReplicationFactor: maru.Invalid, kerr.MessageTooLarge: maru.TooLarge, kerr.OffsetOutOfRange: maru.NotFound,
	kerr.TopicAuthorizationFailed: maru.Denied, kerr.GroupAuthorizationFailed: maru.Denied, kerr.PolicyViolation: maru.Denied,
}

// kafkaError says which topic, and what a Kafka code means in words.
func kafkaError(topic string, err error) error {
	if err == nil {
		return nil
	}
	var k *kerr.Error
	if !errors.As(err, &k) {
		return fmt.Errorf("topic %s: %w", topic, err)
	}
	switch k {
	case kerr.UnknownTopicOrPartition:
		return maru.Errorf(maru.NotFound, "there is no topic %s: maru topic list shows all", topic)
	case kerr.TopicAlreadyExists:
		return maru.Errorf(maru.Conflict, "topic %s is there already", topic)
	}
	says := k.Description
	var r *reasonError
	if errors.As(err, &r) {
		says = r.reason
	}
	return maru.Errorf(kafkaKinds[k], "topic %s: %s (%s)", topic, strings.TrimSuffix(says, "."), k.Message)
}

// reasonError is a Kafka code with what the log said beside it.
type reasonError struct {
	error
	reason string
}

func (e *reasonError) Unwrap() error { return e.error }

func withReason(err error, reason string) error {
	if reason == "" {
		return err
	}
	return &reasonError{err, reason}
}

// wantTopic checks an argument that must be a topic's name.
func (c *call) wantTopic(name string) error {
	if err := maru.CheckTopicName(name); err != nil {
		return c.wrong("%v", err)
	}
	return nil
}
