package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"stowage/atlassian/sim/gen"
	"stowage/backup"
	"stowage/blob"
	"stowage/jobs/worker/site"
	"stowage/models"
	"stowage/report"
	"stowage/snapshot"
)

// fullStore is a store whose room ends after so many puts.
type fullStore struct {
	blob.Store
	mu   sync.Mutex
	left int
	puts int
}

func (s *fullStore) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	s.left--
	return s.left >= 0
}

// free makes room for so many puts and begins to count anew.
func (s *fullStore) free(puts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.puts = puts, 0
}

// Put stores data while there is room.
func (s *fullStore) Put(ctx context.Context, name string, data []byte) error {
	if !s.room() {
		return fmt.Errorf("put %s: %w", name, blob.ErrFull)
	}
	return s.Store.Put(ctx, name, data)
}

// PutIfAbsent stores data while there is room.
func (s *fullStore) PutIfAbsent(ctx context.Context, name string, data []byte) (bool, error) {
	if !s.room() {
		return false, fmt.Errorf("put %s: %w", name, blob.ErrFull)
	}
	return s.Store.PutIfAbsent(ctx, name, data)
}

// plenty is more puts than a small backup makes.
const plenty = 1 << 20

// full lets stores fill up.
func full(ctx context.Context, b *bench) ([]row, error) {
	inProcess, err := fullInProcess(ctx, b)
	if err != nil {
		return nil, err
	}
	onDisk, err := fullDisk(ctx, b)
	return append([]row{inProcess}, onDisk...), err
}

// fullInProcess lets the room end at every put of a backup in turn.
func fullInProcess(ctx context.Context, b *bench) (_ row, err error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runs := db.ForTenant(tenant)
	var bad []string
	n := 1
	for ; ; n++ {
		done, err := fullAt(ctx, b, runs, n)
		if err != nil {
			bad = append(bad, fmt.Sprintf("put %d: %v", n, err))
		}
		if ctx.Err() != nil {
			return row{}, context.Cause(ctx)
		}
		if done {
			break
		}
	}
	return row{
		done:   fmt.Sprintf("engine in process: the store is full from put n on, for each of the %d puts of a second backup; then there is room again", n-1),
		result: fmt.Sprintf("%d exceptions%s", len(bad), exceptions(bad)),
		bar:    "the run ends saying so; the earlier backup is whole; the run is resumed and comes to the content of a clean one",
		met:    len(bad) == 0 && n > 5,
	}, nil
}

// fullAt lets the room end at put n. Done says that the backup needs fewer puts.
func fullAt(ctx context.Context, b *bench, runs *models.Tenant, n int) (done bool, err error) {
	l, err := newLab(labOptions{objects: callObjects, seed: b.seed})
	if err != nil {
		return true, err
	}
	mem, err := newVault(ctx)
	if err != nil {
		return true, err
	}
	store := &fullStore{Store: mem.store, left: plenty}
	v := &vault{store: store, keys: mem.keys}
	first, err := backUp(ctx, l, v, runs, fmt.Sprintf("first %d", n), true, undisturbed, nil)
	if err != nil {
		return true, err
	}
	before, err := v.facts(ctx, first.result.Backup)
	if err != nil {
		return true, err
	}
	if _, err := gen.Mutate(l.world(source), l.made.Schema, 0.5, b.seed); err != nil {
		return true, err
	}
	run, err := runs.StartRun(ctx, models.RunSpec{Kind: models.KindBackup, Fingerprint: fmt.Sprintf("second %d", n)})
	if err != nil {
		return true, err
	}
	once := func() (backup.Result, error) {
		client, err := l.client(source, true)
		if err != nil {
			return backup.Result{}, err
		}
		return backup.Run(ctx, site.NewSource(client), v, run.Checkpoints(), backup.Options{Schema: schemaKey}, &report.Report{}, nil)
	}
	store.free(n - 1)
	if _, err = once(); err == nil {
		return true, run.Finish(ctx, models.StateSucceeded, nil)
	}
	if !errors.Is(err, blob.ErrFull) {
		return false, fmt.Errorf("the error does not say that the store is full: %w", err)
	}
	res, err := snapshot.Verify(ctx, store, v.keys, first.result.Backup, nil)
	if err != nil || !res.OK {
		return false, fmt.Errorf("the earlier backup: %+v, %w", res.Problems, err)
	}
	store.free(plenty)
	resumed, err := once()
	if err != nil {
		return false, fmt.Errorf("resume: %w", err)
	}
	got, err := v.facts(ctx, resumed.Backup)
	if err != nil {
		return false, err
	}
	clean, err := backUp(ctx, l, v, runs, fmt.Sprintf("clean %d", n), true, undisturbed, nil)
	if err != nil {
		return false, err
	}
	want, err := v.facts(ctx, clean.result.Backup)
	if err != nil {
		return false, err
	}
	after, err := v.facts(ctx, first.result.Backup)
	if err != nil {
		return false, err
	}
	if diff := append(want.Differences(got), before.Differences(after)...); len(diff) > 0 {
		return false, errors.New(some(diff, 3))
	}
	return false, run.Finish(ctx, models.StateSucceeded, nil)
}

