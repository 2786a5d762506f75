package restore_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stowage/assets"
	"stowage/report"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// killing plans what happens at one call of target or journal, counted together from the beginning of Apply.
type killing struct {
	name string
	at   func(distance int64) (restoretest.Fault, error) // what happens this many calls after the planned one
	stop bool                                            // the context is cancelled at the planned call
}

func killings() []killing {
	once := func(f restoretest.Fault) func(int64) (restoretest.Fault, error) {
		return func(distance int64) (restoretest.Fault, error) {
			if distance == 0 {
				return f, errors.New("the journal is full")
			}
			return restoretest.NoFault, nil
		}
	}
	after := func(first restoretest.Fault) func(int64) (restoretest.Fault, error) {
		return func(distance int64) (restoretest.Fault, error) {
			switch {
			case distance == 0:
				return first, errors.New("killed")
			case distance > 0:
				return restoretest.Break, errors.New("killed")
			}
			return restoretest.NoFault, nil
		}
	}
	return []killing{
		{name: "fails once", at: once(restoretest.Fail)},
		{name: "fails for good", at: once(restoretest.Break)},
		{name: "is done and its answer is lost", at: once(restoretest.Lose)},
		{name: "is not done and nobody knows", at: once(restoretest.Drop)},
		{name: "is the last before the process dies", at: after(restoretest.Lose)},
		{name: "comes too late for the dying process", at: after(restoretest.Break)},
		{name: "sees the restore stopped", at: func(int64) (restoretest.Fault, error) { return restoretest.NoFault, nil }, stop: true},
	}
}

func TestARestoreThatIsInterruptedAtAnyCallEndsLikeOneThatIsNot(t *testing.T) {
	t.Parallel()
	calls := int64(0)
	synctest.Test(t, func(t *testing.T) { calls, _ = interrupted(t, killing{}, -1) })
	if calls < 100 {
		t.Fatalf("a clean run takes %d calls only", calls)
	}
	for _, k := range killings() {
		t.Run("a call that "+k.name, func(t *testing.T) {
			t.Parallel()
			struck := 0
			for n := range calls {
				synctest.Test(t, func(t *testing.T) {
					if _, hit := interrupted(t, k, n); hit {
						struck++
					}
					if t.Failed() {
						t.Fatalf("after call %d", n)
					}
				})
			}
			if struck < int(calls)*9/10 {
				t.Errorf("only %d of %d planned faults were met", struck, calls)
			}
		})
	}
}

// interrupted restores with a fault at call n, resuming until it is done, and checks what is there in the end.
func interrupted(t *testing.T, k killing, n int64) (calls int64, hit bool) {
	t.Helper()
	b, s, j := itsm(), site(), &restoretest.Journal{}
	s.Lag = 2 * time.Second
	o := options()
	o.Icons, o.History = true, true
	p, err := restore.NewPlan(t.Context(), b, s, o)
	if err != nil {
		t.Fatal(err)
	}
	var counter atomic.Int64
	ctx, cancel := context.WithCancelCause(t.Context())
	next := func() (restoretest.Fault, error) {
		distance := counter.Add(1) - 1 - n
		if n < 0 {
			return restoretest.NoFault, nil
		}
		if distance == 0 && k.stop {
			cancel(errors.New("the user stopped it"))
		}
		return k.at(distance)
	}
	s.Fault = func(string) restoretest.Fault { f, _ := next(); return f }
	j.Fault = func(string) error { _, err := next(); return err }
	set := restore.Settings{Workers: 3, Report: &report.Report{}}
	result, err := restore.Apply(ctx, p, b, s, j, set)
	calls = counter.Load()
	hit = calls > n
	if n < 0 && err != nil {
		t.Fatal(err)
	}
	s.Fault, j.Fault = nil, nil
	cancel(nil)
	if err != nil {
		if result.Stopped != k.stop {
			t.Errorf("stopped: %v, %v", result.Stopped, err)
		}
		if k.stop && !errors.Is(err, restore.ErrStopped) || !k.stop && !errors.Is(err, restore.ErrInterrupted) {
			t.Errorf("the error does not say how it ended: %v", err)
		}
		if result, err = restore.Apply(t.Context(), p, b, s, j, set); err != nil {
			t.Fatalf("resume: %v", err)
		}
	}
	if result.Failed > 0 || result.Duplicates > 0 {
		t.Errorf("failed or doubled objects: %+v", result)
	}
	<-time.After(s.Lag) // in fake time: the index shall be up to date for the comparison
	proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
	if err != nil || !proof.Proved {
		t.Errorf("not proved: %+v, %v", proof, err)
	}
	all := s.All(result.SchemaID)
	original := make(map[string]int)
	for _, o := range all {
		original[originalID(t, s, &o)]++
	}
	if len(all) != len(b.Objects) || len(original) != len(b.Objects) {
		t.Errorf("%d objects of %d: %v", len(all), len(b.Objects), original)
	}
	schemas, err := s.Schemas(t.Context())
	if err != nil || len(schemas) != 1 {
		t.Errorf("%d schemas, %v", len(schemas), err)
	}
	types, err := s.ObjectTypes(t.Context(), result.SchemaID)
	if err != nil || len(types) != len(b.Types) {
		t.Errorf("%d object types, %v", len(types), err)
	}
	again, err := restore.Apply(t.Context(), p, b, s, j, set)
	if err != nil || again.Created+again.SecondWrites+again.Updated > 0 {
		t.Errorf("the restore did something after it was done: %+v, %v", again, err)
	}
	return calls, hit
}

