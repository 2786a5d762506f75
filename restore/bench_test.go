package restore_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"stowage/assets"
	"stowage/restore"
	"stowage/restore/restoretest"
)

// million is a backup of a million objects that are made when they are read.
type million struct {
	*restoretest.Backup
	objects, perSegment int
	typeID              string
	name, serial, owner string
	refers              string
	reads               atomic.Int64
}

func newMillion(objects int) *million {
	b := newBuild()
	t := b.typ("Host", "", false)
	m := &million{Backup: b.Backup, objects: objects, perSegment: 2000, typeID: t}
	m.serial = b.attr(t, assets.Attribute{Name: "Serial", Unique: true})
	m.owner = b.attr(t, assets.Attribute{Name: "Owner", Kind: assets.KindUser})
	m.refers = b.attr(t, assets.Attribute{Name: "Depends", Kind: assets.KindReference, ReferenceObjectTypeID: t, MaxCardinality: assets.Unlimited})
	m.name = b.attribute(t, assets.AttributeName)
	return m
}

func (m *million) Segments() []restore.Segment {
	list := make([]restore.Segment, m.objects/m.perSegment)
	for i := range list {
		list[i] = restore.Segment{Types: []string{m.typeID}, Objects: m.perSegment}
	}
	return list
}

func (m *million) ReadSegment(_ context.Context, segment int) ([]assets.Object, error) {
	m.reads.Add(1)
	list := make([]assets.Object, m.perSegment)
	for i := range list {
		n := segment*m.perSegment + i + 1
		id := strconv.Itoa(n)
		var refs []assets.Value
		for _, to := range []int{n * 7 / 8, n / 3} {
			if n%200 == 0 {
				to = min(n+1, m.objects) // with the next object's reference back: a cycle
			}
			if n%200 == 1 {
				to = max(n-1, 1)
			}
			if to > 0 && to != n && len(refs) < 2 {
				refs = append(refs, assets.Value{Kind: assets.ValueObject, ID: strconv.Itoa(to), Key: "ITSM-" + strconv.Itoa(to), TypeID: m.typeID})
			}
		}
		list[i] = assets.Object{ID: id, Key: "ITSM-" + id, TypeID: m.typeID, Label: "host " + id, Values: []assets.AttributeValues{
			{AttributeID: m.name, Values: text("host " + id)},
			{AttributeID: m.serial, Values: text("serial number " + id)},
			{AttributeID: m.owner, Values: []assets.Value{user(n % 1000)}},
			{AttributeID: m.refers, Values: refs},
		}}
	}
	return list, nil
}

// counting is a site that only numbers the objects it is given, and a journal that only numbers them, too.
type counting struct {
	*restoretest.Site
	next atomic.Int64
}

func (c *counting) CreateObject(context.Context, restore.ObjectSpec) (assets.ObjectRef, error) {
	id := strconv.FormatInt(10_000_000+c.next.Add(1), 10)
	return assets.ObjectRef{ID: id, Key: "ITR-" + id}, nil
}

func (c *counting) UpdateObject(context.Context, string, restore.ObjectSpec) error { return nil }

func (c *counting) UsersNamed(_ context.Context, name string) ([]restore.User, error) {
	return []restore.User{{AccountID: "new " + name, Name: name, Active: true}}, nil
}

func (c *counting) Objects(context.Context, string) iter.Seq2[assets.Object, error] {
	return func(func(assets.Object, error) bool) {}
}

// forgetful remembers only what is not about single objects.
type forgetful struct {
	restoretest.Journal
	mu      sync.Mutex
	batches int
}

func (f *forgetful) Begin(ctx context.Context, kind string, sources []string) error {
	if kind != "object" && kind != "second" {
		return f.Journal.Begin(ctx, kind, sources)
	}
	return nil
}

func (f *forgetful) Finish(ctx context.Context, kind string, sources, targets, notes []string) error {
	if kind != "object" && kind != "second" {
		return f.Journal.Finish(ctx, kind, sources, targets, notes)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches++
	return nil
}

// BenchmarkMillion plans and applies a restore of a million objects and tells the largest memory of the process. Run it
// alone: the memory of other benchmarks counts, too.
func BenchmarkMillion(b *testing.B) {
	for b.Loop() {
		m := newMillion(1_000_000)
		s := &counting{Site: site()}
		j := &forgetful{}
		p, err := restore.NewPlan(b.Context(), m, s, options())
		if err != nil {
			b.Fatal(err)
		}
		result, err := restore.Apply(b.Context(), p, m, s, j, restore.Settings{})
		if err != nil || result.Created != 1_000_000 {
			b.Fatalf("%+v, %v", result, err)
		}
		b.ReportMetric(float64(result.Created+result.SecondWrites)/1e6, "writes/object")
		b.ReportMetric(float64(result.Created)/result.Duration.Seconds(), "objects/s")
		b.ReportMetric(float64(j.batches), "batches")
		b.ReportMetric(float64(m.reads.Load()), "segments-read")
	}
	b.ReportMetric(peak(b), "peak-MB")
}

// peak is the largest resident memory the process ever had.
func peak(b *testing.B) float64 {
	b.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("this system does not tell the memory of a process: ", err)
	}
	for line := range strings.Lines(string(data)) {
		var kilobytes float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); err == nil {
			return kilobytes / 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
