package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the server's own, on a registry that nothing else writes to by
// accident.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	panics   prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "maru_http_requests_total", Help: "HTTP requests by route and status."},
			[]string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "maru_http_request_seconds", Help: "Time to the end of the answer.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60, 600}}, []string{"route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "maru_http_requests_in_flight", Help: "Requests under way."}),
		panics:   prometheus.NewCounter(prometheus.CounterOpts{Name: "maru_http_panics_total", Help: "Handlers that panicked."}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.panics,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

func (s *Server) serveMetrics() http.Handler {
	all := prometheus.Gatherers{s.metrics.registry}
	if s.needs.Metrics != nil {
		all = append(all, s.needs.Metrics)
	}
	return promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, MaxRequestsInFlight: 4, Timeout: answerTimeout})
}
