package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"stowage/models"
)

// Bell tells workers that a run is due. A ring may be lost, doubled or late without harm: the database says what is to be
// done, the bell only when to look. Ring may be called from several goroutines.
type Bell interface {
	// Ring wakes a worker for the run after delay. Ringing for a run that has been rung for already is no error.
	Ring(ctx context.Context, run models.DueRun, delay time.Duration) error
}

// Everything that decides how a task behaves in Asynq stands here and nowhere else. A task is a ring, not a run: it fails
// never, and one that was taken by a worker that died comes back at most this often.
const (
	taskPrefix   = "run:"
	taskMaxRetry = 1000
	// taskTimeout is far beyond any slice. Asynq repeats a task whose time is over without waiting for its handler; the
	// lease of the run would see to it that nothing is done twice.
	taskTimeout = 24 * time.Hour
)

// ring is the payload of a task: which run, and nothing else of it.
type ring struct {
	Tenant string `json:"tenant"`
	Run    string `json:"run"`
	Epoch  int64  `json:"epoch"`
}

type asynqBell struct {
	client *asynq.Client
}

// NewBell hangs the bell of a Redis.
func NewBell(r *Redis) Bell {
	return &asynqBell{client: asynq.NewClientFromRedisClient(r.shared)}
}

// Ring implements Bell.
func (b *asynqBell) Ring(ctx context.Context, run models.DueRun, delay time.Duration) error {
	queue, known := Queue(run.Kind)
	if !known {
		return fmt.Errorf("ring for run %s: kind %q is not known", run.ID, run.Kind)
	}
	payload, err := json.Marshal(ring{Tenant: run.Tenant, Run: run.ID, Epoch: run.Epoch})
	if err != nil {
		return fmt.Errorf("ring for run %s: %w", run.ID, err)
	}
	opts := []asynq.Option{
		asynq.TaskID(taskID(run)), asynq.Queue(queue), asynq.MaxRetry(taskMaxRetry), asynq.Timeout(taskTimeout),
	}
	if delay > 0 {
		opts = append(opts, asynq.ProcessIn(delay))
	}
	_, err = b.client.EnqueueContext(ctx, asynq.NewTask(taskPrefix+string(run.Kind), payload), opts...)
	if err != nil && !errors.Is(err, asynq.ErrTaskIDConflict) {
		return fmt.Errorf("ring for run %s: %w", run.ID, err)
	}
	return nil
}

// taskID names a ring. A task keeps its id while its handler works on it, so the number of claims stands in it: a run that
// is put back can be rung for while the task of its last claim is still there.
func taskID(run models.DueRun) string {
	return fmt.Sprintf("%s:%d:%d", run.ID, run.Epoch, run.Claims)
}

// kindOf reads the kind out of the type of a task. The whole of it has to be a kind we know.
func kindOf(task *asynq.Task) (Kind, bool) {
	name, ok := strings.CutPrefix(task.Type(), taskPrefix)
	if !ok {
		return "", false
	}
	_, known := Queue(Kind(name))
	return Kind(name), known
}
