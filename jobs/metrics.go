package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"stowage/models"
)

// statsTimeout bounds what a scrape asks of the database.
const statsTimeout = 3 * time.Second

// Metrics count what wakes people up. All methods work on nil, where nobody counts.
type Metrics struct {
	runs       *prometheus.CounterVec
	throttle   prometheus.Counter
	leases     prometheus.Counter
	rings      prometheus.Counter
	recoveries prometheus.Counter
	panics     prometheus.Counter
}

// NewMetrics registers the metrics. With a database they include what it knows, asked at each scrape: db may be nil.
func NewMetrics(reg prometheus.Registerer, db *models.DB) (*Metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "stowage", Name: name, Help: help})
	}
	m := &Metrics{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "stowage", Name: "runs_total", Help: "Runs and parts of runs that this process worked on, by what became of them.",
		}, []string{"kind", "outcome"}),
		throttle:   counter("throttled_seconds_total", "How long sites asked us to wait."),
		leases:     counter("lease_losses_total", "Runs whose lease this process lost while it worked on them."),
		rings:      counter("ring_failures_total", "Rings that Redis did not take. The sweeper finds those runs."),
		recoveries: counter("recovered_runs_total", "Runs that were taken over from a worker that had gone."),
		panics:     counter("panics_total", "Handlers that panicked."),
	}
	all := []prometheus.Collector{m.runs, m.throttle, m.leases, m.rings, m.recoveries, m.panics}
	if db != nil {
		all = append(all, newStatsCollector(db))
	}
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("metrics of jobs: %w", err)
		}
	}
	return m, nil
}

func (m *Metrics) outcome(kind Kind, outcome string) {
	if m != nil {
		m.runs.WithLabelValues(string(kind), outcome).Inc()
	}
}

func (m *Metrics) throttled(d time.Duration) {
	if m != nil && d > 0 {
		m.throttle.Add(d.Seconds())
	}
}

func (m *Metrics) leaseLost() {
	if m != nil {
		m.leases.Inc()
	}
}

func (m *Metrics) ringFailed() {
	if m != nil {
		m.rings.Inc()
	}
}

func (m *Metrics) recovered() {
	if m != nil {
		m.recoveries.Inc()
	}
}

func (m *Metrics) panicked() {
	if m != nil {
		m.panics.Inc()
	}
}

// statsCollector asks the database when it is scraped.
type statsCollector struct {
	db *models.DB

	up, runs, oldest, backup, installations *prometheus.Desc
}

func newStatsCollector(db *models.DB) *statsCollector {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(prometheus.BuildFQName("stowage", "", name), help, labels, nil)
	}
	return &statsCollector{
		db:            db,
		up:            desc("database_up", "Whether the database answered."),
		runs:          desc("runs", "Runs that are not at their end.", "kind", "state"),
		oldest:        desc("oldest_queued_seconds", "How long the run that has waited longest has waited, 0 when none waits."),
		backup:        desc("last_backup_age_seconds", "The age of the last good backup of each tenant.", "tenant"),
		installations: desc("installations", "Tenants by the state of their installation.", "state"),
	}
}

// Describe implements prometheus.Collector.
func (c *statsCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.up, c.runs, c.oldest, c.backup, c.installations} {
		ch <- d
	}
}

// Collect implements prometheus.Collector. While the database is away only that is told.
func (c *statsCollector) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	// A scrape has no context of its own.
	ctx, cancel := context.WithTimeout(context.Background(), statsTimeout)
	defer cancel()
	s, err := c.db.Stats(ctx)
	if err != nil {
		gauge(c.up, 0)
		return
	}
	gauge(c.up, 1)
	for _, n := range s.Runs {
		gauge(c.runs, float64(n.Count), string(n.Kind), string(n.State))
	}
	var waited time.Duration
	if !s.OldestQueued.IsZero() {
		waited = max(0, s.At.Sub(s.OldestQueued))
	}
	gauge(c.oldest, waited.Seconds())
	for _, b := range s.LastBackups {
		gauge(c.backup, max(0, s.At.Sub(b.At)).Seconds(), b.Tenant)
	}
	for state, n := range s.Installations {
		gauge(c.installations, float64(n), state)
	}
}
