package backuptest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"stowage/assets"
	"stowage/backup"
)

// Site is a site in memory with one schema, for tests. It is a backup.Source with a backup.Clock; its methods may be called
// from several goroutines, and its content changed at any time.
type Site struct {
	// PageSize is the number of objects on a page.
	PageSize int
	// Before, when set, is called before every question, with the number of the question from 1 and what it asks for, such as
	// "objects 12", one call at a time. It may change the site, but not ask it, and may fail the question. It is set before the
	// site is used.
	Before func(n int, question string) error

	before sync.Mutex
	mu     sync.Mutex
	// now is the clock of the site. It goes on a little with every question and every change.
	now   time.Time
	calls int

	schema     assets.Schema
	properties assets.Properties
	statuses   []assets.StatusType
	references []assets.ReferenceType
	icons      []assets.Icon
	types      []assets.ObjectType
	attributes []assets.Attribute
	objects    []assets.Object
	unreadable map[string]bool

	history     map[string][]assets.HistoryEntry
	comments    map[string][]assets.Comment
	attachments map[string][]assets.Attachment
	files       map[string][]byte
	issues      []assets.IssueObjects
	unsupported map[string]bool
}

var (
	_ backup.Source = (*Site)(nil)
	_ backup.Clock  = (*Site)(nil)
)

// epoch is the time on the clock of a new site.
var epoch = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// NewSite makes a site with the schema ITSM: 3 object types, n objects, and a little of everything that hangs on objects. It
// is the same for the same seed.
func NewSite(n int, seed uint64) *Site {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &Site{
		PageSize: 50, now: epoch,
		schema:     assets.Schema{ID: "5", Key: "ITSM", Name: "IT services", CanManage: true, Created: stamp(epoch.AddDate(-1, 0, 0))},
		properties: assets.Properties{AllowOtherSchemas: true, Extra: json.RawMessage(`{"serviceDescCustomersEnabled":false}`)},
		statuses:   []assets.StatusType{{ID: "1", Name: "Running", Category: assets.StatusActive}, {ID: "9", Name: "Retired", SchemaID: "5"}},
		references: []assets.ReferenceType{{ID: "1", Name: "Depends on", Color: "#ff0000"}},
		icons:      []assets.Icon{{ID: "7", Name: "Server"}, {ID: "13", Name: "Building"}},
		unreadable: make(map[string]bool), unsupported: make(map[string]bool),
		history: make(map[string][]assets.HistoryEntry), comments: make(map[string][]assets.Comment),
		attachments: make(map[string][]assets.Attachment), files: make(map[string][]byte),
	}
	for i, name := range []string{"Hardware", "Server", "Office"} {
		t := assets.ObjectType{ID: strconv.Itoa(20 + i), Name: name, SchemaID: "5", Position: i, IconID: s.icons[i%2].ID, Inherited: i == 0}
		if i == 1 {
			t.ParentID, t.Position, t.ParentInherited = "20", 0, true
		}
		s.AddType(t)
	}
	for range n {
		s.AddObject(s.types[rng.IntN(len(s.types))].ID)
	}
	for i := range s.objects {
		// Old, so that a backup does not take them for changes made while it runs.
		at := epoch.AddDate(0, -6, 0).Add(time.Duration(rng.IntN(1e7)) * time.Second)
		s.objects[i].Created, s.objects[i].Updated = stamp(at), stamp(at)
		s.objects[i].HasAvatar = i%7 == 0
		s.hang(i, rng)
	}
	return s
}

