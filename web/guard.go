package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"maru"
)

// loopbackHost says whether host, a name or an address without port, can only
// mean this machine.
func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.Unmap().IsLoopback()
}

// checkHost refuses a name of somebody else's that resolves to loopback (DNS
// rebinding): only loopback names with the port that the request came to pass.
func checkHost(r *http.Request) error {
	host, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		host, port = r.Host, "80"
	}
	if !loopbackHost(host) {
		return maru.Errorf(maru.Denied, "host %.100q is not this machine's loopback name: use http://127.0.0.1 or http://localhost", r.Host)
	}
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return maru.Errorf(maru.Denied, "the request came to no known address")
	}
	if tcp, ok := local.(*net.TCPAddr); !ok || strconv.Itoa(tcp.Port) != port {
		return maru.Errorf(maru.Denied, "host %.100q has not the port that the server listens on (%s)", r.Host, local)
	}
	return nil
}

// checkOrigin refuses pages of other sites. Programs send no Origin.
func checkOrigin(r *http.Request) error {
	for _, o := range r.Header.Values("Origin") {
		if !strings.EqualFold(o, "http://"+r.Host) {
			return maru.Errorf(maru.Denied, "origin %.100q is not this server", o)
		}
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); site {
	case "", "same-origin", "none":
		return nil
	default:
		return maru.Errorf(maru.Denied, "the request comes from a page of another site (%.20q)", site)
	}
}

// checkToken finds the principal of a request. Only digests are compared, in
// constant time: neither content nor length of the token shows in the time.
func (s *Server) checkToken(r *http.Request) (maru.Principal, error) {
	given := r.Header.Values("Authorization")
	if len(given) != 1 {
		return maru.Principal{}, maru.Errorf(maru.Unauthenticated,
			"send the header Authorization: Bearer TOKEN; the token is in keys/token of the data directory")
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	right := subtle.ConstantTimeCompare(sum[:], s.tokenSum[:]) == 1
	if !strings.EqualFold(scheme, "Bearer") || !right {
		return maru.Principal{}, maru.Errorf(maru.Unauthenticated, "the token is not that of this server's data directory")
	}
	return maru.Local, nil
}
