package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"stowage/internal/runstate"
)

// Heartbeat renews the lease, publishes how far the run has come (nil leaves it as it is) and says whether somebody asked
// the run to stop. It is one statement, and fails with ErrLeaseLost when the lease is lost.
func (r *Run) Heartbeat(ctx context.Context, p *RunProgress) (stop bool, err error) {
	db := r.tenant.db
	set, args := "lease_until = ?, updated_at = ?", []any{db.after(r.ttl), db.after(0)}
	if p != nil {
		doc, err := json.Marshal(p)
		if err != nil {
			return false, fmt.Errorf("heartbeat of run %s: %w", r.info.ID, err)
		}
		set += ", progress = ?"
		args = append(args, storable(string(doc)))
	}
	var states []string
	err = db.gorm.WithContext(ctx).Raw("UPDATE runs SET "+set+
		" WHERE tenant_id = ? AND id = ? AND lease_token = ? AND finished_at IS NULL AND lease_owner <> '' RETURNING state",
		append(args, r.tenant.id, r.info.ID, r.token)...).Scan(&states).Error
	if err == nil && len(states) == 0 {
		err = ErrLeaseLost
	}
	if err != nil {
		return false, wrapped("heartbeat of run "+r.info.ID, err)
	}
	return State(states[0]) == StateStopping, nil
}

// Requeue gives the lease back and queues the run again, not to be claimed before delay has passed. Reason is shown while
// it waits. Checkpoint, journal and log stay, and the count of failed tries begins anew. It fails with ErrStopping when
// somebody asked the run to stop meanwhile: then the run is to be ended. It works also when ctx has been cancelled.
func (r *Run) Requeue(ctx context.Context, delay time.Duration, reason string) (epoch int64, err error) {
	return r.requeue(ctx, "requeue", delay, reason, 0)
}

// Retry is Requeue after a try that failed: it counts the failed try.
func (r *Run) Retry(ctx context.Context, delay time.Duration, message string) (epoch int64, err error) {
	return r.requeue(ctx, "retry", delay, message, gorm.Expr("attempts + 1"))
}

func (r *Run) requeue(ctx context.Context, verb string, delay time.Duration, reason string, attempts any) (epoch int64, err error) {
	err = r.end(ctx, verb, func(tx *gorm.DB) error {
		message, err := r.tenant.sealText(tx, reason, "runs", "message", r.info.ID)
		if err != nil {
			return err
		}
		was, err := r.leave(tx, runstate.Requeue, map[string]any{
			"not_before": r.tenant.db.after(delay), "waiting_since": r.tenant.db.after(0), "epoch": gorm.Expr("epoch + 1"),
			"attempts": attempts, "message": message,
		})
		epoch = was.Epoch + 1
		return err
	})
	return epoch, err
}

// End ends the run in a state that is final, and with it the backup, the restore or the plan it works on. Result is kept
// as JSON, message for people. The checkpoint of a run that can be resumed stays. It works also when ctx has been
// cancelled.
func (r *Run) End(ctx context.Context, state State, result any, message string) error {
	return r.finish(ctx, ending{state: state, result: result, message: message})
}

// EndBackup is End, and changes the backup the run writes in the same transaction.
func (r *Run) EndBackup(ctx context.Context, state State, result any, message string, change func(*Backup)) error {
	return r.finish(ctx, ending{state: state, result: result, message: message, also: func(tx *gorm.DB) error {
		return r.changeBackup(tx, change)
	}})
}

// EndRestore is End, and changes the restore the run works on in the same transaction.
func (r *Run) EndRestore(ctx context.Context, state State, result any, message string, change func(*Restore)) error {
	return r.finish(ctx, ending{state: state, result: result, message: message, also: func(tx *gorm.DB) error {
		return r.changeRestore(tx, change)
	}})
}

// EndPlan is End of a run that made a plan, or could not.
func (r *Run) EndPlan(ctx context.Context, state State, result any, message string, plan PlanResult) error {
	return r.finish(ctx, ending{state: state, result: result, message: message, also: func(tx *gorm.DB) error {
		return r.keepPlan(tx, plan)
	}})
}

