package web

import (
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

// checkOrigin refuses pages of other sites. Programs send no Origin. A link to
// one of our pages may be followed from anywhere.
func checkOrigin(r *http.Request, page bool) error {
	for _, o := range r.Header.Values("Origin") {
		if !strings.EqualFold(o, "http://"+r.Host) {
			return maru.Errorf(maru.Denied, "origin %.100q is not this server", o)
		}
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "", site == "same-origin", site == "none":
		return nil
	case page && r.Header.Get("Sec-Fetch-Mode") == "navigate":
		return nil
	default:
		return maru.Errorf(maru.Denied, "the request comes from a page of another site (%.20q)", site)
	}
}
