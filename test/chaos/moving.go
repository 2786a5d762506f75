package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/models"
	"stowage/report"
	"stowage/test/judge"
)

// change is something that people do while a backup runs.
type change struct {
	name string
	do   func(l *lab, random *rand.Rand) error
}

func changes() []change {
	return []change{
		{"update", updateSome},
		{"create", createSome},
		{"delete", deleteSome},
		{"attribute added", addAttribute},
		{"type added", addType},
		{"update, create, delete", churn},
	}
}

// updateSome changes the text of some objects.
func updateSome(l *lab, random *rand.Rand) error {
	_, err := gen.Mutate(l.world(source), l.made.Schema, 0.1, random.Uint64())
	return err
}

// churn updates, creates and deletes.
func churn(l *lab, random *rand.Rand) error {
	_, err := gen.Churn(l.world(source), l.made.Schema, 0.2, random.Uint64())
	return err
}

// anObject picks an object that satisfies the condition.
func (l *lab) anObject(random *rand.Rand, good func(v *world.View, id world.ID) bool) (world.ID, error) {
	var ids []world.ID
	l.world(source).View(func(v *world.View) {
		for _, t := range v.TypeIDs(l.made.Schema) {
			for _, id := range v.ObjectIDs(nil, t) {
				if good(v, id) {
					ids = append(ids, id)
				}
			}
		}
	})
	if len(ids) == 0 {
		return 0, errors.New("there is no such object")
	}
	slices.Sort(ids)
	return ids[random.IntN(len(ids))], nil
}

func anyObject(*world.View, world.ID) bool { return true }

// createSome makes an object like another one.
func createSome(l *lab, random *rand.Rand) error {
	from, err := l.anObject(random, anyObject)
	if err != nil {
		return err
	}
	o, err := l.world(source).Object(from)
	if err != nil {
		return err
	}
	return l.makeObject(o.TypeID, &o, fmt.Sprintf("New one %x", random.Uint64()))
}

// makeObject makes an object with the name, and like another one where the type insists on a value.
func (l *lab) makeObject(typeID world.ID, like *world.Object, name string) error {
	w := l.world(source)
	attributes, err := w.Attributes(typeID)
	if err != nil {
		return err
	}
	in := world.ObjectInput{TypeID: typeID}
	for _, a := range attributes {
		var texts []string
		switch {
		case !a.Editable:
		case a.Label || a.Born == world.BornName || a.Min > 0 && a.Unique:
			texts = []string{name}
		case a.Min > 0 && like != nil:
			for _, have := range like.Attributes {
				for _, v := range have.Values {
					if have.Attribute == a.ID {
						texts = append(texts, v.Raw())
					}
				}
			}
		}
		if len(texts) > 0 {
			in.Attributes = append(in.Attributes, world.AttributeValues{Attribute: a.ID, Values: texts})
		}
	}
	_, err = w.CreateObject("", in)
	return err
}

// deleteSome deletes an object to which others refer.
func deleteSome(l *lab, random *rand.Rand) error {
	id, err := l.anObject(random, func(v *world.View, id world.ID) bool { return len(v.Inbound(id)) > 0 })
	if err != nil {
		if id, err = l.anObject(random, anyObject); err != nil {
			return err
		}
	}
	return l.world(source).DeleteObject("", id)
}

// addAttribute adds an attribute to the type of an object, and a value of it to the object.
func addAttribute(l *lab, random *rand.Rand) error {
	w := l.world(source)
	id, err := l.anObject(random, anyObject)
	if err != nil {
		return err
	}
	o, err := w.Object(id)
	if err != nil {
		return err
	}
	kind := world.TypeDefault
	a, err := w.CreateAttribute(o.TypeID, world.AttributeInput{Name: new(fmt.Sprintf("Added %x", random.Uint32())), Type: &kind, Default: new(world.DefaultText)})
	if err != nil {
		return err
	}
	in := world.ObjectInput{Attributes: []world.AttributeValues{{Attribute: a.ID, Values: []string{"a value"}}}}
	_, err = w.UpdateObject("", id, in)
	return err
}

// addType adds an object type with an object.
func addType(l *lab, random *rand.Rand) error {
	w := l.world(source)
	types, err := w.ObjectTypes(l.made.Schema)
	if err != nil {
		return err
	}
	t, err := w.CreateType(world.TypeInput{SchemaID: l.made.Schema, Name: fmt.Sprintf("Added type %x", random.Uint32()), IconID: types[0].IconID})
	if err != nil {
		return err
	}
	return l.makeObject(t.ID, nil, "The first")
}

// moved collects what came of backups of a moving site.
type moved struct {
	mu                         sync.Mutex
	runs, before, after, named int
	namedThings, between       int
	bad                        []string
}

