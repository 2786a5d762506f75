package service

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"stowage/atlassian/sim"
	"stowage/test/rig"
)

// interrupted is how the message of a run begins that gave up on its site.
const interrupted = "The process was interrupted due to API or connectivity issues."

// waitsWith wants a run to be put off, and returns why.
func waitsWith(ctx context.Context, t *testing.T, c *rig.Client, p *rig.Process, id string) string {
	t.Helper()
	at := watch(ctx, t, c, p, id, func(r rig.Run) bool { return r.Ended() || r.State == "queued" && r.Message != "" })
	if at.Ended() {
		t.Fatalf("the run is %s instead of waiting: %s", at.State, at.Message)
	}
	return at.Message
}

// TestABackupWaitsForASiteThatIsDownForAWhile has the site answer 503 in the middle of a backup.
func TestABackupWaitsForASiteThatIsDownForAWhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 150, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	searches, answered := searchesOn(rig.Source), make(chan struct{}, 3)
	met, lift := b.front.refuse(func(r *http.Request) bool {
		if !searches(r) {
			return false
		}
		select {
		case answered <- struct{}{}:
			return false
		default:
			return true
		}
	}, http.StatusServiceUnavailable)
	defer lift()
	run := start(ctx, t, c, "ITSM")
	why, site := waitsWith(ctx, t, c, p, run.ID), strings.TrimPrefix(b.sites.Base, "http://")
	if !strings.HasPrefix(why, site+"/sites/acme answered 503 Service Unavailable. Nothing is lost: it goes on by itself ") {
		t.Errorf("the backup waits because of %q", why)
	}
	if met.Load() == 0 {
		t.Error("no call met the fault")
	}
	lift()
	finish(ctx, t, c, p, run.ID)
	if facts, err := b.content(ctx); err != nil || facts.Objects() != 150 {
		t.Errorf("the backup holds %d objects: %v", facts.Objects(), err)
	}
}