// fullScript mounts a small disk in a mount namespace of its own, so that nothing is left behind, puts a home on it that
// has a backup, fills it up to what is left, and backs up, verifies, makes room and backs up again.
const fullScript = `
mount -t tmpfs -o size=32m tmpfs "$DISK" || exit 90
mkdir -p "$DISK/store" && cp -r "$FROM/store/." "$DISK/store/" || exit 91
if [ "$WHERE" = both ]; then mkdir -p "$DISK/data"; DATA="$DISK/data"; fi
cp "$FROM/key" "$DATA/key" && chmod 600 "$DATA/key" || exit 91
head -c "$LEFT" /dev/zero > "$DISK/room"
dd if=/dev/zero of="$DISK/filler" bs=4096 2>/dev/null
rm "$DISK/room"
flags="--store file://$DISK/store --data $DATA"
"$BINARY" "$@" $flags > "$OUT/full.out" 2> "$OUT/full.err"; echo "full $?"
"$BINARY" verify --backup "$OLD" $flags > /dev/null 2> "$OUT/verify.err"; echo "verify $?"
rm "$DISK/filler"
"$BINARY" "$@" $flags > "$OUT/again.out" 2> "$OUT/again.err"; echo "again $?"
"$BINARY" verify --schema ITSM $flags > /dev/null 2>&1; echo "whole $?"
`