// hang gives an object some history, comments, files and issues.
func (s *Site) hang(i int, rng *rand.Rand) {
	id := s.objects[i].ID
	for h := range rng.IntN(4) {
		s.history[id] = append(s.history[id], assets.HistoryEntry{
			ID: id + "0" + strconv.Itoa(h), ObjectID: id, Type: 1, Attribute: "Name", NewValue: "name " + strconv.Itoa(h), Created: s.objects[i].Created,
		})
	}
	if i%5 == 0 {
		s.comments[id] = []assets.Comment{{ID: "c" + id, ObjectID: id, Text: "seen", Created: s.objects[i].Created}}
	}
	if i%11 == 0 {
		for f := range 1 + rng.IntN(2) {
			data := make([]byte, rng.IntN(3000))
			for j := range data {
				data[j] = byte(rng.IntN(256))
			}
			a := assets.Attachment{ID: "f" + id + strconv.Itoa(f), ObjectID: id, Filename: "plan.pdf", MediaType: "application/pdf", Size: int64(len(data))}
			s.attachments[id] = append(s.attachments[id], a)
			s.files[a.ID] = data
		}
	}
	if i%9 == 0 {
		n := strconv.Itoa(len(s.issues) + 1)
		s.issues = append(s.issues, assets.IssueObjects{
			IssueID: "100" + n, IssueKey: "HELP-" + n, Fields: []assets.IssueField{{FieldID: "customfield_1", ObjectIDs: []string{id}}},
		})
	}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// tick lets the clock go on and returns the time.
func (s *Site) tick() time.Time {
	s.now = s.now.Add(10 * time.Millisecond)
	return s.now
}

// Advance lets the clock go on.
func (s *Site) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// SetClock sets the clock.
func (s *Site) SetClock(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Calls returns how many questions were asked.
func (s *Site) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// AddType adds an object type with the attributes every type is born with, and one for text.
func (s *Site) AddType(t assets.ObjectType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = append(s.types, t)
	for i, name := range []string{assets.AttributeKey, assets.AttributeName, assets.AttributeCreated, assets.AttributeUpdated, "Notes"} {
		s.attributes = append(s.attributes, assets.Attribute{
			ID: t.ID + strconv.Itoa(i), TypeID: t.ID, Name: name, Label: i == 1, Position: i, MaxCardinality: 1, Editable: i == 1 || i == 4, System: i != 1 && i != 4,
		})
	}
}

// RemoveType removes an object type and its objects.
func (s *Site) RemoveType(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = slices.DeleteFunc(s.types, func(t assets.ObjectType) bool { return t.ID == id })
	s.attributes = slices.DeleteFunc(s.attributes, func(a assets.Attribute) bool { return a.TypeID == id })
	s.objects = slices.DeleteFunc(s.objects, func(o assets.Object) bool { return o.TypeID == id })
}

// AddAttribute adds a text attribute to a type, and a value of it to all its objects without changing their times.
func (s *Site) AddAttribute(typeID, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := assets.Attribute{ID: typeID + "9" + strconv.Itoa(len(s.attributes)), TypeID: typeID, Name: name, MaxCardinality: 1, Editable: true, Position: 9}
	at := len(s.attributes)
	for i := range s.attributes {
		if s.attributes[i].TypeID == typeID {
			at = i + 1
		}
	}
	s.attributes = slices.Insert(s.attributes, at, a)
	for i := range s.objects {
		if o := &s.objects[i]; o.TypeID == typeID {
			o.Values = append(slices.Clone(o.Values), assets.AttributeValues{AttributeID: a.ID, Values: []assets.Value{{Text: name}}})
		}
	}
}

// AddObject adds an object and returns its id.
func (s *Site) AddObject(typeID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := 95 // so that ids grow from two digits to more
	if n := len(s.objects); n > 0 {
		last, _ := strconv.Atoi(s.objects[n-1].ID)
		id = last + 1
	}
	at := stamp(s.tick())
	o := assets.Object{
		ID: strconv.Itoa(id), Key: "ITSM-" + strconv.Itoa(id), Label: fmt.Sprintf("Thing %d ✓", id), TypeID: typeID, Created: at, Updated: at,
		Extra: json.RawMessage(fmt.Sprintf(`{"extendedInfo":{"n":%d}}`, id)),
	}
	o.Values = []assets.AttributeValues{
		{AttributeID: typeID + "1", Values: []assets.Value{{Text: o.Label}}},
		{AttributeID: typeID + "4", Values: []assets.Value{{Text: "first"}}},
	}
	s.objects = append(s.objects, o)
	return o.ID
}

// UpdateObject changes an object. It does nothing when there is none of that id.
func (s *Site) UpdateObject(id, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(id); i >= 0 {
		o := &s.objects[i]
		o.Values = slices.Clone(o.Values)
		o.Values[1] = assets.AttributeValues{AttributeID: o.TypeID + "4", Values: []assets.Value{{Text: text}}}
		o.Updated = stamp(s.tick())
	}
}

// MoveObject makes an object one of another type. Its times stay as they were unless touch is set.
func (s *Site) MoveObject(id, typeID string, touch bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(id); i >= 0 {
		s.objects[i].TypeID = typeID
		if touch {
			s.objects[i].Updated = stamp(s.tick())
		}
	}
}

// DeleteObject removes an object.
func (s *Site) DeleteObject(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := s.find(id); i >= 0 {
		s.objects = slices.Delete(s.objects, i, i+1)
	}
}

// MakeUnreadable lets the document of an object be one that cannot be understood, in pages and alone.
func (s *Site) MakeUnreadable(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unreadable[id] = true
}

// Withdraw makes the site one that does not offer "properties", "history", "comments", "attachments", "avatars" or "issues".
func (s *Site) Withdraw(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsupported[what] = true
}

// Resize makes the site say that a file has another size than it has.
func (s *Site) Resize(objectID string, by int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.attachments[objectID] {
		s.attachments[objectID][i].Size += by
	}
}

// State returns all objects of the site as they are now, by id.
func (s *Site) State() map[string]assets.Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]assets.Object, len(s.objects))
	for _, o := range s.objects {
		all[o.ID] = o
	}
	return all
}

