package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"stowage/blob/file"
	"stowage/restore"
	"stowage/snapshot"
	"stowage/test/judge"
)

// versions reads what every earlier version of the format wrote, and offers the program a later one.
func versions(ctx context.Context, b *bench) ([]row, error) {
	var rows []row
	for v := 1; v <= snapshot.Version; v++ {
		r, err := fixtureOfFormat(ctx, b, v)
		if err != nil {
			return rows, fmt.Errorf("version %d: %w", v, err)
		}
		rows = append(rows, r)
		if r, err = fixtureOfProgram(ctx, b, v); err != nil {
			return rows, fmt.Errorf("version %d: %w", v, err)
		}
		rows = append(rows, r)
	}
	r, err := future(ctx, b)
	return append(rows, r), err
}

// fixtureOfFormat reads and restores, in process, the store that package snapshot keeps of a format version.
func fixtureOfFormat(ctx context.Context, b *bench, version int) (_ row, err error) {
	dir, err := b.folder("fixture")
	if err != nil {
		return row{}, err
	}
	from := filepath.Join(b.root, "snapshot", "testdata", "v"+strconv.Itoa(version))
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		return row{}, err
	}
	text, err := os.ReadFile(filepath.Join(dir, "master.key")) //nolint:gosec // It was just copied there.
	if err != nil {
		return row{}, err
	}
	key, err := snapshot.ParseMasterKey(string(text))
	if err != nil {
		return row{}, err
	}
	store, err := file.Open(filepath.Join(dir, "store"))
	if err != nil {
		return row{}, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	keys, err := snapshot.OpenKeys(ctx, store, "acme", key, false)
	if err != nil {
		return row{}, err
	}
	v := &vault{store: store, keys: keys}
	saved, err := v.newest(ctx)
	if err != nil {
		return row{}, err
	}
	checked, err := snapshot.Verify(ctx, store, keys, saved.Manifest().Backup, nil)
	if err != nil {
		return row{}, err
	}
	read, err := judge.Content(ctx, saved)
	if err != nil {
		return row{}, err
	}
	restored, planned, restoreErr := restoreFixture(ctx, b, saved)
	result := fmt.Sprintf("%d of %d objects and %d other records read, %d problems; ", read.Objects(), saved.Manifest().Counts[snapshot.KindObjects], len(read)-read.Objects(), len(checked.Problems))
	if restoreErr != nil {
		result += "restore: " + restoreErr.Error()
	} else {
		result += fmt.Sprintf("%d of %d objects restored (the others are of types it does not define), proved %v", restored.result.Created, planned, restored.proof.Proved)
	}
	return row{
		done:   fmt.Sprintf("the committed store of format version %d (snapshot/testdata), engines in process", version),
		result: result,
		bar:    "reads whole, restores and is proved",
		met: checked.OK && int64(read.Objects()) == saved.Manifest().Counts[snapshot.KindObjects] && restoreErr == nil &&
			restored.proof.Proved && restored.result.Created == planned && planned > 0,
	}, nil
}

func restoreFixture(ctx context.Context, b *bench, saved *snapshot.Backup) (_ restoredTo, planned int, err error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return restoredTo{}, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	l, err := newLab(labOptions{objects: callObjects, seed: b.seed})
	if err != nil {
		return restoredTo{}, 0, err
	}
	done, err := restoreTo(ctx, l, restore.FromSnapshot(saved), db.ForTenant(tenant), "fixture", other, undisturbed)
	return done, done.result.Planned, err
}

// programFixture is the folder with a key and a store that the program made when a format version was the current one,
// and a digest of their content.
func (b *bench) programFixture(version int) string {
	return filepath.Join(b.root, "test", "chaos", "testdata", "v"+strconv.Itoa(version))
}

// fixtureHome makes a home of a fixture.
func (b *bench) fixtureHome(version int) (*home, error) {
	dir, err := b.folder("home")
	if err != nil {
		return nil, err
	}
	from := b.programFixture(version)
	if err := os.CopyFS(filepath.Join(dir, "store"), os.DirFS(filepath.Join(from, "store"))); err != nil {
		return nil, err
	}
	return &home{b: b, dir: dir}, copyFile(filepath.Join(from, "key"), filepath.Join(dir, "key"))
}

