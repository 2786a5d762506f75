package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
)

// CollectorURL is where a collector of OTLP takes traces: below the address it is known by, as the standard has it for
// OTEL_EXPORTER_OTLP_ENDPOINT.
func CollectorURL(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		// The address may hold a password.
		return "", errors.New("write it as http://HOST:4318; what the collector wants to know of the sender goes into OTEL_EXPORTER_OTLP_HEADERS")
	}
	return u.JoinPath("v1", "traces").String(), nil
}

// newTracer sends traces to a collector.
func newTracer(ctx context.Context, endpoint, version string, log *slog.Logger) (*trace.TracerProvider, error) {
	address, err := CollectorURL(endpoint)
	if err != nil {
		return nil, fmt.Errorf("address of the collector of traces: %w", err)
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(address))
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	// What the environment says of the service (OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES) goes before.
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "stowage"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	return trace.NewTracerProvider(trace.WithBatcher(loudly{exporter, log}), trace.WithResource(about)), nil
}

// loudly tells the log when traces cannot be sent. The library would write to standard error in its own way.
type loudly struct {
	trace.SpanExporter

	log *slog.Logger
}

// ExportSpans implements trace.SpanExporter.
func (l loudly) ExportSpans(ctx context.Context, spans []trace.ReadOnlySpan) error {
	if err := l.SpanExporter.ExportSpans(ctx, spans); err != nil {
		l.log.WarnContext(ctx, "traces could not be sent", "error", err, "spans", len(spans))
	}
	return nil
}