func originalID(t *testing.T, s *restoretest.Site, o *assets.Object) string {
	t.Helper()
	attributes, err := s.Attributes(t.Context(), o.TypeID)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range attributes {
		for _, vs := range o.Values {
			if a.Name == assets.AttributeOriginalID && vs.AttributeID == a.ID {
				return vs.Values[0].Text
			}
		}
	}
	return fmt.Sprintf("object %s has no ORIGINAL_ID", o.ID)
}

func TestAnObjectThatAppearsAfterAllPatienceIsNotKeptTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, j := itsm(), site(), &restoretest.Journal{}
		s.Lag = 20 * time.Second
		var creates atomic.Int64
		s.Fault = func(op string) restoretest.Fault {
			if op == "CreateObject" && creates.Add(1) == 3 {
				return restoretest.Lose
			}
			return restoretest.NoFault
		}
		// Without a unique attribute nothing but the sweep can tell.
		for i := range b.Attrs {
			b.Attrs[i].Unique = false
		}
		p, err := restore.NewPlan(t.Context(), b, s, options())
		if err != nil {
			t.Fatal(err)
		}
		set := restore.Settings{Report: &report.Report{}}
		result, err := restore.Apply(t.Context(), p, b, s, j, set)
		if err != nil {
			t.Fatal(err)
		}
		if result.Duplicates != 1 || len(s.All(result.SchemaID)) != len(b.Objects) {
			t.Errorf("%d duplicates deleted, %d objects left: %+v", result.Duplicates, len(s.All(result.SchemaID)), result)
		}
		proof, err := restore.Prove(t.Context(), p, b, s, j, set)
		if err != nil || !proof.Proved {
			t.Errorf("not proved: %+v, %v", proof, err)
		}
	})
}

func TestAUniqueObjectThatAppearsAfterAllPatienceIsFoundAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, j := itsm(), site(), &restoretest.Journal{}
		s.Lag = 20 * time.Second
		p, err := restore.NewPlan(t.Context(), b, s, options())
		if err != nil {
			t.Fatal(err)
		}
		var creates atomic.Int64
		s.Fault = func(op string) restoretest.Fault {
			if op == "CreateObject" && creates.Add(1) == 2 {
				return restoretest.Lose
			}
			return restoretest.NoFault
		}
		result, err := restore.Apply(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || result.Failed > 0 || result.Created != len(b.Objects) {
			t.Errorf("%+v, %v", result, err)
		}
		proof, err := restore.Prove(t.Context(), p, b, s, j, restore.Settings{})
		if err != nil || !proof.Proved {
			t.Errorf("not proved: %+v, %v", proof, err)
		}
	})
}

func TestAStoppedRestoreWaitsForItsAnswersAndNoLonger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, s, j := itsm(), site(), &restoretest.Journal{}
		p, err := restore.NewPlan(t.Context(), b, s, options())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		var creates atomic.Int64
		stop := errors.New("enough")
		s.Fault = func(op string) restoretest.Fault {
			if op == "CreateObject" && creates.Add(1) == 4 {
				cancel(stop)
			}
			return restoretest.NoFault
		}
		begun := time.Now()
		result, err := restore.Apply(ctx, p, b, s, j, restore.Settings{Workers: 1})
		if !errors.Is(err, restore.ErrStopped) || !errors.Is(err, stop) || !result.Stopped {
			t.Errorf("%+v, %v", result, err)
		}
		if result.Created != 4 || time.Since(begun) > 30*time.Second {
			t.Errorf("%d objects after the stop at the fourth, in %v", result.Created, time.Since(begun))
		}
	})
}

// poisoned is a site that fails whenever it is given one object, and slow otherwise.
type poisoned struct {
	*restoretest.Site
	label string
}

func (p *poisoned) CreateObject(ctx context.Context, o restore.ObjectSpec) (assets.ObjectRef, error) {
	<-time.After(time.Second)
	for _, v := range o.Values {
		if len(v.Texts) == 1 && v.Texts[0] == p.label {
			return assets.ObjectRef{}, assets.ErrUnavailable
		}
	}
	return p.Site.CreateObject(ctx, o)
}
