package jobs

import (
	"context"
	"errors"

	"stowage/models"
)

// StartSync begins to read the list of schemas of the tenant's site.
func (s *Service) StartSync(ctx context.Context, tenant, actor string) (models.RunInfo, error) {
	t := s.db.ForTenant(tenant)
	if err := s.mayRun(ctx, t); err != nil {
		return models.RunInfo{}, err
	}
	if _, err := connection(ctx, t); err != nil {
		return models.RunInfo{}, err
	}
	return s.enqueue(ctx, t, syncSpec(t, actor, "sync"), "sync.start", "")
}

// listRestored has the schemas of a tenant's site listed anew when a restore ends that has made one there, however it ends.
// That it cannot be done does not make a restore fail.
func (s *Service) listRestored(ctx context.Context, t *models.Tenant, run models.RunInfo) {
	if run.Kind != KindRestore || run.Subject.RestoreID == "" || run.Started.IsZero() {
		return
	}
	row, err := t.Restore(ctx, run.Subject.RestoreID)
	if err == nil && (row.TargetID != "" || row.TargetSchemaID == "") {
		return
	}
	if err == nil {
		err = s.syncAgain(ctx, t.ID(), run.Actor)
	}
	if err != nil {
		s.log.WarnContext(ctx, "no sync after the restore", logRun, run.ID, logTenant, t.ID(), logError, err)
	}
}

// syncAgain is StartSync after the site has changed: a sync that is worked on by now may have looked before that, so that
// another one is queued behind it. One that waits is enough.
func (s *Service) syncAgain(ctx context.Context, tenant, actor string) error {
	_, err := s.StartSync(ctx, tenant, actor)
	if errors.Is(err, models.ErrConflict) {
		// The one that was in the way has ended meanwhile.
		_, err = s.StartSync(ctx, tenant, actor)
	}
	running, ok := errors.AsType[*AlreadyRunning](err)
	if !ok {
		return err
	}
	t := s.db.ForTenant(tenant)
	if info, err := t.GetRun(ctx, running.RunID); err != nil || info.State == models.StateQueued {
		return err
	}
	_, err = s.enqueue(ctx, t, syncSpec(t, actor, "sync again"), "sync.start", "")
	if _, ok := errors.AsType[*AlreadyRunning](err); ok {
		// It waits: only one of the two is worked on at a time.
		return nil
	}
	return err
}

// syncSpec describes a sync. Those of a tenant go one after the other.
func syncSpec(t *models.Tenant, actor, which string) models.RunSpec {
	return models.RunSpec{Kind: KindSync, Fingerprint: models.Fingerprint(which), Actor: actor, TargetKey: "schemas/" + t.ID()}
}
