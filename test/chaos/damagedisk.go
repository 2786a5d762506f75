package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"stowage/assets"
	"stowage/snapshot"
)

// onDisk is a store that the program made, on the disk.
type onDisk struct {
	b    *bench
	lab  *lab
	home *home
	// id is its only backup, files what it consists of, below the folder of the store.
	id    string
	files []string
	// types are the object types of every segment of objects, by file; parents is the parent of every type.
	types   map[string][]string
	parents map[string]string
}

// damageOnDisk does a sample of the same to a store on the disk and runs the program.
func damageOnDisk(ctx context.Context, b *bench) ([]row, error) {
	l, err := newLab(labOptions{objects: 2000, seed: b.seed})
	if err != nil {
		return nil, err
	}
	if err := l.serve(ctx); err != nil {
		return nil, err
	}
	defer l.close(b)
	d := &onDisk{b: b, lab: l, types: map[string][]string{}, parents: map[string]string{}}
	if d.home, err = b.newHome(nil); err != nil {
		return nil, err
	}
	c, err := d.home.mustRun(ctx, l, backupArgs()...)
	if err != nil {
		return nil, err
	}
	var said outcome
	if err := c.result(&said); err != nil {
		return nil, err
	}
	d.id = said.Backup
	if err := d.list(ctx); err != nil {
		return nil, err
	}
	verified, err := d.verifying(ctx)
	if err != nil {
		return nil, err
	}
	restored, err := d.restoring(ctx)
	return []row{verified, restored}, err
}