// moving changes the site while it is backed up.
func moving(ctx context.Context, b *bench) (_ []row, err error) {
	db, err := b.openRuns(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	runs := db.ForTenant(tenant)
	o := labOptions{objects: callObjects, seed: b.seed, maxPage: 5}
	l, err := newLab(o)
	if err != nil {
		return nil, err
	}
	v, err := newVault(ctx)
	if err != nil {
		return nil, err
	}
	l.gate.set(nil)
	if _, err := backUp(ctx, l, v, runs, "clean", false, undisturbed, []string{}); err != nil {
		return nil, err
	}
	calls := l.gate.count()
	var rows []row
	for i, c := range changes() {
		once := &moved{}
		if err := sweepMoments(ctx, b, calls, func(ctx context.Context, n int) error {
			return movedOnce(ctx, b, o, runs, c, i, n, once)
		}); err != nil {
			return rows, err
		}
		rows = append(rows, once.row(fmt.Sprintf("%s at each of the %d calls of a backup (48 objects, pages of 5)", c.name, calls)))
	}
	always := &moved{}
	rounds := 40
	if b.quick {
		rounds = 6
	}
	if err := sweepMoments(ctx, &bench{}, rounds, func(ctx context.Context, n int) error {
		return movedAlways(ctx, b, o, runs, n, always)
	}); err != nil {
		return rows, err
	}
	rows = append(rows, always.row(fmt.Sprintf("update, create or delete before about every %d-th call, all the time, %d backups", movesEvery, rounds)))
	last, err := movingBinary(ctx, b)
	return append(rows, last), err
}

func sweepMoments(ctx context.Context, b *bench, calls int, f func(ctx context.Context, n int) error) error {
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(2)
	step := 1
	if b.quick {
		step = 5
	}
	for n := 1; n <= calls; n += step {
		group.Go(func() error { return f(groupCtx, n) })
	}
	return group.Wait()
}

func (m *moved) row(done string) row {
	result := fmt.Sprintf("%d backups: %d as the site was before the change, %d as it was after it, %d as it was in between, %d that name what they miss (%d lines); %d are none of these%s",
		m.runs, m.before, m.after, m.between, m.named, m.namedThings, len(m.bad), exceptions(m.bad))
	return row{
		done: "engine in process: " + done, result: result,
		bar: "the state of the site at some moment, or the report names exactly what moved",
		met: len(m.bad) == 0 && m.runs > 0,
	}
}

// truth reads the site as it is now, by a backup that nothing disturbs, past the gate.
func truth(ctx context.Context, l *lab, runs *models.Tenant, name string) (judge.Facts, error) {
	v, err := newVault(ctx)
	if err != nil {
		return nil, err
	}
	made, err := backUp(ctx, l, v, runs, name, true, undisturbed, []string{})
	if err != nil {
		return nil, err
	}
	f, err := v.facts(ctx, made.result.Backup)
	return f.Restrict(judge.DefinitionKinds()...), err
}

// movedOnce makes one change at call n.
func movedOnce(ctx context.Context, b *bench, o labOptions, runs *models.Tenant, c change, i, n int, m *moved) error {
	l, err := newLab(o)
	if err != nil {
		return err
	}
	v, err := newVault(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s at call %d", c.name, n)
	before, err := truth(ctx, l, runs, "before "+name)
	if err != nil {
		return err
	}
	var changeErr error
	l.gate.set(func(call int, _ *http.Request) mishap {
		if call != n {
			return mishap{}
		}
		return mishap{before: func() { changeErr = c.do(l, rand.New(rand.NewPCG(b.seed, uint64(1000*i+n)))) }}
	})
	made, err := backUp(ctx, l, v, runs, name, false, undisturbed, []string{})
	if err := errors.Join(err, changeErr); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	after, err := truth(ctx, l, runs, "after "+name)
	if err != nil {
		return err
	}
	got, err := v.facts(ctx, made.result.Backup)
	if err != nil {
		return err
	}
	m.judge(name, []judge.Facts{before, after}, got.Restrict(judge.DefinitionKinds()...), made.lines)
	return nil
}

// judge compares a backup with the states that the site was in, one after the other. A backup that equals none of them has
// to name, against one of them, each thing that is not as it was then, and nothing that never moved.
func (m *moved) judge(name string, states []judge.Facts, got judge.Facts, lines []report.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.runs++
	var least []string
	for i, state := range slices.Backward(states) {
		diff := state.Differences(got)
		switch {
		case len(diff) > 0:
		case i == len(states)-1:
			m.after++
			return
		case i == 0:
			m.before++
			return
		default:
			m.between++
			return
		}
		unnamed := slices.DeleteFunc(slices.Clone(diff), func(d string) bool { return named(d, lines) })
		if i == len(states)-1 || len(unnamed) < len(least) {
			least = unnamed
		}
		if len(unnamed) == 0 {
			break
		}
	}
	still := neverMoved(states, got, lines)
	if len(least) > 0 || len(still) > 0 {
		m.bad = append(m.bad, fmt.Sprintf("%s: not named: %s; named though it never moved: %s; the report has %d lines", name, some(least, 3), some(still, 3), len(lines)))
		return
	}
	m.named++
	m.namedThings += len(lines)
}

// named says whether a line of the report names what a difference is about.
func named(difference string, lines []report.Entry) bool {
	_, about, _ := strings.Cut(difference, ": ")
	kind, rest, _ := strings.Cut(about, " ")
	id, _, _ := strings.Cut(rest, " ")
	return slices.ContainsFunc(lines, func(e report.Entry) bool {
		return kind == "objects" && e.Kind == "object" && e.ID == id || kind == "schema" && e.Kind == "schema"
	})
}

// neverMoved are the objects that the report names although they were the same all the time, and so in the backup.
func neverMoved(states []judge.Facts, got judge.Facts, lines []report.Entry) []string {
	var out []string
	for _, e := range lines {
		if e.Kind != "object" {
			continue
		}
		key := "objects " + e.ID
		if !slices.ContainsFunc(states, func(s judge.Facts) bool { return s[key] != got[key] }) {
			out = append(out, e.ID)
		}
	}
	return out
}

// movesEvery is about how many calls there are between two changes of a site that is never at rest.
const movesEvery = 4

// movedAlways changes the site again and again while it is backed up.
func movedAlways(ctx context.Context, b *bench, o labOptions, runs *models.Tenant, n int, m *moved) error {
	l, err := newLab(o)
	if err != nil {
		return err
	}
	v, err := newVault(ctx)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("restless, seed %d", n)
	random := rand.New(rand.NewPCG(b.seed, uint64(90_000+n)))
	var mu sync.Mutex
	var states []judge.Facts
	var changeErr error
	note := func() {
		s, err := truth(ctx, l, runs, fmt.Sprintf("%s, state %d", name, len(states)))
		states = append(states, s)
		changeErr = errors.Join(changeErr, err)
	}
	note()
	all := []change{{"", updateSome}, {"", updateSome}, {"", createSome}, {"", deleteSome}}
	l.gate.set(func(int, *http.Request) mishap {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(movesEvery) > 0 {
			return mishap{}
		}
		return mishap{before: func() {
			mu.Lock()
			defer mu.Unlock()
			changeErr = errors.Join(changeErr, all[random.IntN(len(all))].do(l, random))
			note()
		}}
	})
	made, err := backUp(ctx, l, v, runs, name, false, undisturbed, []string{})
	if err := errors.Join(err, changeErr); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	got, err := v.facts(ctx, made.result.Backup)
	if err != nil {
		return err
	}
	m.judge(name, states, got.Restrict(judge.DefinitionKinds()...), made.lines)
	return nil
}

// movingBinary changes a site between the pages of a backup that the program makes, with all its phases.
func movingBinary(ctx context.Context, b *bench) (row, error) {
	const objects = 400
	count := 12
	if b.quick {
		count = 2
	}
	m := &moved{}
	changed := 0
	for n := range count {
		l, err := newLab(labOptions{objects: objects, seed: b.seed, maxPage: 25})
		if err != nil {
			return row{}, err
		}
		if err := l.serve(ctx); err != nil {
			return row{}, err
		}
		h, err := b.newHome(nil)
		if err != nil {
			return row{}, err
		}
		random := rand.New(rand.NewPCG(b.seed, uint64(70_000+n)))
		var mu sync.Mutex
		var changeErr error
		done := 0
		l.gate.set(func(_ int, r *http.Request) mishap {
			if !strings.HasSuffix(r.URL.Path, "/object/aql") {
				return mishap{}
			}
			mu.Lock()
			defer mu.Unlock()
			// The first pages see a site at work, and then people go home.
			if done >= 10 {
				return mishap{}
			}
			done++
			return mishap{before: func() {
				mu.Lock()
				defer mu.Unlock()
				changeErr = errors.Join(changeErr, changes()[random.IntN(len(changes()))].do(l, random))
			}}
		})
		file := filepath.Join(h.dir, "report.json")
		_, err = h.mustRun(ctx, l, append(backupArgs(), "--report", file)...)
		if err := errors.Join(err, changeErr); err != nil {
			return row{}, err
		}
		changed += done
		lines, err := readReport(file)
		if err != nil {
			return row{}, err
		}
		got, _, err := h.content(ctx)
		if err != nil {
			return row{}, err
		}
		// The truth is a second backup, of a site at rest.
		l.gate.set(nil)
		again, err := b.newHome(nil)
		if err != nil {
			return row{}, err
		}
		if _, err := again.mustRun(ctx, l, backupArgs()...); err != nil {
			return row{}, err
		}
		want, _, err := again.content(ctx)
		if err != nil {
			return row{}, err
		}
		l.close(b)
		m.judge(fmt.Sprintf("round %d", n), []judge.Facts{want}, got, lines)
	}
	return row{
		done: fmt.Sprintf("the binary: %d backups of %d objects in pages of 25, all phases, %d changes between the pages; compared with a backup of the site at rest", count, objects, changed),
		result: fmt.Sprintf("%d equal the site after the last change, %d name what they miss (%d lines); %d neither%s",
			m.after, m.named, m.namedThings, len(m.bad), exceptions(m.bad)),
		bar: "the state of the site after the changes, or the report names exactly what moved",
		met: len(m.bad) == 0 && m.runs == count,
	}, nil
}

func readReport(file string) ([]report.Entry, error) {
	text, err := os.ReadFile(file) //nolint:gosec // The program under test wrote it.
	if err != nil {
		return nil, err
	}
	var lines []report.Entry
	return lines, json.Unmarshal(text, &lines)
}
