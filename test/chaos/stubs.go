package main
import "context"
func storm(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
func damage(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
func moving(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
func full(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
func versions(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
func twice(ctx context.Context, b *bench) ([]row, error) { return nil, nil }
