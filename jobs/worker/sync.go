package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"stowage/assets"
	"stowage/jobs"
	"stowage/jobs/worker/site"
	"stowage/models"
)

// stageSync is the stage of a sync.
const stageSync = "Reading schemas"

// syncAtOnce bounds the schemas that are looked at at the same time.
const syncAtOnce = 4

// sync lists the schemas of the site that the tenant is connected to.
func (w *Worker) sync(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) error {
	// One that is interrupted begins anew.
	release := live.Hold()
	defer release()
	result, err := w.syncSchemas(ctx, run, t, live)
	w.noteConnection(ctx, run, t, err)
	if err != nil {
		return w.conclude(ctx, run, live, err)
	}
	live.End(models.StateSucceeded, result, "")
	return nil
}

// noteConnection records what a sync has found out about the connection, where it is something for the user.
func (w *Worker) noteConnection(ctx context.Context, run *models.Run, t *models.Tenant, err error) {
	text, known := "", true
	if err != nil {
		text, known = sentence(err)
	}
	if !known || ctx.Err() != nil {
		return
	}
	if err := t.SetConnectionCheck(ctx, time.Now().UTC(), text); err != nil && !errors.Is(err, models.ErrNotFound) {
		w.log.WarnContext(ctx, "state of the connection was not noted", "run_id", run.ID())
	}
}

// syncSchemas reads the schemas of the current connection and records them.
func (w *Worker) syncSchemas(ctx context.Context, run *models.Run, t *models.Tenant, live *jobs.Live) (models.SyncResult, error) {
	at, err := w.instanceOf(ctx, t, "")
	if err != nil {
		return models.SyncResult{}, err
	}
	client, err := w.client(at)
	if err != nil {
		return models.SyncResult{}, err
	}
	live.Stage(stageSync, 0)
	source := site.NewSource(client)
	schemas, err := source.Schemas(ctx)
	if err != nil {
		return models.SyncResult{}, fmt.Errorf("list schemas: %w", err)
	}
	live.Stage(stageSync, int64(len(schemas)))
	seen := make([]models.SchemaSeen, len(schemas))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(syncAtOnce)
	for i, s := range schemas {
		g.Go(func() error {
			seen[i] = models.SchemaSeen{SchemaID: s.ID, Key: s.Key, Name: s.Name, Description: s.Description, Objects: int64(s.ObjectCount)}
			_, err := source.ObjectTypes(gctx, s.ID)
			if err != nil {
				if gctx.Err() != nil || Transient(err) || errors.Is(err, assets.ErrUnauthorized) {
					return fmt.Errorf("schema %s: %w", s.ID, err)
				}
				seen[i].Error = unreadableSchema(err)
			}
			live.Advance(1)
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return models.SyncResult{}, err
	}
	// The time of the claim is one that all workers agree upon. A worker that is late does not replace what another has read
	// since.
	began := run.Info().Updated
	return t.SyncSchemas(ctx, models.InstanceSeen{URL: at.SiteURL, Location: at.Location, WorkspaceID: at.WorkspaceID}, seen, began)
}

// unreadableSchema says why a schema that is listed cannot be read.
func unreadableSchema(err error) string {
	if errors.Is(err, assets.ErrForbidden) || errors.Is(err, assets.ErrNotFound) {
		return "The account of the connection may not read this schema. Give it a role in the schema, then sync again."
	}
	return "The site did not let this schema be read. Sync again later."
}
