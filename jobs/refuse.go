package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"stowage/models"
)

// planLife is how long a plan may be carried out. What it was made from has changed too much after that.
const planLife = 24 * time.Hour

func refuse(code, sentence string) error { return &Refused{Code: code, Sentence: sentence} }

func newID() string { return uuid.NewString() }

// needsLicence says which runs are refused without a licence. Looking at what is there, deleting it and taking it along
// is always possible.
func needsLicence(kind Kind) bool {
	switch kind {
	case KindSync, KindPlan, KindBackup, KindRestore:
		return true
	default:
		return false
	}
}

// Stoppable says whether people stop runs of a kind. The others are over in a moment, or the service's own.
func Stoppable(kind Kind) bool { return needsLicence(kind) }

// installed refuses what a tenant without the app cannot have.
func installed(ctx context.Context, t *models.Tenant) error {
	inst, err := t.Installation(ctx)
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	if inst.State == models.Uninstalled {
		return refuse(CodeUninstalled, "The app is not installed on this site.")
	}
	return nil
}

// mayRun refuses what a tenant without a licence, or without the app, cannot have.
func (s *Service) mayRun(ctx context.Context, t *models.Tenant) error {
	if err := installed(ctx, t); err != nil {
		return err
	}
	licence, err := t.Licence(ctx)
	if err != nil {
		return err
	}
	if ok, notice := s.Licensed(licence); !ok {
		return refuse(CodeLicence, notice)
	}
	return nil
}

// Licensed says whether a tenant with this licence may start runs, and tells it in a sentence if not. It is the one place
// that decides: what is shown to people comes from here too.
func (s *Service) Licensed(l models.Licence) (ok bool, notice string) {
	const stays = " to back up and restore again; existing backups can still be viewed, exported and deleted."
	switch l.State {
	case models.LicenceActive, models.LicenceEvaluation:
		return true, ""
	case models.LicenceExpired:
		return false, "The licence of this app has expired. Renew it in Manage apps" + stays
	case models.LicenceNone:
		return false, "There is no active licence for this app. Buy or try it in Manage apps" + stays
	default:
		if s.o.RefuseUnknown {
			return false, "The licence of this app is not known yet. Reload the page in a minute" + stays
		}
		return true, ""
	}
}

func connection(ctx context.Context, t *models.Tenant) (models.Connection, error) {
	c, err := t.Connection(ctx)
	if errors.Is(err, models.ErrNotFound) {
		return c, refuse(CodeNotConnected, "This site is not connected yet. Enter the credentials in the set-up first.")
	}
	return c, err
}

func mayBackUp(schema models.Schema, trigger string) error {
	switch {
	case schema.InstanceID != "":
		return refuse(CodeSchemaInactive, "This schema is on another instance. Only schemas of this site can be backed up.")
	case schema.Status == models.SchemaDeleted:
		return refuse(CodeSchemaDeleted, "This schema has been deleted on the site. Its backups can be restored.")
	case schema.Status == models.SchemaInactive:
		return refuse(CodeSchemaInactive, "This schema is inactive, because its site is no longer connected.")
	case schema.Status == models.SchemaSyncError && trigger == models.TriggerManual:
		// What is scheduled is tried: what the last sync has met may have passed, and nobody is there to sync again.
		return refuse(CodeSchemaUnread, "The last sync could not read this schema. Sync the schemas again, then back it up.")
	default:
		return nil
	}
}

// mayGoOn refuses to resume what works with a backup that is gone, or about to be.
func mayGoOn(ctx context.Context, t *models.Tenant, run models.RunInfo) error {
	if run.Kind != KindPlan && run.Kind != KindRestore {
		return nil
	}
	backup, err := t.Backup(ctx, run.Subject.BackupID)
	if errors.Is(err, models.ErrNotFound) {
		return refuse(CodeNotRestorable, "The backup of this run was deleted. Choose another one.")
	}
	if err != nil {
		return err
	}
	return mayRestore(backup)
}

// mayRestore asks for something that was committed. Whatever became of the backup's run after that, it can be restored.
func mayRestore(backup models.Backup) error {
	switch {
	case backup.State == models.BackupDeleting:
		return refuse(CodeNotRestorable, "This backup is being deleted.")
	case backup.SnapshotID != "":
		return nil
	case backup.State == models.BackupPending || backup.State == models.BackupRunning:
		return refuse(CodeNotRestorable, "This backup is not finished yet.")
	default:
		return refuse(CodeNotRestorable, "This backup did not come to its end, so there is nothing to restore.")
	}
}

func mayApply(plan models.Plan, at time.Time) error {
	switch {
	case plan.State == models.PlanPending:
		return refuse(CodePlanNotReady, "The plan of this restore is not ready yet.")
	case plan.State != models.PlanReady:
		return refuse(CodePlanNotReady, "The plan of this restore could not be made.")
	case at.Sub(plan.CreatedAt) > planLife:
		return refuse(CodePlanStale, "The plan of this restore is more than a day old. Make a new one.")
	default:
		return nil
	}
}

// destination is where a restore goes.
type destination struct {
	name, url, workspaceID string
}

func destinationOf(ctx context.Context, t *models.Tenant, spec RestoreSpec) (destination, error) {
	switch spec.Destination {
	case models.DestinationCurrent:
		if spec.TargetID != "" {
			return destination{}, refuse(CodeBadRequest, "A restore to the current instance names no target instance.")
		}
		c, err := connection(ctx, t)
		return destination{url: c.SiteURL, workspaceID: c.WorkspaceID}, err
	case models.DestinationInstance:
		target, err := t.Target(ctx, spec.TargetID)
		if errors.Is(err, models.ErrNotFound) {
			return destination{}, refuse(CodeTargetMissing, "The target instance of this restore is no longer configured.")
		}
		return destination{name: target.Name, url: target.URL, workspaceID: target.WorkspaceID}, err
	default:
		return destination{}, refuse(CodeBadRequest, "A restore goes to the current instance or to another one.")
	}
}