// TestARestoreWaitsAsLongAsItsSiteAsks has the site ask for a pause that is longer than a run keeps its slot for.
func TestARestoreWaitsAsLongAsItsSiteAsks(t *testing.T) {
	t.Parallel()
	b := newBench(t, embedded, 150, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	planned := plan(t, c, backUp(t, c))
	const most = 40
	all, made := creations(), make(chan struct{}, most)
	met, lift := b.front.refuse(func(r *http.Request) bool {
		if !all(r) {
			return false
		}
		select {
		case made <- struct{}{}:
			return false
		default:
			return true
		}
	}, http.StatusTooManyRequests, "Retry-After", "25")
	defer lift()
	run := begin(t, c, planned)
	if why := waitsWith(ctx, t, c, p, run.ID); why != "The site asked to slow down." {
		t.Errorf("the restore waits because of %q", why)
	}
	if n := b.restored(t); met.Load() == 0 || n != most {
		t.Errorf("%d objects were created, %d calls met the fault", n, met.Load())
	}
	lift()
	finish(ctx, t, c, p, run.ID)
	b.whole(t)
}

// TestARestoreWhoseSiteIsGoneFailsWithASentenceAndCanBeResumed takes the site away in the middle of a restore, until the restore gives up.
func TestARestoreWhoseSiteIsGoneFailsWithASentenceAndCanBeResumed(t *testing.T) {
	t.Parallel()
	b := newBench(t, embedded, 200, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 20)
	if err := b.sites.Away(); err != nil {
		t.Fatal(err)
	}
	// Without the site nobody can sign in: what became of the run is seen by the operator.
	until(ctx, t, "the restore fails", func() bool {
		return b.ended(ctx, t, p, `kind="restore"`, `outcome="failed"`) == 1
	})
	if err := b.sites.Back(ctx); err != nil {
		t.Fatal(err)
	}
	at := watch(ctx, t, c, p, run.ID, rig.Run.Ended)
	if at.State != "failed" || !strings.HasPrefix(at.Message, interrupted) || !at.CanResume {
		t.Errorf("the restore is %s: %q", at.State, at.Message)
	}
	t.Log(at.Message)
	b.release()
	post[rig.Run](ctx, t, c, "/runs/"+run.ID+"/resume", nil)
	finish(ctx, t, c, p, run.ID)
	b.whole(t)
}

// TestARestoreWhoseTokenIsRevokedSaysSo revokes the token of the connection in the middle of a restore; a new one is entered, and the
// restore is resumed.
func TestARestoreWhoseTokenIsRevokedSaysSo(t *testing.T) {
	t.Parallel()
	b := newBench(t, servers, 150, 0)
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	run, _ := b.restoreAsFarAs(ctx, t, c, p, plan(t, c, backUp(t, c)), 10)
	site := b.sites.Sim.Site(rig.Source)
	known := site.Credential()
	if err := site.AddCredential(sim.Credential{Email: known.Email, Token: "another-token-of-acme", AccountID: known.AccountID}); err != nil {
		t.Fatal(err)
	}
	if !site.Revoke(known.Token) {
		t.Fatal("there was no token to revoke")
	}
	b.release()
	at := watch(ctx, t, c, p, run.ID, rig.Run.Ended)
	if at.State != "failed" || !strings.HasPrefix(at.Message, "The site does not accept the credentials any more.") {
		t.Errorf("the restore is %s: %q", at.State, at.Message)
	}
	in := map[string]any{"email": known.Email, "token": "another-token-of-acme", "workspaceId": site.WorkspaceID()}
	if err := c.Do(ctx, http.MethodPut, "/connection", in, nil); err != nil {
		t.Fatal(err)
	}
	post[rig.Run](ctx, t, c, "/runs/"+run.ID+"/resume", nil)
	finish(ctx, t, c, p, run.ID)
	b.whole(t)
}

// smallStore lets the store of a bench be a file system of its own, as small as asked for, and returns its path. That takes a superuser.
func (b *bench) smallStore(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("stowage", dir, "tmpfs", 0, "size="+size); err != nil {
		if os.Getenv("STOWAGE_REQUIRE_SERVICES") == "1" {
			t.Fatalf("a full disk cannot be tested, and STOWAGE_REQUIRE_SERVICES=1 requires it: mount a small file system: %v", err)
		}
		t.Skipf("skipped: a full disk needs a small file system, which only a superuser can mount: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	b.o.Store = filepath.Join(dir, "store")
	return dir
}

// TestAStoreThatIsFullOrReadOnlyFailsTheBackupAndSparesTheOthers fills the disk under the store, and makes it read-only after that.
func TestAStoreThatIsFullOrReadOnlyFailsTheBackupAndSparesTheOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, embedded, 200, 0)
	dir := b.smallStore(t, "4m")
	p := b.start(t)
	c := b.install(t, p)
	ctx := within(t, patience)
	first := backUp(t, c)
	before := b.blobs(t)

	fails := func(sentence string) {
		t.Helper()
		run := start(ctx, t, c, "ITSM")
		if at := watch(ctx, t, c, p, run.ID, rig.Run.Ended); at.State != "failed" || !strings.HasPrefix(at.Message, sentence) {
			t.Errorf("the backup is %s: %q", at.State, at.Message)
		}
		for name, text := range before {
			if found, err := os.ReadFile(filepath.Join(b.o.Store, name)); err != nil || string(found) != string(text) {
				t.Errorf("%s of the first backup was touched: %v", name, err)
			}
		}
	}
	ballast := filepath.Join(dir, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	fails("The storage has no room left.")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	fails("The storage of backups cannot be written to.")
	// What is there can be restored all the same.
	finish(ctx, t, c, p, begin(t, c, plan(t, c, first)).ID)
	b.whole(t)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	finish(ctx, t, c, p, begin(t, c, planAs(t, c, backUp(t, c), "Second", "SECOND")).ID)
	b.wholeAs(t, "SECOND")
}
