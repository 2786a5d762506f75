package backup_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/report"
	"stowage/snapshot"
)

// agrees checks that a backup holds exactly what the site has now.
func agrees(t *testing.T, b *bench, id string, site *backuptest.Site) {
	t.Helper()
	site.Before = nil
	c := b.content(t, id)
	if diff := cmp.Diff(site.State(), c.Objects, sameObjects); diff != "" {
		t.Errorf("objects (-site +backup):\n%s", diff)
	}
	types, _ := site.ObjectTypes(t.Context(), "5")
	if diff := cmp.Diff(types, c.Types); diff != "" {
		t.Errorf("types (-site +backup):\n%s", diff)
	}
	attributes, _ := site.Attributes(t.Context(), "5")
	if diff := cmp.Diff(attributes, c.Attributes); diff != "" {
		t.Errorf("attributes (-site +backup):\n%s", diff)
	}
}

// ofType returns the ids of the objects of a type.
func ofType(site *backuptest.Site, typeID string) []string {
	var ids []string
	state := site.State()
	for _, id := range site.IDs() {
		if state[id].TypeID == typeID {
			ids = append(ids, id)
		}
	}
	return ids
}

func TestWhatChangesDuringABackupIsReadAgain(t *testing.T) {
	t.Parallel()
	last := func(ids []string) string { return ids[len(ids)-1] }
	cases := map[string]func(*backuptest.Site){
		"an object that was read is updated": func(s *backuptest.Site) { s.UpdateObject(ofType(s, "20")[0], "second") },
		"an object that was read is removed": func(s *backuptest.Site) { s.DeleteObject(ofType(s, "20")[1]) },
		"the first one of a later type goes": func(s *backuptest.Site) { s.DeleteObject(ofType(s, "22")[0]) },
		"the last one goes":                  func(s *backuptest.Site) { s.DeleteObject(last(ofType(s, "20"))) },
		"an object is added":                 func(s *backuptest.Site) { s.AddObject("20") },
		"one is added and another removed":   func(s *backuptest.Site) { s.AddObject("20"); s.DeleteObject(ofType(s, "20")[2]) },
		"one is added and removed again":     func(s *backuptest.Site) { s.DeleteObject(s.AddObject("20")) },
		"one moves to a type that was read":  func(s *backuptest.Site) { s.MoveObject(ofType(s, "22")[3], "20", true) },
		"one moves to a type not yet read":   func(s *backuptest.Site) { s.MoveObject(ofType(s, "20")[3], "22", true) },
		"one moves back without a trace":     func(s *backuptest.Site) { s.MoveObject(ofType(s, "22")[3], "20", false) },
		"one moves on without a trace":       func(s *backuptest.Site) { s.MoveObject(ofType(s, "20")[3], "22", false) },
		"one moves in while another goes": func(s *backuptest.Site) {
			s.MoveObject(ofType(s, "22")[3], "20", true)
			s.DeleteObject(ofType(s, "20")[1])
		},
		"an attribute is added without a trace":   func(s *backuptest.Site) { s.AddAttribute("20", "Rack") },
		"an attribute and an object are added":    func(s *backuptest.Site) { s.AddAttribute("20", "Rack"); s.AddObject("20") },
		"an attribute comes while an object goes": func(s *backuptest.Site) { s.AddAttribute("20", "Rack"); s.DeleteObject(ofType(s, "20")[1]) },
		"a type is added": func(s *backuptest.Site) {
			s.AddType(assets.ObjectType{ID: "30", Name: "Rack", SchemaID: "5", Position: 3, IconID: "13"})
			s.AddObject("30")
		},
		"a type that was read is removed": func(s *backuptest.Site) { s.RemoveType("20") },
		"a type not yet read is removed":  func(s *backuptest.Site) { s.RemoveType("22") },
		"everything of a type goes": func(s *backuptest.Site) {
			for _, id := range ofType(s, "20") {
				s.DeleteObject(id)
			}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := backuptest.NewSite(120, 7)
			site.PageSize = 10
			done := false
			site.Before = func(_ int, question string) error {
				// The second type is being read: the first has been, the third not yet.
				if question == "objects 21" && !done {
					done = true
					change(site)
				}
				return nil
			}
			b := setup(t)
			res := b.must(t, site, backup.Options{Phases: []string{}})
			if !done {
				t.Fatal("nothing was changed")
			}
			agrees(t, b, res.Backup, site)
			if got := b.report.Entries(); len(got) != 0 {
				t.Errorf("what was read again in time is not worth a line: %+v", got)
			}
			if int(res.Objects) != len(site.IDs()) {
				t.Errorf("result says %d objects, there are %d", res.Objects, len(site.IDs()))
			}
		})
	}
}