// UpdateBackup changes the backup the run writes. What is not the run's to change is kept: identity, number, description
// and state.
func (r *Run) UpdateBackup(ctx context.Context, change func(*Backup)) error {
	err := r.fenced(ctx, func(tx *gorm.DB) error { return r.changeBackup(tx, change) })
	return wrapped("update the backup of run "+r.info.ID, err)
}

// UpdateRestore changes the restore the run works on. What is not the run's to change is kept: identity, number and
// state.
func (r *Run) UpdateRestore(ctx context.Context, change func(*Restore)) error {
	err := r.fenced(ctx, func(tx *gorm.DB) error { return r.changeRestore(tx, change) })
	return wrapped("update the restore of run "+r.info.ID, err)
}

// ending is how a run comes to its end.
type ending struct {
	state   State
	result  any
	message string
	// forget drops the checkpoint also when the run could be resumed.
	forget bool
	also   func(tx *gorm.DB) error
}

// endings are the events that lead to the final states.
var endings = map[State]runstate.Event{
	StateSucceeded: runstate.Succeed, StatePartial: runstate.SucceedPartly, StateFailed: runstate.Fail, StateTerminated: runstate.Terminate,
}

func (r *Run) finish(ctx context.Context, e ending) error {
	event, ok := endings[e.state]
	if !ok {
		return fmt.Errorf("finish run %s: %s is no end", r.info.ID, e.state)
	}
	doc, err := json.Marshal(e.result)
	if err != nil {
		return fmt.Errorf("finish run %s: %w", r.info.ID, err)
	}
	return r.end(ctx, "finish", func(tx *gorm.DB) error {
		if e.also != nil {
			if err := e.also(tx); err != nil {
				return err
			}
		}
		at, err := r.tenant.db.time(tx)
		if err != nil {
			return err
		}
		result, err := r.tenant.sealText(tx, string(doc), "runs", "result", r.info.ID)
		if err != nil {
			return err
		}
		if e.state == StateTerminated && e.message == "" {
			if e.message, err = r.whyStopped(tx); err != nil {
				return err
			}
		}
		message, err := r.tenant.sealText(tx, e.message, "runs", "message", r.info.ID)
		if err != nil {
			return err
		}
		row, err := r.leave(tx, event, map[string]any{"result": result, "message": message, "finished_at": at})
		if err != nil {
			return err
		}
		if done := e.state == StateSucceeded || e.state == StatePartial; done || e.forget {
			if err := tx.Where("tenant_id = ? AND run_id = ?", r.tenant.id, r.info.ID).Delete(&checkpointRow{}).Error; err != nil {
				return err
			}
		}
		return r.tenant.follow(tx, &row, e.state, at, e.message)
	})
}

// whyStopped is what whoever asked the run to stop had to say to people.
func (r *Run) whyStopped(tx *gorm.DB) (string, error) {
	var row runRow
	if err := r.tenant.row(tx.Select("message"), r.info.ID).Take(&row).Error; err != nil {
		return "", err
	}
	open := r.tenant.opener(tx)
	return open.text(row.Message, "runs", "message", r.info.ID), open.err
}

// leave gives up the lease by an event and returns the row as it was before. It runs within a transaction that holds the
// fence.
func (r *Run) leave(tx *gorm.DB, event runstate.Event, changes map[string]any) (was runRow, err error) {
	if err := r.tenant.row(tx, r.info.ID).Take(&was).Error; err != nil {
		return was, err
	}
	next, err := runstate.Next(State(was.State), event)
	if err != nil {
		if State(was.State) == StateStopping {
			return was, fmt.Errorf("%w: %w", ErrStopping, err)
		}
		return was, err
	}
	if changes == nil {
		changes = map[string]any{}
	}
	changes["state"], changes["lease_owner"], changes["lease_until"] = string(next), "", nil
	return was, r.held(tx).Updates(changes).Error
}
