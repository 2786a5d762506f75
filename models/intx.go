package models

import "context"

// InTx runs fn with a handle of the same tenant, all of whose changes become durable together when fn returns nil, or not
// at all. Nothing slow may happen inside, and fn returns the first error it meets.
func (t *Tenant) InTx(ctx context.Context, fn func(t *Tenant) error) error { return errUnfinished }

// ID identifies the tenant.
func (t *Tenant) ID() string { return t.id }
