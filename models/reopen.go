package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"stowage/internal/runstate"
)

// ReopenRun claims the newest run of the spec, finished or not, unless it failed, so that its journal is at hand again;
// where there is none it starts a new one. Again says which; Info tells the state the run was found in. It fails with a
// *BusyError when another process is working on it.
func (t *Tenant) ReopenRun(ctx context.Context, spec RunSpec) (run *Run, again bool, err error) {
	var row runRow
	err = t.rows(ctx).Where("kind = ? AND fingerprint = ? AND state IN ?", string(spec.Kind), spec.Fingerprint,
		[]string{string(StateSucceeded), string(StatePartial)}).Order("created_at DESC, id DESC").Take(&row).Error
	switch err = translate(err); {
	case errors.Is(err, ErrNotFound):
		return t.OpenRun(ctx, spec)
	case err != nil:
		return nil, false, fmt.Errorf("reopen run: %w", err)
	}
	if _, err := t.FindRun(ctx, spec.Kind, spec.Fingerprint); err == nil {
		// A later attempt is unfinished: it goes first.
		return t.OpenRun(ctx, spec)
	}
	open := t.opener(t.db.gorm.WithContext(ctx))
	found := row.info(open)
	if open.err != nil {
		return nil, false, wrapped("reopen run "+row.ID, open.err)
	}
	state, from := become(runstate.Reopen)
	res := t.db.gorm.WithContext(ctx).Model(&runRow{}).
		Where("tenant_id = ? AND id = ? AND finished_at IS NOT NULL AND state IN ?", t.id, row.ID, from).
		Updates(map[string]any{"finished_at": gorm.Expr("NULL"), "state": state, "updated_at": t.db.now()})
	if err := translate(res.Error); err != nil && !errors.Is(err, ErrConflict) {
		return nil, false, fmt.Errorf("reopen run %s: %w", row.ID, err)
	}
	run, err = t.ClaimRun(ctx, row.ID)
	if err != nil {
		return nil, false, err
	}
	run.info.State, run.info.Result = found.State, found.Result
	return run, true, nil
}
