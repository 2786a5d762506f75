package server

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// figures count requests for the metrics. A nil one counts nothing.
type figures struct {
	seconds *prometheus.HistogramVec
}

func newFigures(registry prometheus.Registerer) (*figures, error) {
	if registry == nil {
		return nil, nil //nolint:nilnil // nobody counts, and a nil figures is fine with that
	}
	f := &figures{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "stowage_http_request_seconds", Help: "How long requests took, by route and status.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"method", "route", "status"})}
	return f, registry.Register(f.seconds)
}

// add counts a request. Methods and routes that do not exist are counted as one: callers make them up.
func (f *figures) add(method, route string, status int, took time.Duration) {
	if f == nil {
		return
	}
	if route == "" {
		method, route = "", "none"
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	f.seconds.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
}
