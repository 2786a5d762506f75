package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"stowage/internal/runstate"
	"stowage/models"
)

// ServiceOptions are how a Service works. Zero members have the defaults named.
type ServiceOptions struct {
	// Now tells the time, time.Now by default.
	Now func() time.Time
	// Grace is how long the data of a tenant are kept after it has uninstalled the app, 30 days.
	Grace time.Duration
	// RefuseUnknown refuses runs also while nobody has looked at the licence of a tenant.
	RefuseUnknown bool
	// Metrics are counted where they are given.
	Metrics *Metrics
}

// ringTimeout bounds how long whoever starts a run waits for the bell. The sweeper rings for those it could not.
const ringTimeout = 500 * time.Millisecond

// Service starts, stops and resumes runs. Each call is one transaction with its line in the audit log, and rings when it
// is durable; a bell that cannot be rung is no error, only slower. It may be used from several goroutines.
type Service struct {
	db   *models.DB
	bell Bell
	log  *slog.Logger
	o    ServiceOptions
}

// NewService makes a service.
func NewService(db *models.DB, bell Bell, log *slog.Logger, o ServiceOptions) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Grace == 0 {
		o.Grace = 30 * 24 * time.Hour
	}
	return &Service{db: db, bell: bell, log: log, o: o}
}

// Stop asks one run to end, and no other: one that waits ends at once, one that is worked on within seconds. Stopping it
// again changes nothing, nor does stopping one that is at its end. Runs of the service's own are not stopped.
func (s *Service) Stop(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	var before, info models.RunInfo
	err := t.InTx(ctx, func(t *models.Tenant) (err error) {
		before, err = t.GetRun(ctx, runID)
		if err != nil {
			return err
		}
		if !Stoppable(before.Kind) && !before.State.Final() {
			return refuse(CodeNotStoppable, "Only syncs, plans, backups and restores can be stopped. The rest is over in a moment.")
		}
		info, err = t.RequestStop(ctx, runID, actor)
		if err != nil || info.State == before.State {
			return err
		}
		return audit(ctx, t, actor, "run.stop", runID, map[string]any{"kind": info.Kind})
	})
	if err == nil && info.State.Final() && !before.State.Final() {
		// Nobody works on it who would see to that.
		s.listRestored(ctx, t, info)
	}
	return info, err
}

// Resume queues a run again that was stopped or has failed. It goes on from where it was.
func (s *Service) Resume(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	before, err := t.GetRun(ctx, runID)
	if err != nil {
		return models.RunInfo{}, err
	}
	if needsLicence(before.Kind) {
		if err := s.mayRun(ctx, t); err != nil {
			return models.RunInfo{}, err
		}
	}
	var info models.RunInfo
	err = whileInstalled(ctx, t, func(t *models.Tenant) error {
		if err := mayGoOn(ctx, t, before); err != nil {
			return err
		}
		info, err = t.ResumeRun(ctx, runID, actor)
		if err != nil {
			return err
		}
		return audit(ctx, t, actor, "run.resume", runID, map[string]any{"kind": info.Kind})
	})
	if _, illegal := errors.AsType[*runstate.IllegalError](err); illegal {
		return models.RunInfo{}, refuse(CodeNotResumable, "Only a run that was stopped or has failed can be resumed.")
	}
	if err != nil {
		return models.RunInfo{}, s.already(ctx, t, models.RunSpec{Kind: before.Kind, Fingerprint: before.Fingerprint}, err)
	}
	s.ring(ctx, tenant, info)
	return info, nil
}

// LookAtLicence begins to ask the host about the licence of a tenant. One that is being asked about already is left alone.
func (s *Service) LookAtLicence(ctx context.Context, tenant string) error {
	return s.own(ctx, tenant, KindLicence)
}

// Uninstalled records that a tenant has uninstalled the app: its runs end, its schedules are suspended, and when the time
// of grace is over everything it has is deleted.
func (s *Service) Uninstalled(ctx context.Context, tenant string) error {
	t := s.db.ForTenant(tenant)
	return t.InTx(ctx, func(t *models.Tenant) error {
		at := s.o.Now().Add(s.o.Grace)
		changed, err := t.Uninstall(ctx, at)
		if err != nil || !changed {
			return err
		}
		return audit(ctx, t, actorHost, "app.uninstalled", "", map[string]any{"purgeAt": at.UTC().Format(time.RFC3339)})
	})
}

// Who does what nobody asked for.
const (
	actorHost     = "host"
	actorSchedule = "schedule"
	actorService  = "service"
)

// purge begins to delete everything of a tenant.
func (s *Service) purge(ctx context.Context, tenant string) error {
	return s.own(ctx, tenant, KindPurge)
}

// own begins a run of the service's own, of which there is one at a time per tenant.
func (s *Service) own(ctx context.Context, tenant string, kind Kind) error {
	info, err := s.db.ForTenant(tenant).Enqueue(ctx, models.RunSpec{Kind: kind, Fingerprint: models.Fingerprint(string(kind)), Actor: actorService})
	if errors.Is(err, models.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	s.ring(ctx, tenant, info)
	return nil
}

// whileInstalled is a transaction in which a run begins that needs the app to be installed. That is asked once more inside: from there
// on until the run is durable nobody can uninstall the app, and whoever does so then finds the run.
func whileInstalled(ctx context.Context, t *models.Tenant, fn func(*models.Tenant) error) error {
	return t.InTx(ctx, func(t *models.Tenant) error {
		if err := installed(ctx, t); err != nil {
			return err
		}
		return fn(t)
	})
}

func (s *Service) enqueue(ctx context.Context, t *models.Tenant, spec models.RunSpec, action, subject string) (models.RunInfo, error) {
	var info models.RunInfo
	err := whileInstalled(ctx, t, func(t *models.Tenant) error {
		var err error
		info, err = t.Enqueue(ctx, spec)
		if err != nil {
			return err
		}
		return audit(ctx, t, spec.Actor, action, subject, map[string]any{"run": info.ID})
	})
	if err != nil {
		return models.RunInfo{}, s.already(ctx, t, spec, err)
	}
	s.ring(ctx, t.ID(), info)
	return info, nil
}

// already turns a conflict into the run that is in the way, where there is one.
func (s *Service) already(ctx context.Context, t *models.Tenant, spec models.RunSpec, err error) error {
	if !errors.Is(err, models.ErrConflict) {
		return err
	}
	if found, look := t.FindRun(ctx, spec.Kind, spec.Fingerprint); look == nil {
		return &AlreadyRunning{RunID: found.ID}
	}
	return err
}

func (s *Service) ring(ctx context.Context, tenant string, info models.RunInfo) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), ringTimeout)
	defer cancel()
	due := models.DueRun{Tenant: tenant, ID: info.ID, Kind: info.Kind, Epoch: info.Epoch, State: info.State, Claims: info.Claims}
	if err := s.bell.Ring(ctx, due, info.NotBefore.Sub(s.o.Now())); err != nil {
		s.o.Metrics.ringFailed()
		s.log.WarnContext(ctx, "the bell could not be rung, the sweeper will find the run", logRun, info.ID, logTenant, tenant, logError, err)
	}
}

func audit(ctx context.Context, t *models.Tenant, actor, action, subject string, detail map[string]any) error {
	doc, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("audit %s: %w", action, err)
	}
	return t.Audit(ctx, models.AuditEntry{Actor: actor, Action: action, Subject: subject, Detail: doc})
}