func (d *onDisk) list(ctx context.Context) error {
	err := filepath.WalkDir(d.home.store(), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.Contains(path, "/.") {
			return err
		}
		name, err := filepath.Rel(d.home.store(), path)
		d.files = append(d.files, filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return err
	}
	v, err := d.home.open(ctx)
	if err != nil {
		return err
	}
	saved, err := v.newest(ctx)
	if err != nil {
		return err
	}
	for _, s := range saved.ObjectSegments() {
		name := "tenants/" + tenant + "/segments/" + s.Name[:2] + "/" + s.Name
		for _, r := range s.Types {
			d.types[name] = append(d.types[name], r.TypeID)
		}
	}
	for t, err := range snapshot.Records[assets.ObjectType](ctx, saved, snapshot.KindObjectTypes, "") {
		if err != nil {
			return err
		}
		d.parents[t.ID] = t.ParentID
	}
	return v.close()
}

func (d *onDisk) path(name string) string {
	return filepath.Join(d.home.store(), filepath.FromSlash(name))
}

// with does something to a file, calls f, and puts the file back.
func (d *onDisk) with(name string, do func(data []byte) []byte, f func() error) error {
	data, err := os.ReadFile(d.path(name))
	if err != nil {
		return err
	}
	changed := do(slices.Clone(data))
	if changed == nil {
		err = os.Remove(d.path(name))
	} else {
		err = os.WriteFile(d.path(name), changed, 0o600)
	}
	if err != nil {
		return err
	}
	return errors.Join(f(), os.WriteFile(d.path(name), data, 0o600)) //nolint:gosec // It is in a folder of this run.
}

func flip(data []byte) []byte {
	data[len(data)*2/3] ^= 0x01
	return data
}

func removed([]byte) []byte { return nil }

// verifying damages every file and asks the program to verify.
func (d *onDisk) verifying(ctx context.Context) (row, error) {
	count := 0
	var bad []string
	for _, name := range d.files {
		for what, do := range map[string]func([]byte) []byte{"flipped": flip, "removed": removed} {
			if what == "removed" && strings.HasPrefix(name, manifests) {
				continue // Without its manifest there is no backup, which verify says in another way.
			}
			count++
			err := d.with(name, do, func() error {
				c, err := d.home.run(ctx, nil, "verify", "--json", "--backup", d.id)
				if err != nil {
					return err
				}
				var said struct {
					OK       bool               `json:"ok"`
					Problems []snapshot.Problem `json:"problems"`
				}
				if err := c.result(&said); err != nil {
					bad = append(bad, fmt.Sprintf("%s %s: %v", name, what, err))
					return nil
				}
				if c.code() != codeFailed || said.OK || len(said.Problems) != 1 || said.Problems[0].Name != name {
					bad = append(bad, fmt.Sprintf("%s %s: exit %d, %+v", name, what, c.code(), said))
				}
				return nil
			})
			if err != nil {
				return row{}, err
			}
		}
	}
	c, err := d.home.run(ctx, nil, "verify", "--json", "--backup", d.id)
	if err != nil {
		return row{}, err
	}
	if c.code() != codeOK {
		bad = append(bad, "put back: "+c.said())
	}
	return row{
		done:   fmt.Sprintf("the binary: each of the %d files of a store on disk (2,000 objects) flipped and removed in turn, then stowage verify", len(d.files)),
		result: fmt.Sprintf("exit 1 and the file named %d times of %d%s", count-len(bad), count, exceptions(bad)),
		bar:    "every one found and named",
		met:    len(bad) == 0,
	}, nil
}

// restoring damages every file and restores: what is not needed does not matter, what is needed is refused by name before
// anything is written, and the object types in the other segments can be restored.
func (d *onDisk) restoring(ctx context.Context) (row, error) {
	whole, refused, parts := 0, 0, 0
	var bad []string
	for i, name := range d.files {
		err := d.with(name, flip, func() error {
			key := fmt.Sprintf("D%d", i)
			before := writes(d.lab.sim)
			c, err := d.home.run(ctx, d.lab, restoreArgs(d.lab, other, key)...)
			if err != nil {
				return err
			}
			switch {
			case c.fine():
				var said outcome
				if err := c.result(&said); err != nil {
					return err
				}
				if !said.Proved || said.Created != d.lab.made.Objects {
					bad = append(bad, fmt.Sprintf("%s: %+v", name, said))
				}
				whole++
			case c.code() == codeFailed && writes(d.lab.sim) == before && strings.Contains(c.said(), filepath.Base(name)):
				refused++
			default:
				bad = append(bad, fmt.Sprintf("%s: exit %d, %d calls that write, %s", name, c.code(), writes(d.lab.sim)-before, c.said()))
			}
			if d.types[name] == nil || len(d.unhurt(name)) == 0 {
				return nil
			}
			args := append(restoreArgs(d.lab, other, key+"P"), "--object-types", strings.Join(d.unhurt(name), ","))
			if c, err = d.home.run(ctx, d.lab, args...); err != nil {
				return err
			}
			var said outcome
			if !c.fine() {
				bad = append(bad, fmt.Sprintf("%s, the other types: %v", name, c.failure()))
			} else if err := c.result(&said); err != nil || said.Created == 0 {
				bad = append(bad, fmt.Sprintf("%s, the other types: %+v, %v", name, said, err))
			} else {
				parts++
			}
			return nil
		})
		if err != nil {
			return row{}, err
		}
	}
	return row{
		done: "the binary: each file flipped in turn, then stowage restore; where it is a segment of objects, then of the types in other segments",
		result: fmt.Sprintf("%d restored whole without the file, %d refused by its name with nothing written, %d times the other types restored; %d otherwise%s",
			whole, refused, parts, len(bad), exceptions(bad)),
		bar: "restored whole and proved, or refused naming the file and nothing written; the rest can be restored",
		met: len(bad) == 0 && whole > 0 && refused > 0 && parts > 0,
	}, nil
}

// unhurt are the object types that can be restored without the segment: neither they nor their ancestors, which are
// restored with them, have objects in it.
func (d *onDisk) unhurt(segment string) []string {
	var out []string
	for _, types := range d.types {
		for _, id := range types {
			hurt := false
			for up := id; up != ""; up = d.parents[up] {
				hurt = hurt || slices.Contains(d.types[segment], up)
			}
			if !hurt && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	slices.Sort(out)
	return out
}