// IDs returns the ids of all objects in ascending order.
func (s *Site) IDs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, len(s.objects))
	for i := range s.objects {
		ids[i] = s.objects[i].ID
	}
	return ids
}

func (s *Site) find(id string) int {
	return slices.IndexFunc(s.objects, func(o assets.Object) bool { return o.ID == id })
}

// ask begins a question; the caller holds the lock when it returned nil.
func (s *Site) ask(ctx context.Context, offered, question string) error {
	s.mu.Lock()
	s.calls++
	n := s.calls
	s.tick()
	s.mu.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s.Before != nil {
		s.before.Lock()
		err := s.Before(n, question)
		s.before.Unlock()
		if err != nil {
			return err
		}
	}
	s.mu.Lock()
	if s.unsupported[offered] {
		s.mu.Unlock()
		return assets.ErrUnsupported
	}
	return nil
}

func answer[T any](ctx context.Context, s *Site, offered, question string, get func() (T, error)) (T, error) {
	if err := s.ask(ctx, offered, question); err != nil {
		var zero T
		return zero, fmt.Errorf("%s: %w", question, err)
	}
	defer s.mu.Unlock()
	return get()
}

// Now returns the time of the site.
func (s *Site) Now(ctx context.Context) (time.Time, error) {
	return answer(ctx, s, "", "now", func() (time.Time, error) { return s.now, nil })
}

// Schemas lists the schema.
func (s *Site) Schemas(ctx context.Context) ([]assets.Schema, error) {
	return answer(ctx, s, "", "schemas", func() ([]assets.Schema, error) { return []assets.Schema{{ID: "1", Key: "OTHER"}, s.schema}, nil })
}

// Properties returns the settings of the schema.
func (s *Site) Properties(ctx context.Context, _ string) (assets.Properties, error) {
	return answer(ctx, s, "properties", "properties", func() (assets.Properties, error) { return s.properties, nil })
}

// StatusTypes lists the status types.
func (s *Site) StatusTypes(ctx context.Context, _ string) ([]assets.StatusType, error) {
	return answer(ctx, s, "", "status types", func() ([]assets.StatusType, error) { return slices.Clone(s.statuses), nil })
}

// ReferenceTypes lists the reference types.
func (s *Site) ReferenceTypes(ctx context.Context, _ string) ([]assets.ReferenceType, error) {
	return answer(ctx, s, "", "reference types", func() ([]assets.ReferenceType, error) { return slices.Clone(s.references), nil })
}

// Icon returns an icon.
func (s *Site) Icon(ctx context.Context, iconID string) (assets.Icon, error) {
	return answer(ctx, s, "", "icon "+iconID, func() (assets.Icon, error) {
		i := slices.IndexFunc(s.icons, func(i assets.Icon) bool { return i.ID == iconID })
		if i < 0 {
			return assets.Icon{}, assets.ErrNotFound
		}
		return s.icons[i], nil
	})
}

// IconImage returns its picture.
func (s *Site) IconImage(ctx context.Context, iconID string) ([]byte, error) {
	return answer(ctx, s, "", "icon image "+iconID, func() ([]byte, error) { return []byte("png of " + iconID), nil })
}

// ObjectTypes lists the object types.
func (s *Site) ObjectTypes(ctx context.Context, _ string) ([]assets.ObjectType, error) {
	return answer(ctx, s, "", "object types", func() ([]assets.ObjectType, error) { return slices.Clone(s.types), nil })
}

// Attributes lists the attributes.
func (s *Site) Attributes(ctx context.Context, _ string) ([]assets.Attribute, error) {
	return answer(ctx, s, "", "attributes", func() ([]assets.Attribute, error) { return slices.Clone(s.attributes), nil })
}

func (s *Site) matches(o *assets.Object, q backup.ObjectQuery) bool {
	if o.TypeID != q.TypeID || q.After != "" && compareIDs(o.ID, q.After) <= 0 {
		return false
	}
	if q.UpdatedSince.IsZero() {
		return true
	}
	at, err := time.Parse(time.RFC3339, o.Updated)
	return err == nil && !at.Before(q.UpdatedSince)
}

