package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"stowage/atlassian/sim/gen"
	"stowage/blob"
	"stowage/snapshot"
	"stowage/test/judge"
)

const (
	// flips is about how many bytes are flipped in all; every byte of manifests and keysets is among them.
	flips = 5000
	// foreign is another tenant of the same store.
	foreign = "foreign"
)

// shelf is a store with two backups of one tenant, which share segments, and one of another tenant.
type shelf struct {
	*vault
	master     snapshot.MasterKey
	older, old string
	// files are the files of the tenant, and those of the other one.
	files, foreign []string
	bytes          map[string][]byte
	// users are the backups that need a file.
	users map[string][]string
	// whole is what the newer backup holds, undamaged.
	whole judge.Facts
}

// damage flips, removes and exchanges what is stored.
func damage(ctx context.Context, b *bench) ([]row, error) {
	s, err := newShelf(ctx, b)
	if err != nil {
		return nil, err
	}
	rows := []row{}
	for _, f := range []func(context.Context, *bench) (row, error){s.flipping, s.exchanging, s.reading} {
		r, err := f(ctx, b)
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	more, err := damageOnDisk(ctx, b)
	return append(rows, more...), err
}

func newShelf(ctx context.Context, b *bench) (_ *shelf, err error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runs := db.ForTenant(tenant)
	l, err := newLab(labOptions{objects: 300, seed: b.seed})
	if err != nil {
		return nil, err
	}
	v, err := newVault(ctx)
	if err != nil {
		return nil, err
	}
	s := &shelf{vault: v, bytes: map[string][]byte{}, users: map[string][]string{}, master: snapshot.NewMasterKey()}
	// The keys are made anew, to have the key that wraps them.
	if err := snapshot.Shred(ctx, v.store, tenant); err != nil {
		return nil, err
	}
	if v.keys, err = snapshot.OpenKeys(ctx, v.store, tenant, s.master, true); err != nil {
		return nil, err
	}
	made, err := backUp(ctx, l, v, runs, "older", true, undisturbed, nil)
	if err != nil {
		return nil, err
	}
	s.older = made.result.Backup
	if _, err := gen.Mutate(l.world(source), l.made.Schema, 0.05, b.seed); err != nil {
		return nil, err
	}
	if made, err = backUp(ctx, l, v, runs, "newer", true, undisturbed, nil); err != nil {
		return nil, err
	}
	s.old = made.result.Backup
	if s.whole, err = v.facts(ctx, s.old); err != nil {
		return nil, err
	}
	foreignKeys, err := snapshot.OpenKeys(ctx, v.store, foreign, snapshot.NewMasterKey(), true)
	if err != nil {
		return nil, err
	}
	if _, err := backUp(ctx, l, &vault{store: v.store, keys: foreignKeys}, runs, "foreign", true, undisturbed, nil); err != nil {
		return nil, err
	}
	return s, s.list(ctx)
}

// list notes the files and who needs them, which is also the first damage: each file is removed once.
func (s *shelf) list(ctx context.Context) error {
	for info, err := range s.store.List(ctx, "tenants/") {
		if err != nil {
			return err
		}
		data, err := s.store.Get(ctx, info.Name)
		if err != nil {
			return err
		}
		s.bytes[info.Name] = data
		if strings.HasPrefix(info.Name, "tenants/"+tenant+"/") {
			s.files = append(s.files, info.Name)
		} else {
			s.foreign = append(s.foreign, info.Name)
		}
	}
	for _, name := range s.files {
		if id, ok := strings.CutPrefix(name, manifests); ok {
			s.users[name] = []string{id}
			continue
		}
		if err := s.store.Delete(ctx, name); err != nil {
			return err
		}
		for _, id := range []string{s.old, s.older} {
			named, err := s.verify(ctx, id)
			if err != nil {
				return fmt.Errorf("%s removed: %w", name, err)
			}
			switch {
			case slices.Equal(named, []string{name}):
				s.users[name] = append(s.users[name], id)
			case len(named) > 0:
				return fmt.Errorf("%s removed, but verify names %v", name, named)
			}
		}
		if err := s.put(ctx, name, s.bytes[name]); err != nil {
			return err
		}
		if len(s.users[name]) == 0 {
			return fmt.Errorf("nobody misses %s", name)
		}
	}
	return nil
}

// manifests is where the manifests of the tenant are.
const manifests = "tenants/" + tenant + "/backups/"

func (s *shelf) put(ctx context.Context, name string, data []byte) error {
	return s.store.Put(ctx, name, data)
}

// verify opens the keys anew, verifies a backup and returns the files it names.
func (s *shelf) verify(ctx context.Context, id string) ([]string, error) {
	keys, err := snapshot.OpenKeys(ctx, s.store, tenant, s.master, false)
	if err != nil {
		return nil, err
	}
	res, err := snapshot.Verify(ctx, s.store, keys, id, nil)
	if err != nil {
		return nil, err
	}
	var named []string
	for _, p := range res.Problems {
		named = append(named, p.Name)
	}
	if res.OK != (len(named) == 0) {
		return nil, fmt.Errorf("ok is %v with %d problems", res.OK, len(named))
	}
	return named, nil
}

// flipping flips bytes all over the store.
func (s *shelf) flipping(ctx context.Context, b *bench) (row, error) {
	random := rand.New(rand.NewPCG(b.seed, 6))
	budget := flips
	if b.quick {
		budget = 1500
	}
	total := 0
	for _, name := range s.files {
		if !s.dense(name) {
			total += len(s.bytes[name])
		}
	}
	count, whole := 0, 0
	var bad []string
	for _, name := range s.files {
		step := 1
		if !s.dense(name) {
			step = max(1, total/budget)
		} else {
			whole += len(s.bytes[name])
		}
		for at := random.IntN(min(step, len(s.bytes[name]))); at < len(s.bytes[name]); at += step {
			if ctx.Err() != nil {
				return row{}, context.Cause(ctx)
			}
			data := slices.Clone(s.bytes[name])
			data[at] ^= byte(1 + random.IntN(255))
			if err := s.put(ctx, name, data); err != nil {
				return row{}, err
			}
			count++
			named, err := s.verify(ctx, s.users[name][0])
			if err != nil || !slices.Equal(named, []string{name}) {
				bad = append(bad, fmt.Sprintf("byte %d of %s: named %v, %v", at, name, named, err))
			}
		}
		if err := s.put(ctx, name, s.bytes[name]); err != nil {
			return row{}, err
		}
	}
	return row{
		done:   fmt.Sprintf("one byte flipped at %d places in all %d files of two backups (300 objects), every byte of manifests and keysets (%d)", count, len(s.files), whole),
		result: fmt.Sprintf("verify names the file, and no other, %d times of %d%s", count-len(bad), count, exceptions(bad)),
		bar:    "≥ 2,000 places, every one found and named",
		met:    (count >= 2000 || b.quick) && len(bad) == 0,
	}, nil
}

// dense says whether every byte of the file is flipped.
func (s *shelf) dense(name string) bool {
	return strings.HasPrefix(name, manifests) || strings.Contains(name, "keyset")
}

// exchanging removes, shortens, lengthens, swaps and replaces files.
func (s *shelf) exchanging(ctx context.Context, b *bench) (row, error) {
	count := 0
	var bad []string
	// with replaces some files and expects all of them to be named.
	with := func(what string, files map[string][]byte) error {
		count++
		id := ""
		var want []string
		for name, data := range files {
			if data == nil {
				if err := s.store.Delete(ctx, name); err != nil {
					return err
				}
			} else if err := s.put(ctx, name, data); err != nil {
				return err
			}
			want = append(want, name)
			id = s.users[name][0]
		}
		slices.Sort(want)
		named, err := s.verify(ctx, id)
		slices.Sort(named)
		if err != nil || !slices.Equal(named, want) {
			bad = append(bad, fmt.Sprintf("%s %v: named %v, %v", what, want, named, err))
		}
		for name := range files {
			if err := s.put(ctx, name, s.bytes[name]); err != nil {
				return err
			}
		}
		return nil
	}
	var segments []string
	for i, name := range s.files {
		data := s.bytes[name]
		cases := map[string][]byte{
			"shortened": data[:len(data)-1], "halved": data[:len(data)/2], "emptied": {}, "lengthened": append(slices.Clone(data), 0),
		}
		if !strings.HasPrefix(name, manifests) {
			cases["removed"] = nil
		}
		for _, what := range slices.Sorted(maps.Keys(cases)) {
			if err := with(what, map[string][]byte{name: cases[what]}); err != nil {
				return row{}, err
			}
		}
		kind := strings.Split(name, "/")[2]
		for j, theirs := range s.foreign {
			// Every file of the other tenant of the same sort in the place of some of ours, and some in the place of every one.
			if strings.Split(theirs, "/")[2] == kind && (i+j)%5 == 0 {
				if err := with("foreign", map[string][]byte{name: s.bytes[theirs]}); err != nil {
					return row{}, err
				}
			}
		}
		if strings.Contains(name, "/segments/") {
			segments = append(segments, name)
		}
	}
	for i, one := range segments {
		two := segments[(i+1)%len(segments)]
		if s.users[one][0] == s.users[two][0] {
			if err := with("swapped", map[string][]byte{one: s.bytes[two], two: s.bytes[one]}); err != nil {
				return row{}, err
			}
		}
	}
	if err := with("manifest of another backup", map[string][]byte{manifests + s.old: s.bytes[manifests+s.older]}); err != nil {
		return row{}, err
	}
	return row{
		done:   "files removed, shortened, emptied, lengthened; segments swapped; files of another tenant and the manifest of another backup put in",
		result: fmt.Sprintf("named, and no other, %d times of %d%s", count-len(bad), count, exceptions(bad)),
		bar:    "every one found and named",
		met:    len(bad) == 0,
	}, nil
}

// reading damages every file once and reads everything else.
func (s *shelf) reading(ctx context.Context, _ *bench) (row, error) {
	var bad []string
	lost, read := 0, 0
	for _, name := range s.files {
		data := slices.Clone(s.bytes[name])
		data[len(data)/2] ^= 0x10
		if err := s.put(ctx, name, data); err != nil {
			return row{}, err
		}
		for _, id := range []string{s.old, s.older} {
			if !slices.Contains(s.users[name], id) {
				if named, err := s.verify(ctx, id); err != nil || len(named) > 0 {
					bad = append(bad, fmt.Sprintf("%s damaged, and backup %s suffers: %v, %v", name, id, named, err))
				}
			}
		}
		if slices.Contains(s.users[name], s.old) && name != manifests+s.old {
			l, r, err := s.readRest(ctx, name)
			if err != nil {
				bad = append(bad, fmt.Sprintf("%s damaged: %v", name, err))
			}
			lost += l
			read += r
		}
		if err := s.put(ctx, name, s.bytes[name]); err != nil {
			return row{}, err
		}
	}
	return row{
		done:   "every file damaged once, everything else read; other backups verified",
		result: fmt.Sprintf("%d objects read as they were, %d refused (those of the damaged segment alone); other backups whole; %d exceptions%s", read, lost, len(bad), exceptions(bad)),
		bar:    "what is not in the damaged file is read as it was",
		met:    len(bad) == 0 && read > 0,
	}, nil
}

// readRest reads what is not in the damaged file. It returns the number of objects that cannot be read, and of those that
// were read.
func (s *shelf) readRest(ctx context.Context, name string) (lost, read int, err error) {
	keys, err := snapshot.OpenKeys(ctx, s.store, tenant, s.master, false)
	if err != nil {
		return 0, 0, err
	}
	res, err := snapshot.Verify(ctx, s.store, keys, s.old, nil)
	if err != nil {
		return 0, 0, err
	}
	if len(res.Problems) != 1 {
		return 0, 0, fmt.Errorf("%d problems", len(res.Problems))
	}
	hurt := res.Problems[0]
	b, err := snapshot.Open(ctx, s.store, keys, s.old)
	if err != nil {
		return 0, 0, err
	}
	want := 0
	for _, segment := range b.ObjectSegments() {
		objects, err := b.ReadObjects(ctx, segment.Segment)
		if segment.Name == hurt.Segment {
			want += segment.Objects
			if err == nil || !errors.Is(err, snapshot.ErrTampered) {
				return 0, 0, fmt.Errorf("the damaged segment of %s is read: %w", name, err)
			}
			lost += segment.Objects
			continue
		}
		if err != nil {
			return lost, read, fmt.Errorf("another segment: %w", err)
		}
		for i := range objects {
			got := judge.Facts{}
			if err := got.Object(&objects[i]); err != nil {
				return lost, read, err
			}
			for k, v := range got {
				if s.whole[k] != v {
					return lost, read, fmt.Errorf("%s is not as it was", k)
				}
			}
			read++
		}
	}
	if hurt.Kind == snapshot.KindObjects && lost != want {
		return lost, read, fmt.Errorf("%d objects cannot be read, the segment holds %d", lost, want)
	}
	for _, kind := range judge.DocumentKinds() {
		if kind == hurt.Kind || hurt.Kind == "structure" {
			continue
		}
		for _, err := range snapshot.Records[json.RawMessage](ctx, b, kind, "") {
			if err != nil {
				return lost, read, fmt.Errorf("%s: %w", kind, err)
			}
		}
	}
	return lost, read, nil
}

var _ blob.Store = (*fullStore)(nil)
