package jobs

import (
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hibiken/asynq"

	"stowage/internal/redact"
	"stowage/models"
)

func TestARingSaysWhichRunAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := openRedis(t, redact.Secret{})
		bell := NewBell(r)
		due := models.DueRun{Tenant: "acme", ID: "r1", Kind: KindRestore, Epoch: 2, Claims: 3}
		for range 3 {
			if err := bell.Ring(t.Context(), due, 0); err != nil {
				t.Fatalf("ringing again is an error: %v", err)
			}
		}
		later := models.DueRun{Tenant: "acme", ID: "r2", Kind: KindSync}
		if err := bell.Ring(t.Context(), later, time.Hour); err != nil {
			t.Fatal(err)
		}
		look := asynq.NewInspectorFromRedisClient(r.shared)
		waiting, err := look.ListPendingTasks(QueueLong)
		if err != nil || len(waiting) != 1 {
			t.Fatalf("%d rings wait: %v", len(waiting), err)
		}
		var payload map[string]any
		if err := json.Unmarshal(waiting[0].Payload, &payload); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]any{"tenant": "acme", "run": "r1", "epoch": 2.0}, payload); diff != "" {
			t.Error(diff)
		}
		task := waiting[0]
		if task.ID != "r1:2:3" || task.MaxRetry != taskMaxRetry || task.Timeout != taskTimeout || task.Type != "run:restore" {
			t.Errorf("%+v", task)
		}
		planned, err := look.ListScheduledTasks(QueueShort)
		if err != nil || len(planned) != 1 || time.Until(planned[0].NextProcessAt).Round(time.Second) != time.Hour {
			t.Errorf("%v: %v", planned, err)
		}
	})
}

func TestARingOfAnUnknownKindIsRefused(t *testing.T) {
	t.Parallel()
	r := openRedis(t, redact.Secret{})
	for _, kind := range []Kind{"", "backup:typo", "Backup", "backups"} {
		if err := NewBell(r).Ring(t.Context(), models.DueRun{ID: "r", Kind: kind}, 0); err == nil {
			t.Errorf("kind %q is taken", kind)
		}
		if _, known := kindOf(asynq.NewTask("run:"+string(kind), nil)); known {
			t.Errorf("a task of kind %q is taken", kind)
		}
	}
	for _, name := range []string{"backup", "ran:backup", "run:backup:1"} {
		if _, known := kindOf(asynq.NewTask(name, nil)); known {
			t.Errorf("a task %q is taken", name)
		}
	}
}

// TestAForeignTaskIsPutAsideAndNotSwallowed sends tasks as some other version might.
func TestAForeignTaskIsPutAsideAndNotSwallowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := openRedis(t, redact.Secret{})
		p, err := NewPool(nil, r, nil, slog.New(slog.DiscardHandler), PoolOptions{})
		if err != nil {
			t.Fatal(err)
		}
		client := r.client(r.dial)
		server := asynq.NewServerFromRedisClient(client, p.asynqConfig(QueueLong))
		if err := server.Start(p.answer(QueueLong)); err != nil {
			t.Fatal(err)
		}
		sender := asynq.NewClientFromRedisClient(r.shared)
		for _, name := range []string{"run:backup:typo", "backup", "run:sync"} {
			if _, err := sender.EnqueueContext(t.Context(), asynq.NewTask(name, nil), asynq.Queue(QueueLong), asynq.MaxRetry(3)); err != nil {
				t.Fatal(err)
			}
		}
		pass(t, 10*time.Second)
		aside, err := asynq.NewInspectorFromRedisClient(r.shared).ListArchivedTasks(QueueLong)
		if err != nil || len(aside) != 3 {
			t.Errorf("%d tasks are put aside: %v", len(aside), err)
		}
		server.Shutdown()
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
}