// fixtureOfProgram verifies and restores with the program of today what the program of then has backed up.
func fixtureOfProgram(ctx context.Context, b *bench, version int) (row, error) {
	h, err := b.fixtureHome(version)
	if err != nil {
		return row{}, err
	}
	l, err := newLab(labOptions{objects: callObjects, seed: b.seed})
	if err != nil {
		return row{}, err
	}
	if err := l.serve(ctx); err != nil {
		return row{}, err
	}
	defer l.close(b)
	read, _, err := h.content(ctx)
	if err != nil {
		return row{}, err
	}
	digest, err := os.ReadFile(filepath.Join(b.programFixture(version), "digest"))
	if err != nil {
		return row{}, err
	}
	if _, err := h.mustRun(ctx, nil, "verify", "--json", "--schema", schemaKey); err != nil {
		return row{}, err
	}
	c, err := h.mustRun(ctx, l, restoreArgs(l, other, restoreKey)...)
	if err != nil {
		return row{}, err
	}
	var said outcome
	if err := c.result(&said); err != nil {
		return row{}, err
	}
	same := strings.TrimSpace(string(digest)) == read.Digest()
	return row{
		done:   fmt.Sprintf("the binary: a store that the program wrote in format version %d (test/chaos/testdata): verify, restore", version),
		result: fmt.Sprintf("verify ok, content as recorded: %v; %d of %d objects restored, proved %v", same, said.Created, read.Objects(), said.Proved),
		bar:    "reads whole, restores and is proved",
		met:    same && said.Created == read.Objects() && said.Created > 0 && said.Proved,
	}, nil
}

// writeFixture lets the program make the store of the current format version. One that exists is never written again.
func writeFixture(ctx context.Context, b *bench) error {
	to := b.programFixture(snapshot.Version)
	if _, err := os.Stat(to); err == nil {
		return fmt.Errorf("%s exists; what an earlier version wrote is kept as it is", to)
	}
	l, err := newLab(labOptions{objects: callObjects, seed: b.seed})
	if err != nil {
		return err
	}
	if err := l.serve(ctx); err != nil {
		return err
	}
	defer l.close(b)
	h, err := b.newHome(nil)
	if err != nil {
		return err
	}
	if _, err := h.mustRun(ctx, l, backupArgs()...); err != nil {
		return err
	}
	read, _, err := h.content(ctx)
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(to, "store", "tenants"), os.DirFS(filepath.Join(h.store(), "tenants"))); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(h.dir, "key"), filepath.Join(to, "key")); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, "digest"), []byte(read.Digest()+"\n"), 0o600)
}

// futureVersion is one that no program knows yet.
const futureVersion = 0x7fff

// future lets a manifest, a segment and a keyset say that a later version wrote them.
func future(ctx context.Context, b *bench) (row, error) {
	var bad []string
	sentence := ""
	count := 0
	for _, part := range []string{"backups", "segments", "keyset"} {
		h, err := b.fixtureHome(snapshot.Version)
		if err != nil {
			return row{}, err
		}
		if err := h.age(part); err != nil {
			return row{}, err
		}
		l, err := newLab(labOptions{objects: callObjects, seed: b.seed})
		if err != nil {
			return row{}, err
		}
		if err := l.serve(ctx); err != nil {
			return row{}, err
		}
		plan := restoreArgs(l, other, restoreKey)
		plan[0] = "plan"
		for _, args := range [][]string{{"verify", "--schema", schemaKey}, restoreArgs(l, other, restoreKey), plan} {
			count++
			c, err := h.run(ctx, l, args...)
			if err != nil {
				return row{}, err
			}
			said := c.stdout.String() + c.stderr.String()
			lines := strings.Count(strings.TrimSpace(c.stderr.String()), "\n") + 1
			if c.code() != codeFailed || !strings.Contains(said, "newer version") || writes(l.sim) > 0 || strings.Contains(said, "goroutine") {
				bad = append(bad, fmt.Sprintf("%s of the future, %s: exit %d, %d lines, %s", part, args[0], c.code(), lines, c.said()))
			}
			if part == "backups" && args[0] == "restore" {
				sentence = c.said()
			}
		}
		l.close(b)
	}
	return row{
		done:   "the binary: manifest, segments, keyset that say they are of a future version; verify, plan, restore",
		result: fmt.Sprintf("%d of %d refused, exit 1, nothing written%s; it says “%s”", count-len(bad), count, exceptions(bad), strings.TrimPrefix(sentence, "stowage: ")),
		bar:    "refused in a sentence that says why, nothing written",
		met:    len(bad) == 0,
	}, nil
}

// age lets all files of a sort say that they are of a future version.
func (h *home) age(part string) error {
	names, err := filepath.Glob(filepath.Join(h.store(), "tenants", tenant, part+"*"))
	if err != nil {
		return err
	}
	for len(names) > 0 {
		name := names[0]
		names = names[1:]
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if info.IsDir() {
			below, err := filepath.Glob(filepath.Join(name, "*"))
			if err != nil {
				return err
			}
			names = slices.Concat(names, below)
			continue
		}
		data, err := os.ReadFile(name) //nolint:gosec // It is in a folder of this run.
		if err != nil {
			return err
		}
		data[5], data[6] = byte(futureVersion>>8), byte(futureVersion&0xff)
		if err := os.WriteFile(name, data, 0o600); err != nil { //nolint:gosec // It is in a folder of this run.
			return err
		}
	}
	return nil
}
