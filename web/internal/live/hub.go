package live

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"maru"
	"maru/run"
)

// Bounds of a Hub.
const (
	ReadersMax = 100             // at the same time
	TopicsMax  = 50              // of one reader
	Every      = time.Second     // between two looks, where nothing else is said
	lookMax    = 5 * time.Second // for one look
)

// Look gives what a topic shows now.
type Look func(ctx context.Context, topic string) (any, error)

// Hub holds the readers. Any number of goroutines use it.
type Hub struct {
	look  Look
	every func(topic string) time.Duration

	mu      sync.Mutex // guards all below, and comes before a reader's
	topics  map[string]*topic
	readers int
	closed  bool
	wg      sync.WaitGroup
}

type topic struct {
	name    string
	readers []*Reader
	last    []byte
	stop    context.CancelFunc
}

// New makes a Hub that looks at topics by look, each as often as every says.
func New(look Look, every func(topic string) time.Duration) *Hub {
	return &Hub{look: look, every: every, topics: map[string]*topic{}}
}

// Open begins to listen; the reader must be closed. What is known of a topic
// comes first. TooLarge: too many topics; Unavailable: too many readers.
func (h *Hub) Open(names []string) (*Reader, error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	if len(names) > TopicsMax {
		return nil, maru.Errorf(maru.TooLarge, "%d topics, at most %d can be listened to at once", len(names), TopicsMax)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, maru.Errorf(maru.Unavailable, "the server is stopping")
	}
	if h.readers >= ReadersMax {
		return nil, maru.Errorf(maru.Unavailable, "%d pages are listening, that is the limit: close some", ReadersMax)
	}
	h.readers++
	r := &Reader{h: h, names: names, newest: map[string][]byte{}, wake: make(chan struct{}, 1)}
	for _, name := range names {
		t := h.topics[name]
		if t == nil {
			ctx, stop := context.WithCancel(context.Background())
			t = &topic{name: name, stop: stop}
			h.topics[name] = t
			h.wg.Add(1)
			run.Go("live "+name, func() {
				defer h.wg.Done()
				h.follow(ctx, t)
			})
		}
		t.readers = append(t.readers, r)
		if t.last != nil {
			r.put(name, t.last)
		}
	}
	return r, nil
}

// follow looks at a topic until nobody listens.
func (h *Hub) follow(ctx context.Context, t *topic) {
	tick := time.NewTicker(h.every(t.name))
	defer tick.Stop()
	for {
		h.once(ctx, t)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// once looks, and tells what is new. What cannot be looked at now is silent:
// who asks for it by GET hears why.
func (h *Hub) once(ctx context.Context, t *topic) {
	ctx, cancel := context.WithTimeout(ctx, lookMax)
	defer cancel()
	v, err := h.look(ctx, t.name)
	if err != nil {
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if bytes.Equal(text, t.last) {
		return
	}
	t.last = text
	for _, r := range t.readers {
		r.put(t.name, text)
	}
}

// Close ends all looking and waits for it. Readers hear nothing more.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for _, t := range h.topics {
		t.stop()
	}
	h.mu.Unlock()
	h.wg.Wait()
}

// Reader is one listener.
type Reader struct {
	h     *Hub
	names []string
	wake  chan struct{}

	mu     sync.Mutex // guards newest
	newest map[string][]byte
}

func (r *Reader) put(topic string, text []byte) {
	r.mu.Lock()
	r.newest[topic] = text
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Wake has something when there is news.
func (r *Reader) Wake() <-chan struct{} { return r.wake }

// Event is the newest of a topic, as JSON.
type Event struct {
	Topic string
	Data  []byte
}

// News gives what was not given before, by topic.
func (r *Reader) News() (out []Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range r.names {
		if text, ok := r.newest[name]; ok {
			out = append(out, Event{name, text})
		}
	}
	clear(r.newest)
	return out
}

// Close ends the listening.
func (r *Reader) Close() {
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	r.h.readers--
	for _, name := range r.names {
		t := r.h.topics[name]
		t.readers = slices.DeleteFunc(t.readers, func(o *Reader) bool { return o == r })
		if len(t.readers) == 0 {
			t.stop()
			delete(r.h.topics, name)
		}
	}
}