// TestABackupOfABusySiteIsTheSite changes the site at random for a while, at every question, and expects that the backup is
// what the site is when it has come to rest.
func TestABackupOfABusySiteIsTheSite(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, 9))
			site := backuptest.NewSite(90, seed)
			site.PageSize = 1 + rng.IntN(15)
			left := 5 + rng.IntN(40)
			every := 1 + rng.IntN(4)
			types := []string{"20", "21", "22"}
			site.Before = func(n int, _ string) error {
				if left == 0 || n%every != 0 {
					return nil
				}
				left--
				ids := site.IDs()
				id := ids[rng.IntN(len(ids))]
				switch rng.IntN(8) {
				case 0, 1:
					site.UpdateObject(id, fmt.Sprint("text ", n))
				case 2, 3:
					site.DeleteObject(id)
				case 4:
					site.AddObject(types[rng.IntN(len(types))])
				case 5:
					site.MoveObject(id, types[rng.IntN(len(types))], true)
				case 6:
					site.AddAttribute(types[rng.IntN(len(types))], fmt.Sprint("Rack ", n))
				case 7:
					site.Advance(time.Duration(rng.IntN(90)) * time.Second)
				}
				return nil
			}
			b := setup(t)
			res := b.must(t, site, backup.Options{Phases: []string{}, Rounds: 50})
			if left > 0 {
				t.Logf("%d changes were not made any more", left)
			}
			agrees(t, b, res.Backup, site)
		})
	}
}

func TestWhatNeverRestsIsReported(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(60, 2)
	restless := ofType(site, "20")[4]
	site.Before = func(n int, question string) error {
		if strings.HasPrefix(question, "count") {
			site.UpdateObject(restless, fmt.Sprint("text ", n))
		}
		return nil
	}
	b := setup(t)
	res := b.must(t, site, backup.Options{Phases: []string{}})
	lines := b.report.Entries()
	if len(lines) != 1 || lines[0].ID != restless || lines[0].Outcome != report.Warned || lines[0].Cause != report.CauseChanged {
		t.Errorf("report is %+v, want one line about object %s", lines, restless)
	}
	c := b.content(t, res.Backup)
	want := site.State()
	delete(want, restless)
	delete(c.Objects, restless)
	if diff := cmp.Diff(want, c.Objects, sameObjects); diff != "" {
		t.Errorf("the other objects (-site +backup):\n%s", diff)
	}
	if res.Phases[0].State != snapshot.PhaseComplete || res.Phases[0].Note == "" {
		t.Errorf("phase is %+v, want a note", res.Phases[0])
	}
}

// plain hides the clock of a site.
type plain struct{ backup.Source }

func TestAClockThatIsWrongHidesNoChange(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-10 * time.Minute, 0, 3 * time.Hour} {
		site := backuptest.NewSite(60, 2)
		site.SetClock(time.Now().Add(skew))
		site.Before = func(_ int, question string) error {
			if question == "objects 22" {
				site.UpdateObject(ofType(site, "20")[0], "second")
			}
			return nil
		}
		b := setup(t)
		res := b.must(t, plain{site}, backup.Options{Phases: []string{}})
		agrees(t, b, res.Backup, site)
	}
}

