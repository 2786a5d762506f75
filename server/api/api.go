package api

import (
	"context"
	"io"
	"log/slog"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"stowage/jobs"
	"stowage/models"
)

// Tenants hands out the handle of one tenant. *models.DB satisfies it.
type Tenants interface {
	ForTenant(id string) *models.Tenant
}

// Runs starts, stops and resumes runs. All rules about what may start stand behind it. Every method may be called from
// several goroutines, answers models.ErrNotFound for ids the tenant does not have, *jobs.AlreadyRunning where the same is
// being done, and *jobs.Refused where something forbids it. *jobs.Service satisfies it.
type Runs interface {
	StartSync(ctx context.Context, tenant, actor string) (models.RunInfo, error)
	StartBackup(ctx context.Context, tenant, actor string, spec jobs.BackupSpec) (models.RunInfo, models.Backup, error)
	StartPlan(ctx context.Context, tenant, actor string, spec jobs.RestoreSpec) (models.RunInfo, models.Plan, error)
	StartRestore(ctx context.Context, tenant, actor, planID string) (models.RunInfo, models.Restore, error)
	DeleteBackup(ctx context.Context, tenant, actor, backupID string) (models.RunInfo, error)
	Stop(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error)
	Resume(ctx context.Context, tenant, actor, runID string) (models.RunInfo, error)
	// ForgetSchema takes a schema out of the grid. The run it answers, which has no id where none is needed, deletes what the
	// backups of a deleted schema have stored.
	ForgetSchema(ctx context.Context, tenant, actor, schemaID string) (models.RunInfo, error)
	// Licensed says whether new runs may start with a licence, and what to tell people about it.
	Licensed(l models.Licence) (ok bool, notice string)
}

// Checker tries credentials on a site. It saves nothing, and does not wait longer than a person does. What is wrong with
// them it answers as a *jobs.CheckError.
type Checker interface {
	Check(ctx context.Context, spec jobs.CheckSpec) (jobs.Checked, error)
}

// Library reads from backups what no table holds.
type Library interface {
	// RestoreLog writes the full log of a restore as one JSON array. It fails with models.ErrNotFound before anything is
	// written where there is none.
	RestoreLog(ctx context.Context, tenant, restoreID string, w io.Writer) error
}

// Config is what the API needs.
type Config struct {
	Tenants Tenants
	Runs    Runs
	Checker Checker
	Library Library
	Log     *slog.Logger
	// Version is the version of the program.
	Version string
	// Features is what this installation offers.
	Features Features
	// StorageLabel names the builtin storage for people.
	StorageLabel string
}

// API is the JSON API. Close ends the streams that are open.
type API struct {
	handlers *handlers
}

// handlers answers the operations.
type handlers struct {
	Config
	live      *live
	downloads *downloads
}

// New makes an API.
func New(c Config) *API {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &API{handlers: &handlers{Config: c, live: newLive(), downloads: newDownloads()}}
}

// Mount registers the operations on a group, whose middleware has authenticated the caller.
func (a *API) Mount(engine *gin.Engine, group *gin.RouterGroup) huma.API {
	group.Use(a.handlers.idempotent)
	return a.handlers.mount(engine, group)
}

// Close ends the streams that are open and those that are opened from now on.
func (a *API) Close() { a.handlers.live.close() }
