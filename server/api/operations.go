package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// answer is a body that is answered.
type answer[T any] struct{ Body T }

// accepted is the answer to a request for a run: the work is done later, and Location is where to look.
type accepted[T any] struct {
	Location string `header:"Location" doc:"Where the run can be looked at."`
	Body     T
}

// nothing is the answer without a body.
type nothing struct{}

// Once is the header of requests that must not take effect twice.
type Once struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"128" doc:"A word made up by the caller, one per intended effect. The same request with the same key is answered again and does nothing twice; keys are kept for a day."`
}

// ByID is the input of requests about one thing.
type ByID struct {
	ID string `path:"id" doc:"The id."`
}

// Paged is the part of a query that pages.
type Paged struct {
	Cursor string `query:"cursor" maxLength:"512" doc:"The cursor of an earlier answer."`
}

const (
	tagSession    = "Session"
	tagConnection = "Connection"
	tagSchemas    = "Schemas"
	tagBackups    = "Backups"
	tagRestores   = "Restores"
	tagRuns       = "Runs"
	tagTargets    = "Target instances"
	tagAudit      = "Audit"
)

// bodyTime is how long a body may take to arrive.
const bodyTime = 5 * time.Second

// operations registers every operation.
func (a *handlers) operations(h huma.API) {
	get(a, h, "/session", "getSession", tagSession, "Who is calling, and what this installation offers", a.getSession)
	get(a, h, "/licence", "getLicence", tagSession, "The licence and its history", a.getLicence)

	get(a, h, "/connection", "getConnection", tagConnection, "The current connection", a.getConnection)
	post(a, h, "/connection/check", "checkConnection", tagConnection, "Try credentials without saving them", a.checkConnection)
	post(a, h, "/connection/workspace", "findWorkspace", tagConnection, "Look up the Assets workspace of the site", a.findWorkspace)
	put(a, h, "/connection", "saveConnection", tagConnection, "Try credentials and save them", a.saveConnection)
	put(a, h, "/connection/storage", "chooseStorage", tagConnection, "Choose where backups are kept", a.chooseStorage)
	remove(a, h, "/connection", "deleteConnection", tagConnection, "Delete the connection; backups are kept, set-up begins again", a.deleteConnection)
	start(a, h, "/sync", "startSync", tagConnection, "Sync the schemas; a sync that is under way is answered as it is", a.startSync)

	get(a, h, "/schemas", "listSchemas", tagSchemas, "The synced schemas", a.listSchemas)
	get(a, h, "/schemas/names", "findNamesInUse", tagSchemas, "Whether a schema on this site has a name or a key, as of the last sync", a.findNamesInUse)
	get(a, h, "/schemas/{id}", "getSchema", tagSchemas, "One schema", a.getSchema)
	remove(a, h, "/schemas/{id}", "deleteSchema", tagSchemas, "Take a schema out of the grid; one with status Deleted goes with its backups, another comes back with the next sync", a.deleteSchema)

	start(a, h, "/schemas/{id}/backups", "startBackup", tagBackups, "Back up a schema now", a.startBackup)
	get(a, h, "/schemas/{id}/backups", "listBackups", tagBackups, "The backups of a schema, newest first", a.listBackups)
	get(a, h, "/backups/{id}", "getBackup", tagBackups, "One backup with its object types", a.getBackup)
	patch(a, h, "/backups/{id}", "updateBackup", tagBackups, "Change the description of a backup", a.updateBackup)
	removeLater(a, h, "/backups/{id}", "deleteBackup", tagBackups, "Delete a backup for good", a.deleteBackup)

	start(a, h, "/plans", "startPlan", tagRestores, "Find out what a restore would do", a.startPlan)
	get(a, h, "/plans/{id}", "getPlan", tagRestores, "One plan", a.getPlan)
	start(a, h, "/restores", "startRestore", tagRestores, "Do what a plan says", a.startRestore)
	get(a, h, "/restores", "listRestores", tagRestores, "The restores, newest first", a.listRestores)
	get(a, h, "/restores/{id}", "getRestore", tagRestores, "One restore", a.getRestore)
	a.restoreLogOperation(h)

	get(a, h, "/runs/{id}", "getRun", tagRuns, "One run", a.getRun)
	post(a, h, "/runs/{id}/stop", "stopRun", tagRuns, "Stop a run; asking twice changes nothing", a.stopRun)
	start(a, h, "/runs/{id}/resume", "resumeRun", tagRuns, "Go on with a run that was stopped or failed", a.resumeRun)
	get(a, h, "/runs/{id}/log", "getRunLog", tagRuns, "The log of a run behind a place; without one, its last lines", a.getRunLog)
	a.runEventsOperation(h)

	get(a, h, "/targets", "listTargets", tagTargets, "The target instances", a.listTargets)
	create(a, h, "/targets", "createTarget", tagTargets, "Try a target instance and add it", a.createTarget)
	post(a, h, "/targets/check", "checkTarget", tagTargets, "Try a target instance without saving it", a.checkTarget)
	get(a, h, "/targets/{id}", "getTarget", tagTargets, "One target instance", a.getTarget)
	put(a, h, "/targets/{id}", "updateTarget", tagTargets, "Try a target instance and change it", a.updateTarget)
	remove(a, h, "/targets/{id}", "deleteTarget", tagTargets, "Take a target instance out of the list", a.deleteTarget)

	get(a, h, "/audit", "listAudit", tagAudit, "What was done and by whom, newest first", a.listAudit)
}

// handler is what answers an operation for whoever asks.
type handler[I, O any] = func(context.Context, caller, *I) (*O, error)

func get[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodGet, path, id, tag, summary, http.StatusOK, f)
}

func post[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodPost, path, id, tag, summary, http.StatusOK, f)
}

func create[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodPost, path, id, tag, summary, http.StatusCreated, f)
}

func start[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodPost, path, id, tag, summary, http.StatusAccepted, f)
}

func put[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodPut, path, id, tag, summary, http.StatusOK, f)
}

func patch[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodPatch, path, id, tag, summary, http.StatusOK, f)
}

func remove[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodDelete, path, id, tag, summary, http.StatusNoContent, f)
}

func removeLater[I, O any](a *handlers, h huma.API, path, id, tag, summary string, f handler[I, O]) {
	register(a, h, http.MethodDelete, path, id, tag, summary, http.StatusAccepted, f)
}

func register[I, O any](a *handlers, h huma.API, method, path, id, tag, summary string, status int, f handler[I, O]) {
	huma.Register(h, operation(h, method, path, id, tag, summary, status), answering(a, f))
}

// answering finds out who asks and gives every error its form.
func answering[I, O any](a *handlers, f handler[I, O]) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		c, err := a.caller(ctx)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		out, err := f(ctx, c, in)
		if err != nil {
			return nil, a.fail(ctx, err)
		}
		return out, nil
	}
}

// operation describes an operation, with what all of them share.
func operation(h huma.API, method, path, id, tag, summary string, status int) huma.Operation {
	problem := h.OpenAPI().Components.Schemas.Schema(problemType, true, "Problem")
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Tags: []string{tag}, Summary: summary, DefaultStatus: status,
		MaxBodyBytes: maxBody, BodyReadTimeout: bodyTime, RejectUnknownQueryParameters: true,
		Security: []map[string][]string{{securityContext: {}}},
		Responses: map[string]*huma.Response{"default": {
			Description: "What went wrong",
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
		}},
	}
}