func TestAnObjectThatCannotBeUnderstoodIsReported(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(60, 2)
	site.PageSize = 7
	bad := ofType(site, "21")[3]
	site.MakeUnreadable(bad)
	b := setup(t)
	res := b.must(t, site, backup.Options{Phases: []string{}})
	lines := b.report.Entries()
	if len(lines) != 1 || lines[0].Outcome != report.Failed || lines[0].ID != bad || lines[0].Key != "ITSM-"+bad {
		t.Errorf("report is %+v, want one failure of object %s", lines, bad)
	}
	if res.Failed != 1 || res.Objects != 59 || res.Phases[0].State != snapshot.PhaseIncomplete || res.Phases[0].Failed != 1 {
		t.Errorf("result is %+v", res)
	}
	if got := len(b.content(t, res.Backup).Objects); got != 59 {
		t.Errorf("the backup has %d objects, want 59", got)
	}
	opened, err := b.storage.Open(t.Context(), res.Backup)
	if err != nil {
		t.Fatal(err)
	}
	if kept := list[report.Entry](t, opened, snapshot.KindReport); !slices.Equal(kept, lines) {
		t.Errorf("the backup holds the report %+v", kept)
	}
}

func TestAPageThatCannotBeUnderstoodEndsItsTypeOnly(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(90, 2)
	site.PageSize = 5
	page := 0
	site.Before = func(_ int, question string) error {
		if question == "objects 20" {
			if page++; page > 2 {
				return fmt.Errorf("unexpected <: %w", backup.ErrUnreadable)
			}
		}
		return nil
	}
	b := setup(t)
	res := b.must(t, site, backup.Options{Phases: []string{}})
	if res.Failed != 1 || res.Phases[0].State != snapshot.PhaseIncomplete {
		t.Errorf("result is %+v", res)
	}
	c := b.content(t, res.Backup)
	byType := map[string]int{}
	for _, o := range c.Objects {
		byType[o.TypeID]++
	}
	if byType["20"] != 10 || byType["21"] != len(ofType(site, "21")) || byType["22"] != len(ofType(site, "22")) {
		t.Errorf("the backup has %v objects by type", byType)
	}
}

func TestWhatTheSiteDoesNotOfferIsSkippedWithItsCause(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(60, 2)
	for _, what := range []string{"properties", "history", "comments", "attachments", "avatars", "issues"} {
		site.Withdraw(what)
	}
	b := setup(t)
	res := b.must(t, site, backup.Options{})
	if res.Skipped != 6 || res.Failed != 0 {
		t.Errorf("result is %+v, report %+v", res, b.report.Entries())
	}
	for _, e := range b.report.Entries() {
		want := report.CauseEndpointMissing
		if e.Kind == backup.PhaseAvatars {
			want = report.CauseAvatarUnsupported
		}
		if e.Outcome != report.Skipped || e.Cause != want {
			t.Errorf("line %+v, want cause %s", e, want)
		}
	}
	for _, p := range res.Phases[1:] {
		if p.State != snapshot.PhaseUnsupported {
			t.Errorf("phase %s is %s", p.Name, p.State)
		}
	}
	if calls := site.Calls(); calls > 100 {
		t.Errorf("%d questions were asked of a site that does not answer them", calls)
	}
}

func TestWhatFailsOnceInALaterPhaseIsTriedAgain(t *testing.T) {
	t.Parallel()
	clean := setup(t)
	want := clean.content(t, clean.must(t, backuptest.NewSite(80, 4), backup.Options{}).Backup)

	site := backuptest.NewSite(80, 4)
	met := map[string]bool{}
	site.Before = func(_ int, question string) error {
		kind, _, _ := strings.Cut(question, " ")
		if slices.Contains([]string{"history", "comments", "attachments", "file", "avatar"}, kind) && !met[kind] {
			met[kind] = true
			return fmt.Errorf("flash: %w", assets.ErrUnavailable)
		}
		return nil
	}
	b := setup(t)
	res := b.must(t, site, backup.Options{Workers: 1})
	if len(met) != 5 || res.Failed != 0 {
		t.Errorf("met %v, result %+v, report %+v", met, res, b.report.Entries())
	}
	if diff := cmp.Diff(want, b.content(t, res.Backup), sameObjects); diff != "" {
		t.Errorf("content (-clean +with faults):\n%s", diff)
	}
}

