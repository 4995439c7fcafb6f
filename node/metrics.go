package node

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"maru/run"
)

// metrics are read when they are asked for.
type metrics struct{ n *node }

var (
	descServices   = prometheus.NewDesc("maru_service_up", "1 while the service runs.", []string{"service"}, nil)
	descRestarts   = prometheus.NewDesc("maru_service_restarts_total", "Restarts of the service.", []string{"service"}, nil)
	descRequests   = prometheus.NewDesc("maru_kafka_requests_total", "Requests by Kafka API.", []string{"api"}, nil)
	descBytesIn    = prometheus.NewDesc("maru_kafka_bytes_in_total", "Bytes read from Kafka clients.", nil, nil)
	descBytesOut   = prometheus.NewDesc("maru_kafka_bytes_out_total", "Bytes sent to Kafka clients.", nil, nil)
	descConns      = prometheus.NewDesc("maru_kafka_connections", "Open Kafka connections.", nil, nil)
	descCollected  = prometheus.NewDesc("maru_collect_rows_total", "Rows landed in the collector's topic.", []string{"collector"}, nil)
	descUnparsed   = prometheus.NewDesc("maru_collect_rejected_total", "Rows that did not parse.", []string{"collector"}, nil)
	descFileLag    = prometheus.NewDesc("maru_collect_lag_bytes", "Bytes in files not collected yet.", []string{"collector"}, nil)
	descStreamIn   = prometheus.NewDesc("maru_stream_rows_in_total", "Rows read.", []string{"stream"}, nil)
	descStreamLate = prometheus.NewDesc("maru_stream_rows_late_total", "Rows that came too late.", []string{"stream"}, nil)
	descStreamBad  = prometheus.NewDesc("maru_stream_rows_rejected_total", "Rows that could not be read.", []string{"stream"}, nil)
	descStreamLag  = prometheus.NewDesc("maru_stream_lag_rows", "Rows of the topic not read yet.", []string{"stream"}, nil)
	descStreamSize = prometheus.NewDesc("maru_stream_state_bytes", "Size of the state on disk.", []string{"stream"}, nil)
	descWatermark  = prometheus.NewDesc("maru_stream_watermark_seconds", "Watermark as Unix time.", []string{"stream"}, nil)
	descDiskFree   = prometheus.NewDesc("maru_disk_free_bytes", "Free space of the data directory.", nil, nil)
)

// Describe has nothing fixed to say: what there is depends on the project.
func (m *metrics) Describe(chan<- *prometheus.Desc) {}

// Collect reads every part's numbers.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	counter := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v, labels...)
	}
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	for _, s := range m.n.sup.Status() {
		up := 0.0
		if s.State == run.Running {
			up = 1
		}
		gauge(descServices, up, s.Name)
		counter(descRestarts, float64(s.Restarts), s.Name)
	}
	if m.n.broker != nil {
		st := m.n.broker.Stats()
		for api, n := range st.Requests {
			counter(descRequests, float64(n), api)
		}
		counter(descBytesIn, float64(st.BytesIn))
		counter(descBytesOut, float64(st.BytesOut))
		gauge(descConns, float64(st.Connections))
	}
	for _, c := range m.n.folder.statuses() {
		counter(descCollected, float64(c.Rows), c.Name)
		counter(descUnparsed, float64(c.Rejected), c.Name)
		gauge(descFileLag, float64(c.LagBytes), c.Name)
	}
	if free, _, err := run.DiskFree(m.n.cfg.DataDir); err == nil {
		gauge(descDiskFree, float64(free))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	all, err := m.n.stream.Status(ctx)
	if err != nil {
		return // the streamer is away, which maru_service_up says
	}
	for _, s := range all {
		counter(descStreamIn, float64(s.In), s.Name)
		counter(descStreamLate, float64(s.Late), s.Name)
		counter(descStreamBad, float64(s.Rejected), s.Name)
		gauge(descStreamLag, float64(s.Lag), s.Name)
		gauge(descStreamSize, float64(s.StateBytes), s.Name)
		if s.Watermark != nil {
			gauge(descWatermark, float64(s.Watermark.UnixMilli())/1000, s.Name)
		}
	}
}
