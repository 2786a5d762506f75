package api

import (
	"context"
	"errors"
)

var errNotYet = errors.New("not built yet")

func (a *handlers) getSession(context.Context, *struct{}) (*answer[Session], error) {
	return nil, errNotYet
}

func (a *handlers) getLicence(context.Context, *struct{}) (*answer[LicenceDetails], error) {
	return nil, errNotYet
}

func (a *handlers) getConnection(context.Context, *struct{}) (*answer[Connection], error) {
	return nil, errNotYet
}

func (a *handlers) checkConnection(context.Context, *connectionTrialInput) (*answer[Checked], error) {
	return nil, errNotYet
}

func (a *handlers) findWorkspace(context.Context, *workspaceInput) (*answer[Workspace], error) {
	return nil, errNotYet
}

func (a *handlers) saveConnection(context.Context, *connectionInput) (*answer[Connection], error) {
	return nil, errNotYet
}

func (a *handlers) chooseStorage(context.Context, *storageInput) (*answer[Connection], error) {
	return nil, errNotYet
}

func (a *handlers) deleteConnection(context.Context, *confirmInput) (*nothing, error) {
	return nil, errNotYet
}

func (a *handlers) startSync(context.Context, *syncInput) (*accepted[Run], error) {
	return nil, errNotYet
}

func (a *handlers) listSchemas(context.Context, *schemasInput) (*answer[SchemaList], error) {
	return nil, errNotYet
}

func (a *handlers) getSchema(context.Context, *ByID) (*answer[Schema], error) { return nil, errNotYet }

func (a *handlers) deleteSchema(context.Context, *deleteSchemaInput) (*nothing, error) {
	return nil, errNotYet
}

func (a *handlers) startBackup(context.Context, *startBackupInput) (*accepted[BackupStarted], error) {
	return nil, errNotYet
}

func (a *handlers) listBackups(context.Context, *backupsInput) (*answer[BackupList], error) {
	return nil, errNotYet
}

func (a *handlers) getBackup(context.Context, *ByID) (*answer[Backup], error) { return nil, errNotYet }

func (a *handlers) updateBackup(context.Context, *updateBackupInput) (*answer[Backup], error) {
	return nil, errNotYet
}

func (a *handlers) deleteBackup(context.Context, *deleteBackupInput) (*accepted[Run], error) {
	return nil, errNotYet
}

func (a *handlers) startPlan(context.Context, *planInput) (*accepted[PlanStarted], error) {
	return nil, errNotYet
}

func (a *handlers) getPlan(context.Context, *ByID) (*answer[Plan], error) { return nil, errNotYet }

func (a *handlers) startRestore(context.Context, *restoreInput) (*accepted[RestoreStarted], error) {
	return nil, errNotYet
}

func (a *handlers) listRestores(context.Context, *restoresInput) (*answer[RestoreList], error) {
	return nil, errNotYet
}

func (a *handlers) getRestore(context.Context, *ByID) (*answer[Restore], error) {
	return nil, errNotYet
}

func (a *handlers) getRestoreLog(context.Context, *ByID) (*stream, error) { return nil, errNotYet }

func (a *handlers) getRun(context.Context, *ByID) (*answer[Run], error) { return nil, errNotYet }

func (a *handlers) stopRun(context.Context, *runInput) (*answer[Run], error) { return nil, errNotYet }

func (a *handlers) resumeRun(context.Context, *runInput) (*accepted[Run], error) {
	return nil, errNotYet
}

func (a *handlers) getRunLog(context.Context, *logInput) (*answer[LogPage], error) {
	return nil, errNotYet
}

func (a *handlers) followRun(context.Context, *eventsInput) (*stream, error) { return nil, errNotYet }

func (a *handlers) listTargets(context.Context, *struct{}) (*answer[TargetList], error) {
	return nil, errNotYet
}

func (a *handlers) createTarget(context.Context, *createTargetInput) (*answer[Target], error) {
	return nil, errNotYet
}

func (a *handlers) checkTarget(context.Context, *targetTrialInput) (*answer[Checked], error) {
	return nil, errNotYet
}

func (a *handlers) getTarget(context.Context, *ByID) (*answer[Target], error) { return nil, errNotYet }

func (a *handlers) updateTarget(context.Context, *updateTargetInput) (*answer[Target], error) {
	return nil, errNotYet
}

func (a *handlers) deleteTarget(context.Context, *ByID) (*nothing, error) { return nil, errNotYet }

func (a *handlers) listAudit(context.Context, *auditInput) (*answer[AuditList], error) {
	return nil, errNotYet
}
