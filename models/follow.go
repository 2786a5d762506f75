package models

import (
	"time"

	"gorm.io/gorm"
)

// What a run works on shows where the run stands. These are the words for it.
var (
	backupStates = map[State]string{
		StateQueued: BackupPending, StateRunning: BackupRunning, StateStopping: BackupRunning, StateTerminated: BackupTerminated,
		StateSucceeded: BackupComplete, StatePartial: BackupPartial, StateFailed: BackupFailed,
	}
	restoreStates = map[State]string{
		StateQueued: RestorePending, StateRunning: RestoreRunning, StateStopping: RestoreStopping, StateTerminated: RestoreTerminated,
		StateSucceeded: RestoreCompleted, StatePartial: RestoreCompletedWithErrors, StateFailed: RestoreError,
	}
	planStates = map[State]string{
		StateQueued: PlanPending, StateRunning: PlanPending, StateStopping: PlanPending, StateTerminated: PlanFailed,
		StateSucceeded: PlanReady, StatePartial: PlanReady, StateFailed: PlanFailed,
	}
	// What became of a backup whose deletion came to no good end is not known. It can be deleted again.
	deletionStates = map[State]string{
		StateQueued: BackupDeleting, StateRunning: BackupDeleting, StateStopping: BackupDeleting, StateTerminated: BackupFailed,
		StateSucceeded: BackupDeleting, StatePartial: BackupDeleting, StateFailed: BackupFailed,
	}
)

// follow brings the row a run works on after the run, in the transaction that changes the run: whatever ends a run, no
// backup stays pending. A run that waits again shows no change, but for one that was resumed.
func (t *Tenant) follow(tx *gorm.DB, run *runRow, state State, at time.Time, message string) error {
	resumed := state == StateQueued
	var res *gorm.DB
	switch {
	case run.Kind == string(KindBackup) && run.SubjectBackup != "":
		text, err := t.sealText(tx, message, "backups", "message", run.SubjectBackup)
		if err != nil {
			return err
		}
		changes := followed(backupStates[state], "finished_at", state, at, text)
		res = t.row(tx.Model(&backupRow{}), run.SubjectBackup).Where("state <> ?", BackupDeleting).Updates(changes)
	case run.Kind == string(KindDeleteBackup) && run.SubjectBackup != "":
		text, err := t.sealText(tx, message, "backups", "message", run.SubjectBackup)
		if err != nil {
			return err
		}
		res = t.row(tx.Model(&backupRow{}), run.SubjectBackup).Updates(spoken(deletionStates[state], resumed, text))
	case run.Kind == string(KindRestore) && run.SubjectRestore != "":
		text, err := t.sealText(tx, message, "restores", "message", run.SubjectRestore)
		if err != nil {
			return err
		}
		changes := followed(restoreStates[state], "ended_at", state, at, text)
		res = t.row(tx.Model(&restoreRow{}), run.SubjectRestore).Updates(changes)
	case run.Kind == string(KindPlan) && run.SubjectPlan != "":
		text, err := t.sealText(tx, message, "plans", "message", run.SubjectPlan)
		if err != nil {
			return err
		}
		res = t.row(tx.Model(&planRow{}), run.SubjectPlan).Updates(spoken(planStates[state], resumed, text))
	default:
		return nil
	}
	switch {
	case res.Error != nil:
		return res.Error
	case res.RowsAffected == 0 && resumed:
		return ErrConflict // what it worked on is gone, or about to be
	case res.RowsAffected == 0:
		return nil
	}
	if run.Kind == string(KindBackup) && state.Final() {
		return t.noteBackup(tx, run, state, at, message)
	}
	return nil
}

func followed(word, ended string, state State, at time.Time, message string) map[string]any {
	changes := map[string]any{"state": word}
	switch {
	case state.Final():
		changes[ended] = at
	case state == StateQueued:
		changes[ended], changes["message"] = nil, ""
	case state == StateRunning:
		changes["started_at"] = gorm.Expr("COALESCE(started_at, ?)", at)
	}
	if message != "" {
		changes["message"] = message
	}
	return changes
}

// spoken is followed for a row that has no time of its end.
func spoken(word string, resumed bool, message string) map[string]any {
	changes := map[string]any{"state": word}
	if message != "" || resumed {
		changes["message"] = message
	}
	return changes
}

// noteBackup writes at the schema how its last backup ended.
func (t *Tenant) noteBackup(tx *gorm.DB, run *runRow, state State, at time.Time, message string) error {
	changes := map[string]any{}
	if state == StateSucceeded || state == StatePartial {
		changes["last_backup_id"], changes["last_backup_at"] = run.SubjectBackup, at
		changes["last_backup_error"], changes["last_backup_error_at"] = "", nil
	}
	if state == StatePartial || state == StateFailed {
		text, err := t.sealText(tx, message, "schemas", "last_backup_error", run.SubjectSchema)
		if err != nil {
			return err
		}
		changes["last_backup_error"], changes["last_backup_error_at"] = text, at
	}
	if len(changes) == 0 {
		return nil
	}
	return t.row(tx.Model(&schemaRow{}), run.SubjectSchema).Updates(changes).Error
}