// Objects yields pages of objects.
func (s *Site) Objects(ctx context.Context, q backup.ObjectQuery) iter.Seq2[backup.ObjectPage, error] {
	return func(yield func(backup.ObjectPage, error) bool) {
		for {
			last := false
			page, err := answer(ctx, s, "", "objects "+q.TypeID, func() (backup.ObjectPage, error) {
				p := backup.ObjectPage{Calls: 1}
				last = true
				for i := range s.objects {
					o := &s.objects[i]
					if !s.matches(o, q) {
						continue
					}
					if len(p.Objects)+len(p.Unreadable) == s.PageSize {
						last = false
						break
					}
					if s.unreadable[o.ID] {
						p.Unreadable = append(p.Unreadable, backup.UnreadableObject{ID: o.ID, Key: o.Key, Err: backup.ErrUnreadable})
					} else {
						p.Objects = append(p.Objects, *o)
					}
					q.After = o.ID
				}
				return p, nil
			})
			if !yield(page, err) || err != nil || last {
				return
			}
		}
	}
}

// CountObjects counts.
func (s *Site) CountObjects(ctx context.Context, q backup.ObjectQuery) (int, error) {
	return answer(ctx, s, "", "count "+q.TypeID, func() (int, error) {
		n := 0
		for i := range s.objects {
			if s.matches(&s.objects[i], q) {
				n++
			}
		}
		return n, nil
	})
}

// Object returns an object.
func (s *Site) Object(ctx context.Context, objectID string) (assets.Object, error) {
	return answer(ctx, s, "", "object "+objectID, func() (assets.Object, error) {
		i := s.find(objectID)
		switch {
		case i < 0:
			return assets.Object{}, assets.ErrNotFound
		case s.unreadable[objectID]:
			return assets.Object{}, backup.ErrUnreadable
		}
		return s.objects[i], nil
	})
}

func hanging[T any](ctx context.Context, s *Site, what, objectID string, on map[string][]T) ([]T, error) {
	return answer(ctx, s, what, what+" "+objectID, func() ([]T, error) {
		if s.find(objectID) < 0 {
			return nil, assets.ErrNotFound
		}
		return slices.Clone(on[objectID]), nil
	})
}

// History returns the history of an object.
func (s *Site) History(ctx context.Context, objectID string) ([]assets.HistoryEntry, error) {
	return hanging(ctx, s, "history", objectID, s.history)
}

// Comments returns the comments on an object.
func (s *Site) Comments(ctx context.Context, objectID string) ([]assets.Comment, error) {
	return hanging(ctx, s, "comments", objectID, s.comments)
}

// Attachments returns the attachments of an object.
func (s *Site) Attachments(ctx context.Context, objectID string) ([]assets.Attachment, error) {
	return hanging(ctx, s, "attachments", objectID, s.attachments)
}

// AttachmentData opens a file.
func (s *Site) AttachmentData(ctx context.Context, a assets.Attachment) (io.ReadCloser, error) {
	return answer(ctx, s, "attachments", "file "+a.ID, func() (io.ReadCloser, error) {
		data, ok := s.files[a.ID]
		if !ok {
			return nil, assets.ErrNotFound
		}
		return io.NopCloser(bytes.NewReader(data)), nil
	})
}

// Avatar returns the picture of an object.
func (s *Site) Avatar(ctx context.Context, objectID string) (data []byte, mediaType string, err error) {
	data, err = answer(ctx, s, "avatars", "avatar "+objectID, func() ([]byte, error) {
		if i := s.find(objectID); i < 0 || !s.objects[i].HasAvatar {
			return nil, assets.ErrNotFound
		}
		return []byte("avatar of " + objectID), nil
	})
	return data, "image/png", err
}

// IssueObjects yields the issues.
func (s *Site) IssueObjects(ctx context.Context, _ string) iter.Seq2[assets.IssueObjects, error] {
	return func(yield func(assets.IssueObjects, error) bool) {
		issues, err := answer(ctx, s, "issues", "issues", func() ([]assets.IssueObjects, error) { return slices.Clone(s.issues), nil })
		if err != nil {
			yield(assets.IssueObjects{}, err)
			return
		}
		for _, i := range issues {
			if !yield(i, nil) {
				return
			}
		}
	}
}

func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// Fatten gives every object a text of about so many bytes that hardly compresses, so that a few objects fill a segment.
func (s *Site) Fatten(size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.objects {
		o := &s.objects[i]
		seed, _ := strconv.ParseUint(o.ID, 10, 64)
		rng := rand.New(rand.NewPCG(seed, 2))
		text := make([]byte, size)
		for j := range text {
			text[j] = 'a' + byte(rng.IntN(26))
		}
		o.Values = append(slices.Clone(o.Values), assets.AttributeValues{AttributeID: o.TypeID + "4", Values: []assets.Value{{Text: string(text)}}})
	}
}
