package gen

import (
	"fmt"
	"math/rand/v2"
	"time"

	"stowage/atlassian/sim/world"
)

// fillModel makes a schema and its objects, and what hangs on them.
func fillModel(w *world.World, m *model, p Profile, objects int, seed uint64) (Report, error) {
	rename(m, p)
	report := Report{Key: m.key}
	b, err := build(w, m, &report)
	if err != nil {
		return Report{}, err
	}
	report.Schema = b.schema
	s := newStream(b, objects, seed)
	err = w.Load(func(l *world.Loader) error {
		l.Backdate(b.schema, s.epoch)
		return s.load(l)
	})
	if err != nil {
		return Report{}, err
	}
	return report, (&extras{w: w, stream: s, schema: b.schema, rand: rand.New(rand.NewPCG(seed, 0x657874726173)), report: &report}).add()
}

func rename(m *model, p Profile) {
	if p.SchemaKey != "" {
		m.key = p.SchemaKey
	}
	if p.SchemaName != "" {
		m.name = p.SchemaName
	}
}

// How many objects have what, and how many of each there are at most: a site of a
// million objects is to have large tables, not large everything.
const (
	oneCommentIn, mostComments       = 100, 20_000
	oneAttachmentIn, mostAttachments = 200, 5_000
	oneAvatarIn, mostAvatars         = 200, 5_000
	oneChangeIn, mostChanges         = 50, 20_000
	oneIssueIn, mostIssues           = 50, 5_000
)

// extras hang comments, attachments, avatars, history and issues on objects.
type extras struct {
	w      *world.World
	stream *stream
	schema world.ID
	rand   *rand.Rand
	report *Report
}

func (e *extras) add() error {
	for _, step := range []func() error{e.comments, e.attachments, e.avatars, e.history, e.issues} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// some calls fn for about one object in so many, at least for one, spread evenly.
func (e *extras) some(oneIn, most int, fn func(i int, id world.ID) error) error {
	n := e.stream.objects
	if n == 0 {
		return nil
	}
	step := max(oneIn, n/most)
	for i := e.rand.IntN(min(n, step)); i < n; i += step {
		if err := fn(i, e.stream.first+world.ID(i)); err != nil {
			return err
		}
	}
	return nil
}

func (e *extras) person() string {
	return e.stream.cast.users[e.rand.IntN(len(e.stream.cast.users))]
}

// when is some time after the object was made.
func (e *extras) when(i int) time.Time {
	return e.stream.created(i).Add(time.Duration(e.rand.Int64N(int64(span / 20)))).Truncate(time.Millisecond)
}

func (e *extras) comments() error {
	o := &object{stream: e.stream, rand: e.rand}
	return e.some(oneCommentIn, mostComments, func(i int, id world.ID) error {
		at := e.when(i)
		for n := range 1 + e.rand.IntN(3) {
			_, err := e.w.CreateComment(world.Comment{
				ObjectID: id, Author: e.person(), Text: o.sentence(6 + e.rand.IntN(20)), Role: e.rand.IntN(3), Created: at.Add(time.Duration(n) * time.Hour),
			})
			if err != nil {
				return fmt.Errorf("comment on object %d: %w", id, err)
			}
			e.report.Comments++
		}
		return nil
	})
}

func (e *extras) attachments() error {
	return e.some(oneAttachmentIn, mostAttachments, func(i int, id world.ID) error {
		n := e.rand.IntN(24)
		in := world.Attachment{
			ObjectID: id, Author: e.person(), Filename: fmt.Sprintf("Übergabe %d.txt", n), ContentType: "text/plain; charset=utf-8",
			Comment: "Signed", Created: e.when(i),
		}
		content := []byte(fmt.Sprintf("Handover protocol %d\n\nüberprüft: ja\n", n))
		if n%3 == 0 {
			in.Filename, in.ContentType, content = fmt.Sprintf("photo-%d.png", n), "image/png", tile(fmt.Sprint("photo", n), 96)
		}
		if _, err := e.w.CreateAttachment(in, content); err != nil {
			return fmt.Errorf("attachment of object %d: %w", id, err)
		}
		e.report.Attachments++
		return nil
	})
}

func (e *extras) avatars() error {
	type avatar struct {
		id   world.ID
		uuid string
	}
	var all []avatar
	err := e.some(oneAvatarIn, mostAvatars, func(_ int, id world.ID) error {
		name := fmt.Sprintf("avatar-%d.png", e.rand.IntN(16))
		all = append(all, avatar{id, e.w.PutMedia(name, "image/png", tile(name, 72)).UUID})
		return nil
	})
	if err != nil {
		return err
	}
	e.report.Avatars += len(all)
	return e.w.Load(func(l *world.Loader) error {
		for _, a := range all {
			l.Avatar(a.id, a.uuid)
		}
		return nil
	})
}

// history tells of statuses that objects had before the ones they have.
func (e *extras) history() error {
	type past struct {
		object, attribute world.ID
		at                time.Time
		values            []world.Value
	}
	var all []past
	err := e.some(oneChangeIn, mostChanges, func(i int, id world.ID) error {
		o, err := e.w.Object(id)
		if err != nil {
			return err
		}
		for _, a := range o.Attributes {
			if len(a.Values) == 1 && a.Values[0].Kind == world.KindStatus {
				all = append(all, past{id, a.Attribute, e.when(i), a.Values})
				break
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return e.w.Load(func(l *world.Loader) error {
		for _, p := range all {
			steps := 1 + e.rand.IntN(3)
			before := []world.Value(nil)
			for n := range steps {
				after := p.values
				if n < steps-1 {
					after = []world.Value{world.StatusValue(e.stream.status[e.rand.IntN(len(e.stream.status))])}
				}
				l.Change(p.object, p.attribute, e.person(), p.at.Add(time.Duration(n)*time.Hour), before, after)
				before = after
				e.report.Changes++
			}
		}
		return nil
	})
}

func (e *extras) issues() error {
	if e.stream.cast.field == "" || len(e.stream.cast.projects) == 0 {
		return nil
	}
	return e.some(oneIssueIn, mostIssues, func(i int, id world.ID) error {
		objects := []world.ID{id}
		if other := id + 1; e.rand.IntN(2) == 0 && i+1 < e.stream.objects {
			objects = append(objects, other)
		}
		at := e.when(i)
		_, err := e.w.PutIssue(world.Issue{
			ProjectID: e.stream.cast.projects[e.rand.IntN(len(e.stream.cast.projects))],
			Summary:   "Check " + e.stream.kindAt[i%blockSize].name, Type: "Task", Status: "To Do", Priority: "Medium",
			Reporter: e.person(), Created: at, Updated: at, Objects: map[string][]world.ID{e.stream.cast.field: objects},
		})
		if err != nil {
			return fmt.Errorf("issue about object %d: %w", id, err)
		}
		e.report.Issues++
		return nil
	})
}
