package worker_test

import (
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"stowage/jobs"
	"stowage/models"
)

// trouble is how a call of the site goes wrong.
type trouble int

const (
	well     trouble = iota
	refused          // nothing is there for a while
	answer           // it is done and the answer is lost
	overload         // it is not done, the site has an error of its own
	shutdown         // the process goes down in an orderly way, and comes back
	stopped          // the user stops the run, and resumes it
	crash            // the process hangs until another one has finished the run
)

func (k trouble) String() string {
	return [...]string{"well", "refused", "answer lost", "overload", "shutdown", "stopped", "crash"}[k]
}

// troubled is a transport one call of which goes wrong.
type troubled struct {
	next http.RoundTripper

	mu    sync.Mutex
	on    bool
	calls int
	at    int
	kind  trouble
	until time.Time
	// met is closed when it goes wrong; free lets a crashed process go on.
	met, free chan struct{}
}

func newTroubled() *troubled { return &troubled{met: make(chan struct{}), free: make(chan struct{})} }

// begin counts calls from here on.
func (x *troubled) begin() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.on = true
}

func (x *troubled) RoundTrip(r *http.Request) (*http.Response, error) {
	x.mu.Lock()
	if x.on {
		x.calls++
	}
	hit := x.on && x.kind != well && x.calls == x.at
	if hit {
		close(x.met)
		if x.kind == refused {
			x.until = time.Now().Add(20 * time.Second)
		}
	}
	down := time.Now().Before(x.until)
	kind := x.kind
	x.mu.Unlock()
	switch {
	case down:
		return nil, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	case !hit:
		return x.next.RoundTrip(r)
	case kind == overload:
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	case kind == answer:
		resp, err := x.next.RoundTrip(r)
		if err == nil {
			err = resp.Body.Close()
		}
		return nil, errors.Join(err, syscall.ECONNRESET)
	case kind == crash:
		<-x.free
	}
	return x.next.RoundTrip(r)
}

// journey backs a small schema up, plans, and restores it, in spite of a trouble. It returns the number of calls.
func journey(t *testing.T, kind trouble, at int) int {
	t.Helper()
	x := newTroubled()
	x.kind, x.at = kind, at
	r := newRig(t, rigOptions{transport: func(next http.RoundTripper) http.RoundTripper {
		x.next = next
		return x
	}})
	tenant := r.db.ForTenant("acme")
	schema := small(t, r.sim.Site("acme").World())
	seen := r.synced("acme")
	x.begin()
	var wg sync.WaitGroup
	wg.Go(func() { r.suffer(x) })
	run, row, err := r.service.StartBackup(t.Context(), "acme", "somebody", jobs.BackupSpec{SchemaID: seen.ID, Phases: []string{"comments"}})
	r.good("acme", run, err)
	run, plan, err := r.service.StartPlan(t.Context(), "acme", "somebody", jobs.RestoreSpec{
		BackupID: row.ID, Destination: models.DestinationInstance, TargetID: r.target("acme", "globex").ID, SchemaName: "Restored", SchemaKey: "REST",
	})
	r.good("acme", run, err)
	run, restore, err := r.service.StartRestore(t.Context(), "acme", "somebody", plan.ID)
	r.good("acme", run, err)
	x.mu.Lock()
	x.on = false
	select {
	case <-x.met:
	default:
		close(x.met)
	}
	calls := x.calls
	x.mu.Unlock()
	wg.Wait()
	if kind != well && calls < at {
		t.Errorf("%s at %d: that call was never made", kind, at)
	}
	if restore, err = tenant.Restore(t.Context(), restore.ID); err != nil {
		t.Fatal(err)
	}
	if row, err = tenant.Backup(t.Context(), row.ID); err != nil {
		t.Fatal(err)
	}
	if row.State != models.BackupComplete || row.Objects != smallObjects || len(row.ObjectTypes) != 2 {
		t.Errorf("%s at %d: backup %+v", kind, at, row)
	}
	if restore.State != models.RestoreCompleted || !restore.Proved || restore.Created != smallObjects || restore.Failed != 0 {
		t.Errorf("%s at %d: restore %+v", kind, at, restore)
	}
	if diff := sameContent(t, r.sim.Site("acme").World(), schema, r.sim.Site("globex").World(), "REST"); diff != "" {
		t.Errorf("%s at %d (-backed up +restored):\n%s", kind, at, diff)
	}
	r.wantRestored("globex", "REST", smallObjects)
	return calls
}

// suffer does what the trouble does to processes and runs.
func (r *rig) suffer(x *troubled) {
	select {
	case <-x.met:
	case <-r.t.Context().Done():
		return
	}
	switch x.kind {
	case shutdown:
		r.stop()
		r.start()
	case crash:
		first := r.stop
		r.start()
		// The first process wakes up when its run is with the second one for long.
		wait(r.t, 90*time.Second)
		close(x.free)
		first()
	case stopped:
		r.stopAndResume()
	case well, refused, answer, overload:
	}
}

// stopAndResume stops whatever run is worked on, and resumes it when it has stopped.
func (r *rig) stopAndResume() {
	infos, err := r.db.ForTenant("acme").ListRuns(r.t.Context(), 10)
	if err != nil {
		r.t.Error(err)
		return
	}
	for _, info := range infos {
		if !info.Finished.IsZero() {
			continue
		}
		r.resuming(info.ID, true)
		if _, err := r.service.Stop(r.t.Context(), "acme", "somebody", info.ID); err != nil {
			r.t.Error(err)
		}
		ended := r.until("acme", info.ID, func(i models.RunInfo) bool { return !i.Finished.IsZero() })
		if ended.State == models.StateTerminated {
			if _, err := r.service.Resume(r.t.Context(), "acme", "somebody", info.ID); err != nil {
				r.t.Error(err)
			}
		}
		r.resuming(info.ID, false)
	}
}

func wait(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// TestWhicheverCallGoesWrongTheEndIsTheSame goes through every call of a backup, its plan and its restore, and lets each go
// wrong in every way.
func TestWhicheverCallGoesWrongTheEndIsTheSame(t *testing.T) {
	t.Parallel()
	var calls int
	synctest.Test(t, func(t *testing.T) { calls = journey(t, well, 0) })
	if calls < 50 {
		t.Fatalf("only %d calls", calls)
	}
	// Every call meets one of the ways, the next call the next one; with STOWAGE_EVERY_CALL=1 every call meets them all.
	step, ways := 1, int(crash-refused)+1
	if os.Getenv("STOWAGE_EVERY_CALL") != "1" {
		step = ways
	}
	if testing.Short() {
		step = 4 * ways
	}
	for kind := refused; kind <= crash; kind++ {
		for n := 1 + int(kind-refused)%step; n <= calls; n += step {
			t.Run(kind.String()+"/"+strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { journey(t, kind, n) })
			})
		}
	}
}
