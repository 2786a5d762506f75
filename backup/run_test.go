package backup_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"stowage/assets"
	"stowage/backup"
	"stowage/backup/backuptest"
	"stowage/blob"
	"stowage/blob/mem"
	"stowage/report"
	"stowage/snapshot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is everything a run needs but the site.
type bench struct {
	store       blob.Store
	storage     backuptest.Storage
	checkpoints *backuptest.Checkpoints
	report      report.Report
}

func setup(t *testing.T) *bench {
	t.Helper()
	return over(t, mem.New())
}

func over(t *testing.T, store blob.Store) *bench {
	t.Helper()
	keys, err := snapshot.OpenKeys(t.Context(), store, "acme", master(t), true)
	if err != nil {
		t.Fatal(err)
	}
	return &bench{store: store, storage: backuptest.Storage{Store: store, Keys: keys}, checkpoints: new(backuptest.Checkpoints)}
}

func master(t *testing.T) snapshot.MasterKey {
	t.Helper()
	m, err := snapshot.ParseMasterKey("c3Rvd2FnZSB0ZXN0IG1hc3RlciBrZXkgMzIgYnl0ZXM=")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (b *bench) run(ctx context.Context, src backup.Source, o backup.Options) (backup.Result, error) {
	if o.Schema == "" {
		o.Schema = "ITSM"
	}
	return backup.Run(ctx, src, b.storage, b.checkpoints, o, &b.report, nil)
}

// must runs a backup that is expected to succeed.
func (b *bench) must(t *testing.T, src backup.Source, o backup.Options) backup.Result {
	t.Helper()
	res, err := b.run(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// content is what a backup holds.
type content struct {
	Schema      []assets.Schema
	Properties  []assets.Properties
	Statuses    []assets.StatusType
	References  []assets.ReferenceType
	Icons       []assets.Icon
	Types       []assets.ObjectType
	Attributes  []assets.Attribute
	Objects     map[string]assets.Object
	History     map[string][]assets.HistoryEntry
	Comments    map[string][]assets.Comment
	Attachments map[string][]attachment
	Issues      map[string]assets.IssueObjects
	// Bytes are the hashes of payloads by kind and id.
	Bytes map[string]string
}

type attachment struct {
	assets.Attachment
	SHA256 string `json:"sha256"`
}

func list[T any](t *testing.T, b *snapshot.Backup, kind snapshot.Kind) []T {
	t.Helper()
	var all []T
	for doc, err := range snapshot.Records[T](t.Context(), b, kind, "") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, doc)
	}
	return all
}

func group[T any](all []T, key func(T) string) map[string][]T {
	by := make(map[string][]T)
	for _, v := range all {
		by[key(v)] = append(by[key(v)], v)
	}
	return by
}

func (b *bench) content(t *testing.T, id string) content {
	t.Helper()
	opened, err := b.storage.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	c := content{
		Schema: list[assets.Schema](t, opened, snapshot.KindSchema), Properties: list[assets.Properties](t, opened, snapshot.KindProperties),
		Statuses:    list[assets.StatusType](t, opened, snapshot.KindStatusTypes),
		References:  list[assets.ReferenceType](t, opened, snapshot.KindReferenceTypes),
		Icons:       list[assets.Icon](t, opened, snapshot.KindIcons),
		Types:       list[assets.ObjectType](t, opened, snapshot.KindObjectTypes),
		Attributes:  list[assets.Attribute](t, opened, snapshot.KindAttributes),
		Objects:     make(map[string]assets.Object),
		History:     group(list[assets.HistoryEntry](t, opened, snapshot.KindHistory), func(h assets.HistoryEntry) string { return h.ObjectID }),
		Comments:    group(list[assets.Comment](t, opened, snapshot.KindComments), func(c assets.Comment) string { return c.ObjectID }),
		Attachments: group(list[attachment](t, opened, snapshot.KindAttachments), func(a attachment) string { return a.ObjectID }),
		Issues:      make(map[string]assets.IssueObjects), Bytes: make(map[string]string),
	}
	for _, i := range list[assets.IssueObjects](t, opened, snapshot.KindIssueObjects) {
		if _, twice := c.Issues[i.IssueID]; twice {
			t.Errorf("issue %s is in the backup twice", i.IssueID)
		}
		c.Issues[i.IssueID] = i
	}
	objects := list[assets.Object](t, opened, snapshot.KindObjects)
	for _, o := range objects {
		if _, twice := c.Objects[o.ID]; twice {
			t.Errorf("object %s is in the backup twice", o.ID)
		}
		c.Objects[o.ID] = o
	}
	if got := opened.Manifest().Counts[snapshot.KindObjects]; got != int64(len(objects)) {
		t.Errorf("the manifest counts %d objects, there are %d", got, len(objects))
	}
	read := func(kind snapshot.Kind, id string) {
		p, err := opened.OpenBytes(t.Context(), kind, "", id)
		if errors.Is(err, snapshot.ErrNoRecord) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(data)
		c.Bytes[string(kind)+" "+id] = hex.EncodeToString(sum[:])
	}
	for _, i := range c.Icons {
		read(snapshot.KindIconImages, i.ID)
	}
	for _, o := range objects {
		read(snapshot.KindAvatars, o.ID)
	}
	for _, files := range c.Attachments {
		// A file that was tried again comes after the others of its object.
		slices.SortFunc(files, func(a, b attachment) int { return strings.Compare(a.ID, b.ID) })
		for _, f := range files {
			read(snapshot.KindAttachmentData, f.ID)
			if got := c.Bytes[string(snapshot.KindAttachmentData)+" "+f.ID]; got != f.SHA256 {
				t.Errorf("the hash of attachment %s is %s, its description says %s", f.ID, got, f.SHA256)
			}
		}
	}
	return c
}

// segments are the names of the object segments of a backup.
func (b *bench) segments(t *testing.T, id string) []string {
	t.Helper()
	opened, err := b.storage.Open(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range opened.ObjectSegments() {
		names = append(names, s.Name)
	}
	return names
}

var sameObjects = cmp.Options{
	cmpopts.EquateEmpty(),
	cmpopts.AcyclicTransformer("canonical", func(o assets.Object) assets.Object { return *o.Canonical() }),
}

func TestASchemaIsBackedUpWhole(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(230, 1)
	site.PageSize = 20
	b := setup(t)
	res := b.must(t, site, backup.Options{Meta: snapshot.Meta{Site: "https://acme.example", Description: "before the move"}})

	c := b.content(t, res.Backup)
	if diff := cmp.Diff(site.State(), c.Objects, sameObjects); diff != "" {
		t.Errorf("objects (-site +backup):\n%s", diff)
	}
	types, _ := site.ObjectTypes(t.Context(), "5")
	attributes, _ := site.Attributes(t.Context(), "5")
	if diff := cmp.Diff(types, c.Types); diff != "" {
		t.Errorf("types (-site +backup):\n%s", diff)
	}
	if diff := cmp.Diff(attributes, c.Attributes); diff != "" {
		t.Errorf("attributes (-site +backup):\n%s", diff)
	}
	if len(c.Schema) != 1 || len(c.Properties) != 1 || len(c.Statuses) != 2 || len(c.References) != 1 || len(c.Icons) != 2 {
		t.Errorf("definitions are %d, %d, %d, %d, %d", len(c.Schema), len(c.Properties), len(c.Statuses), len(c.References), len(c.Icons))
	}
	for id := range c.Objects {
		history, _ := site.History(t.Context(), id)
		comments, _ := site.Comments(t.Context(), id)
		if diff := cmp.Diff(history, c.History[id], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("history of %s (-site +backup):\n%s", id, diff)
		}
		if diff := cmp.Diff(comments, c.Comments[id], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("comments on %s (-site +backup):\n%s", id, diff)
		}
		files, _ := site.Attachments(t.Context(), id)
		if len(files) != len(c.Attachments[id]) {
			t.Errorf("object %s has %d attachments, the backup %d", id, len(files), len(c.Attachments[id]))
		}
	}
	if len(c.Issues) != 26 {
		t.Errorf("%d issues, want 26", len(c.Issues))
	}
	avatars := 0
	for k := range c.Bytes {
		if strings.HasPrefix(k, "avatars") {
			avatars++
		}
	}
	if avatars != 33 {
		t.Errorf("%d avatars, want 33", avatars)
	}

	if res.Schema != "ITSM" || res.Objects != 230 || res.Failed != 0 || res.Skipped != 0 || len(b.report.Entries()) != 0 {
		t.Errorf("result is %+v, report %+v", res, b.report.Entries())
	}
	var pages int64
	for _, ty := range res.Types {
		want := (ty.Objects + 19) / 20
		if ty.Pages != want || ty.PageSize != 20 {
			t.Errorf("type %s: %d objects in %d pages of %d, want %d pages of 20", ty.ID, ty.Objects, ty.Pages, ty.PageSize, want)
		}
		pages += ty.Pages
	}
	if res.Pages != pages {
		t.Errorf("%d pages in all, want %d: nothing changed meanwhile", res.Pages, pages)
	}
	for _, p := range res.Phases {
		if p.State != snapshot.PhaseComplete {
			t.Errorf("phase %s is %s", p.Name, p.State)
		}
	}
	if len(res.Phases) != 6 {
		t.Errorf("phases are %+v", res.Phases)
	}

	// A run that is over is over.
	again, err := b.run(t.Context(), site, backup.Options{})
	if err != nil || again.Backup != res.Backup || again.Objects != res.Objects || again.Pages != res.Pages {
		t.Errorf("the same checkpoint again gave %+v, %v", again, err)
	}
}

func TestUnchangedDataMakeUnchangedSegments(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var first []string
	for _, size := range []int{50, 1, 7, 1000} {
		site := backuptest.NewSite(180, 3)
		site.Fatten(6000)
		site.PageSize = size
		b.checkpoints = new(backuptest.Checkpoints)
		res := b.must(t, site, backup.Options{})
		names := b.segments(t, res.Backup)
		if first == nil {
			if first = names; len(first) < 3 {
				t.Fatalf("only %d segments", len(first))
			}
			continue
		}
		if diff := cmp.Diff(first, names); diff != "" {
			t.Errorf("pages of %d give other segments:\n%s", size, diff)
		}
		if res.BytesStored > 40_000 {
			t.Errorf("the same data again stored %d bytes", res.BytesStored)
		}
	}
}

// shuffled is a source whose pages have their objects in another order.
type shuffled struct{ *backuptest.Site }

func (s shuffled) Objects(ctx context.Context, q backup.ObjectQuery) func(func(backup.ObjectPage, error) bool) {
	return func(yield func(backup.ObjectPage, error) bool) {
		for p, err := range s.Site.Objects(ctx, q) {
			slices.Reverse(p.Objects)
			if !yield(p, err) {
				return
			}
		}
	}
}

func TestTheOrderWithinAPageDoesNotMatter(t *testing.T) {
	t.Parallel()
	b := setup(t)
	straight := b.must(t, backuptest.NewSite(120, 3), backup.Options{Phases: []string{}})
	b.checkpoints = new(backuptest.Checkpoints)
	reversed := b.must(t, source{shuffled{backuptest.NewSite(120, 3)}}, backup.Options{Phases: []string{}})
	if diff := cmp.Diff(b.segments(t, straight.Backup), b.segments(t, reversed.Backup)); diff != "" {
		t.Errorf("segments (-straight +reversed):\n%s", diff)
	}
}

func TestAnEmptySchemaIsRefused(t *testing.T) {
	t.Parallel()
	site := backuptest.NewSite(0, 1)
	b := setup(t)
	_, err := b.run(t.Context(), site, backup.Options{})
	if !errors.Is(err, backup.ErrEmptySchema) {
		t.Fatalf("backing up a schema without objects: %v", err)
	}
	if want := "schema ITSM has no objects: an empty schema cannot be backed up"; !strings.Contains(err.Error(), want) {
		t.Errorf("error is %q, want it to say %q", err, want)
	}
	for info, err := range b.store.List(t.Context(), "tenants/acme/backups/") {
		t.Errorf("the store holds %s, %v", info.Name, err)
	}
}

func TestASchemaThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	_, err := setup(t).run(t.Context(), backuptest.NewSite(3, 1), backup.Options{Schema: "NONE"})
	if !errors.Is(err, assets.ErrNotFound) || !strings.Contains(err.Error(), "NONE") {
		t.Errorf("backing it up: %v", err)
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, o := range []backup.Options{{Phases: []string{"holidays"}}, {Workers: -1}, {Rounds: -1}, {Margin: -time.Second}} {
		if _, err := setup(t).run(t.Context(), backuptest.NewSite(3, 1), o); err == nil {
			t.Errorf("options %+v were taken", o)
		}
	}
	if _, err := backup.Run(t.Context(), backuptest.NewSite(3, 1), nil, nil, backup.Options{}, nil, nil); err == nil {
		t.Error("a backup of no schema was begun")
	}
}

func TestACheckpointOfAnotherSchemaIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must(t, backuptest.NewSite(3, 1), backup.Options{})
	if _, err := b.run(t.Context(), backuptest.NewSite(3, 1), backup.Options{Schema: "OTHER"}); !errors.Is(err, backup.ErrOtherSchema) {
		t.Errorf("resuming it for another schema: %v", err)
	}
}

func TestACommittedBackupIsAnnounced(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var states []string
	b.must(t, backuptest.NewSite(40, 1), backup.Options{
		Phases: []string{backup.PhaseHistory},
		Committed: func(m snapshot.Manifest) {
			var s []string
			for _, p := range m.Phases {
				s = append(s, fmt.Sprintf("%s %s", p.Name, p.State))
			}
			states = append(states, strings.Join(s, ", "))
		},
	})
	want := []string{"objects complete, history pending", "objects complete, history complete"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("commits (-want +got):\n%s", diff)
	}
}
