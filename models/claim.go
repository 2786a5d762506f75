package models

import (
	"context"
	"fmt"
	"time"
)

// ServiceLeaseTTL is how long the lease of a worker of the service lasts after its last heartbeat.
const ServiceLeaseTTL = 20 * time.Second

// BehindError says which run goes first on the same target.
type BehindError struct {
	// RunID is BehindElsewhere for a run of another tenant.
	RunID string
	// Since is when that run took its place.
	Since time.Time
}

// Error names the run that goes first.
func (e *BehindError) Error() string {
	return fmt.Sprintf("run %s goes first on the same target", e.RunID)
}

// Is answers for ErrBusy.
func (e *BehindError) Is(target error) bool { return target == ErrBusy }

// Claim takes the lease of a run that is queued, or whose holder has not been heard of for too long. It fails with
// ErrNotFound when the run is at its end or has another epoch, with a *BusyError while its holder is alive, with an error
// that is ErrTooEarly before its time, and with a *BehindError when another run goes first on the same target: one that
// is worked on now, or an older one that is not at its end.
func (t *Tenant) Claim(ctx context.Context, id string, epoch int64, worker string) (*Run, error) {
	return nil, errUnfinished
}
