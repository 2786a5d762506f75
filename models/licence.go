package models

import (
	"context"
	"time"
)

// The states of a licence.
const (
	LicenceUnknown    = "unknown"
	LicenceActive     = "active"
	LicenceEvaluation = "evaluation"
	LicenceNone       = "none"
	LicenceExpired    = "expired"
)

// Licence is what is known of the licence of a tenant.
type Licence struct {
	// State is one of the constants; LicenceUnknown until somebody looked.
	State string
	// Type is the host's word for the kind of licence.
	Type       string
	Evaluation bool
	// Source says where this comes from: page, rest, webhook or install.
	Source    string
	CheckedAt time.Time
	ChangedAt time.Time
}

// Licence returns the licence of the tenant.
func (t *Tenant) Licence(ctx context.Context) (Licence, error) { return Licence{}, errUnfinished }

// SetLicence records what a look at the licence found. Changed says that it differs from what was known; then it is also
// added to the history and the audit log.
func (t *Tenant) SetLicence(ctx context.Context, l Licence) (changed bool, err error) {
	return false, errUnfinished
}

// LicenceHistory lists the changes of the licence, the newest first.
func (t *Tenant) LicenceHistory(ctx context.Context, limit int) ([]Licence, error) {
	return nil, errUnfinished
}

// LicencesDue lists tenants whose licence was not looked at since before, those that waited longest first.
func (db *DB) LicencesDue(ctx context.Context, before time.Time, limit int) ([]string, error) {
	return nil, errUnfinished
}