func TestWhatFailsTwiceIsReportedAndTheRestIsKept(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(80, 4)
	ids := site.IDs()
	files, _ := site.Attachments(t.Context(), ids[0])
	broken := []string{"history " + ids[3], "comments " + ids[5], "attachments " + ids[11], "file " + files[0].ID, "avatar " + ids[7]}
	site.Before = func(_ int, question string) error {
		if slices.Contains(broken, question) {
			return fmt.Errorf("always: %w", assets.ErrUnavailable)
		}
		return nil
	}
	b := setup(t)
	res := b.must(t, site, backup.Options{})
	var failed []string
	for _, e := range b.report.Entries() {
		if e.Outcome != report.Failed {
			t.Errorf("line %+v", e)
		}
		failed = append(failed, e.Stage+" "+e.ID)
	}
	want := []string{"History " + ids[3], "Comments " + ids[5], "Attachments " + ids[11], "Attachments " + files[0].ID, "Avatars " + ids[7]}
	slices.Sort(failed)
	slices.Sort(want)
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	for _, p := range res.Phases[1:5] {
		if p.State != snapshot.PhaseIncomplete || p.Failed == 0 {
			t.Errorf("phase %+v, want it incomplete", p)
		}
	}
	site.Before = nil
	if got := b.content(t, res.Backup).Attachments[ids[0]]; len(got) != len(files) {
		t.Errorf("%d attachments of object %s are described, want %d", len(got), ids[0], len(files))
	}
}

func TestAFileOfAnotherSizeIsKeptWithAWarning(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(30, 4)
	id := site.IDs()[0]
	site.Resize(id, 3)
	b := setup(t)
	res := b.must(t, site, backup.Options{Phases: []string{backup.PhaseAttachments}})
	files := len(b.content(t, res.Backup).Attachments[id])
	if got := b.report.Count(report.Warned); got != files || files == 0 || res.Failed != 0 {
		t.Errorf("%d warnings about %d files, result %+v", got, files, res)
	}
}

func TestAnObjectThatIsGoneInALaterPhaseIsSkipped(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(60, 4)
	gone := ofType(site, "22")[0]
	site.Before = func(_ int, question string) error {
		if strings.HasPrefix(question, "history") {
			site.DeleteObject(gone)
		}
		return nil
	}
	b := setup(t)
	b.must(t, site, backup.Options{Phases: []string{backup.PhaseHistory}})
	lines := b.report.Entries()
	if len(lines) != 1 || lines[0].Outcome != report.Skipped || lines[0].Cause != report.CauseVanished || lines[0].ID != gone {
		t.Errorf("report is %+v", lines)
	}
}

func TestASiteThatFailsEveryTimeStopsTheRun(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(60, 4)
	down := true
	site.Before = func(_ int, question string) error {
		if down && strings.HasPrefix(question, "history") {
			return assets.ErrUnavailable
		}
		return nil
	}
	b := setup(t)
	if _, err := b.run(t.Context(), site, backup.Options{}); !errors.Is(err, assets.ErrUnavailable) {
		t.Fatalf("the run ended with %v", err)
	}
	down = false
	res := b.must(t, site, backup.Options{})
	if res.Failed != 0 || len(b.report.Entries()) != 0 {
		t.Errorf("after it came back: %+v, %+v", res, b.report.Entries())
	}
}

func TestCredentialsThatAreRefusedStopTheRunAtOnce(t *testing.T) {
	t.Parallel()
	for _, question := range []string{"schemas", "object types", "objects 21", "history", "file", "issues"} {
		site := backuptest.NewSite(60, 4)
		refused := 0
		site.Before = func(_ int, q string) error {
			if strings.HasPrefix(q, question) {
				refused++
				return assets.ErrUnauthorized
			}
			return nil
		}
		b := setup(t)
		if _, err := b.run(t.Context(), site, backup.Options{Workers: 2}); !errors.Is(err, assets.ErrUnauthorized) {
			t.Errorf("%s: the run ended with %v", question, err)
		}
		if refused > 5 {
			t.Errorf("%s: asked %d times with credentials that are refused", question, refused)
		}
	}
}
