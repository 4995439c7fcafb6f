package gen

import (
	"fmt"
)

// The methods by number.
const (
	get = iota
	post
	put
	patch
	del
	methodCount
)

var methodNames = [methodCount]string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// shape says how a path is called.
type shape uint8

const (
	list   shape = iota // a collection: pages of it, and new members
	search              // a query of words
	item                // one member: read, changed, deleted
	sub                 // a part of one member: read
)

// path is one path of the API.
type path struct {
	text    string
	shape   shape
	service uint8   // which of services answers it
	median  float32 // of the latency, in tenths of a millisecond
	size    float32 // median of the answer, in bytes
	unwell  float64 // share of calls that fail while all is well
}

var services = [...]string{"orders", "users", "items", "carts", "payments", "sessions", "reviews", "inventory", "shipments", "coupons",
	"search", "notifications"}

var parts = [...]string{"history", "items", "events", "summary", "status"}

// world is what does not change while a log is written.
type world struct {
	paths    []path
	pathDraw alias
	userDraw alias
	arrivals *quantiles
	latency  *quantiles
	sizes    *quantiles
}

func newWorld(c Config) *world {
	w := &world{
		pathDraw: zipf(c.Paths, 1, 2), userDraw: zipf(c.Users, 0.9, 30),
		arrivals: exponential(), latency: logNormal(0.7), sizes: logNormal(0.9),
	}
	r := random(c.Seed ^ 0x6d617275) // paths belong to the seed, not to the start
	for i := range c.Paths {
		w.paths = append(w.paths, newPath(i, &r))
	}
	return w
}

// newPath makes path i; i is in its text unless it is the only one of its
// kind, so no two are equal.
func newPath(i int, r *random) path {
	service := uint8(r.below(uint32(len(services))))
	name := services[service]
	version := 1 + r.below(3)
	p := path{service: service, median: float32(40 + r.below(600)), size: float32(150 + r.below(6000)), unwell: 0.002 + float64(r.below(1000))*1e-5}
	switch kind := r.below(20); {
	case i < len(services):
		p.service, name = uint8(i), services[i]
		p.text, p.shape = fmt.Sprintf("/api/v%d/%s", version, name), list
		if name == "search" {
			p.shape = search
		}
	case kind < 3:
		p.text, p.shape = fmt.Sprintf("/api/v%d/%s/by-group/%d", version, name, i), list
	case kind < 14:
		p.text, p.shape = fmt.Sprintf("/api/v%d/%s/%d", version, name, 10_000+i), item
	default:
		p.text, p.shape = fmt.Sprintf("/api/v%d/%s/%d/%s", version, name, 10_000+i, parts[r.below(uint32(len(parts)))]), sub
	}
	return p
}

// method draws how a path of this shape is called.
func (s shape) method(r *random) uint8 {
	x := r.below(100)
	switch {
	case s == list && x < 22:
		return post
	case s == item && x < 8:
		return put
	case s == item && x < 13:
		return patch
	case s == item && x < 15:
		return del
	}
	return get
}

// noQuery stands for a call without a query.
const noQuery = 0

// query draws the number of a query; appendQuery writes it.
func (s shape) query(method uint8, r *random) uint32 {
	switch {
	case method != get:
		return noQuery
	case s == list:
		page := r.below(16) * r.below(16) / 8 // the first pages most
		return 1 + page*4 + r.below(4)
	case s == search:
		return 1 + r.below(400)*r.below(400)/40*8 + r.below(8)
	case s == sub && r.below(3) == 0:
		return 1 + r.below(30)
	}
	return noQuery
}

var sizes = [...]string{"10", "20", "50", "100"}

var words = [...]string{"shoes", "phone", "desk", "lamp", "coffee", "book", "bag", "watch", "chair", "cable", "jacket", "camera", "%EC%8B%A0%EB%B0%9C"}

var orders = [...]string{"new", "price", "rating", "sold", "name", "stock", "near", "deal"}

// appendQuery writes query number q of a path of this shape: one text for one number.
func (s shape) appendQuery(dst []byte, q uint32) []byte {
	if q == noQuery {
		return dst
	}
	q--
	switch s {
	case list:
		dst = appendUint(append(dst, "page="...), uint64(q/4)+1)
		return append(append(dst, "&size="...), sizes[q%4]...)
	case search:
		n := q / 8
		dst = append(append(dst, "q="...), words[n%uint32(len(words))]...)
		if more := n / uint32(len(words)); more > 0 {
			dst = appendUint(append(dst, '+'), uint64(more))
		}
		return append(append(dst, "&sort="...), orders[q%8]...)
	}
	return append(appendUint(append(dst, "days="...), uint64(q)+1), "&tz=Asia%2FSeoul"...)
}

// clientOf is the address that a user mostly calls from. Some share one, as
// offices and mobile networks do.
func clientOf(user uint32, roaming bool) uint32 {
	x := uint64(user)
	if user%5 == 0 {
		x = uint64(user/40) * 40
	}
	if roaming {
		x |= 1 << 40
	}
	h := uint32(mix(x ^ 0x636c69656e74))
	// First bytes 61..220 but no private or loopback ones, as the net has them.
	first := 61 + h>>24%160
	if first == 127 || first == 172 || first == 192 {
		first = 61
	}
	return first<<24 | h&0xFFFFFF
}

var agents = [...]string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
	"Mozilla/5.0 (Linux; Android 15; SM-S928N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
	"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
	"shop-app/7.4.1 (Android 14; ko-KR)", "shop-app/7.4.0 (iOS 18.1; ko-KR)", "python-requests/2.32.3", "okhttp/4.12.0", "Go-http-client/2.0",
	"curl/8.10.1",
}

var referers = [...]string{"-", "https://shop.example/", "https://shop.example/cart", "https://shop.example/search", "https://www.example.net/"}
