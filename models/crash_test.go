package models_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"stowage/models"
)

// childEnv turns the test binary into a process that writes to the database it names until it is killed.
const childEnv = "STOWAGE_MODELS_TEST_CHILD"

// writeForever says on standard output, after the fact, what it has written.
func writeForever(path string) int {
	ctx := context.Background()
	db, err := models.Open(ctx, path)
	if err == nil {
		err = db.Migrate(ctx)
	}
	var run *models.Run
	if err == nil {
		run, _, err = db.ForTenant("local").OpenRun(ctx, models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"})
	}
	for i := 0; err == nil; i++ {
		id := fmt.Sprintf("%08d", i)
		if err = run.Journal().Begin(ctx, "object", []string{id}); err == nil {
			err = run.Checkpoints().Save(ctx, []byte(id))
		}
		if err == nil {
			_, err = os.Stdout.WriteString(id + "\n")
		}
	}
	_, _ = os.Stderr.WriteString(err.Error())
	return 1
}

func TestWhatWasWrittenSurvivesKill(t *testing.T) {
	t.Parallel()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "stowage.db")
	next := 0
	for _, lines := range []int{1, 7, 40} {
		child := exec.CommandContext(t.Context(), exe)
		child.Env = append(os.Environ(), childEnv+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var stderr strings.Builder
		child.Stderr = &stderr
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewScanner(out)
		last := -1
		for range lines {
			if !in.Scan() {
				t.Fatalf("the child stopped by itself: %s", stderr.String())
			}
			if last, err = strconv.Atoi(in.Text()); err != nil {
				t.Fatal(err)
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for in.Scan() { // what it had said before it died counts too
			if n, err := strconv.Atoi(in.Text()); err == nil && len(in.Text()) == 8 {
				last = n
			}
		}
		_ = child.Wait()

		// The lease of a process that is gone is no obstacle, not even before it runs out.
		db := open(t, path)
		run, resumed, err := db.ForTenant("local").OpenRun(t.Context(), models.RunSpec{Kind: models.KindRestore, Fingerprint: "f"})
		if err != nil || !resumed {
			t.Fatalf("resumed %v, %v", resumed, err)
		}
		state, err := run.Checkpoints().Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := strconv.Atoi(string(state)); err != nil || got < last || got > last+1 {
			t.Errorf("checkpoint is %q, want %08d or the next", state, last)
		}
		if got := len(journalOf(t, run.Journal(), "object")); got < max(next, last+1) {
			t.Errorf("journal has %d entries, want at least %d", got, last+1)
		}
		next = max(next, last+1)
		if err := run.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