// fullDisk runs the program on a disk that is full.
func fullDisk(ctx context.Context, b *bench) ([]row, error) {
	l, err := newLab(labOptions{objects: 500, seed: b.seed})
	if err != nil {
		return nil, err
	}
	if err := l.serve(ctx); err != nil {
		return nil, err
	}
	defer l.close(b)
	h, err := b.newHome(nil)
	if err != nil {
		return nil, err
	}
	c, err := h.mustRun(ctx, l, backupArgs()...)
	if err != nil {
		return nil, err
	}
	var said outcome
	if err := c.result(&said); err != nil {
		return nil, err
	}
	if _, err := gen.Mutate(l.world(source), l.made.Schema, 0.5, b.seed); err != nil {
		return nil, err
	}
	var rows []row
	for _, where := range []string{"store", "both"} {
		r, err := fullOn(ctx, b, l, h, said.Backup, where)
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// fullOn fills the disk of the store, or of the store and the database, with more and more room left.
func fullOn(ctx context.Context, b *bench, l *lab, h *home, old, where string) (row, error) {
	what := "the store"
	if where == "both" {
		what = "store and database"
	}
	out := row{
		done: "the binary: a disk of " + what + " with 0 to 256 kB left (tmpfs in a mount namespace), a second backup, then room again",
		bar:  "exit 1 and a sentence that says so; the earlier backup verifies; the same command finishes when there is room",
	}
	var bad, sentences []string
	filled := 0
	for _, left := range []int{0, 4 << 10, 16 << 10, 48 << 10, 96 << 10, 160 << 10, 256 << 10} {
		codes, dir, err := fullOnce(ctx, b, l, h, old, where, left)
		if err != nil {
			if codes["mount"] == "no" {
				out.result, out.met = "not taken: no disk can be mounted here: "+err.Error(), false
				return out, nil
			}
			return out, err
		}
		text, err := os.ReadFile(filepath.Join(dir, "full.err")) //nolint:gosec // The script wrote it.
		if err != nil {
			return out, err
		}
		last := complaint(string(text))
		if codes["full"] != "0" {
			filled++
			if !strings.Contains(last, "free some space") {
				bad = append(bad, fmt.Sprintf("%d B left: the sentence does not say it: %s", left, last))
			} else {
				sentences = append(sentences, last)
			}
		}
		if (codes["full"] != "0" && codes["full"] != "1") || codes["verify"] != "0" || codes["again"] != "0" || codes["whole"] != "0" {
			again, _ := os.ReadFile(filepath.Join(dir, "again.err"))   //nolint:gosec // The script wrote it; only shown.
			verify, _ := os.ReadFile(filepath.Join(dir, "verify.err")) //nolint:gosec // The script wrote it; only shown.
			bad = append(bad, fmt.Sprintf("%d B left: exit codes %v: %s %s %s", left, codes, last, verify, again))
		}
	}
	out.result = fmt.Sprintf("the disk was full %d times; %d exceptions%s", filled, len(bad), exceptions(bad))
	if len(sentences) > 0 {
		out.result += "; it says “" + shortened(sentences[len(sentences)-1]) + "”"
	}
	out.met = filled > 0 && len(bad) == 0
	return out, nil
}

// complaint is what the program said was wrong.
func complaint(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if said, ok := strings.CutPrefix(strings.TrimSpace(line), "stowage: "); ok {
			lines = append(lines, said)
		}
	}
	return strings.Join(lines, "; ")
}

// shortened leaves out of a sentence what stands in brackets: names of files, which are others every time.
func shortened(sentence string) string {
	from, to := strings.Index(sentence, " ("), strings.LastIndex(sentence, ")")
	if from < 0 || to < from {
		return sentence
	}
	return sentence[:from] + sentence[to+1:]
}

// fullOnce runs the script and returns the exit codes it met, and where what the program said is.
func fullOnce(ctx context.Context, b *bench, l *lab, h *home, old, where string, left int) (codes map[string]string, dir string, err error) {
	codes = map[string]string{}
	if dir, err = b.folder("full"); err != nil {
		return codes, dir, err
	}
	for _, d := range []string{"disk", "data"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			return codes, dir, err
		}
	}
	args := append([]string{"-rm", "/bin/sh", "-c", fullScript, "sh"}, backupArgs()...)
	args = append(args, l.siteFlags(source, "", tokenVar)...)
	args = append(args, "--rate", "off")
	cmd := exec.CommandContext(ctx, "unshare", args...) //nolint:gosec // The script is the one above.
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DISK=" + filepath.Join(dir, "disk"), "DATA=" + filepath.Join(dir, "data"), "FROM=" + h.dir, "OUT=" + dir,
		"LEFT=" + strconv.Itoa(left), "WHERE=" + where, "BINARY=" + b.binary, "OLD=" + old, tokenVar + "=" + l.sim.Site(source).Info(l.base).Token,
	}
	text, err := cmd.Output()
	for line := range strings.Lines(string(text)) {
		if name, code, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			codes[name] = code
		}
	}
	if err != nil && len(codes) == 0 {
		codes["mount"] = "no"
	}
	return codes, dir, err
}
