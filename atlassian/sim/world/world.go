package world

import (
	"sync"
	"time"
)

// World is one site. Use New.
type World struct {
	mu   sync.RWMutex
	made Options // as given to New
	opt  Options
	now  func() time.Time
	ids  counters

	schemas     map[ID]*schema
	schemaOrder []ID
	types       map[ID]*objectType
	attrs       map[ID]*attribute

	objects slab
	edges   edgeList
	index   indexes
	lag     lagging
	changes map[ID][]change

	global   GlobalConfig
	statuses map[ID]*StatusType
	refTypes map[ID]*ReferenceType
	icons    map[ID]*icon
	roles    map[ID]*Role

	media       mediaStore
	avatars     map[ID]string
	comments    map[ID]*Comment
	commentsOf  map[ID][]ID
	attachments map[ID]*attachment
	attachedTo  map[ID][]ID

	people people
	jira   jira

	accepts func(v *View, query string, object ID) bool
}

// counters hold the last id of each kind.
type counters struct {
	schema, objectType, attribute, icon, status, refType, role counter
	comment, attachment, change, media                         counter
	project, version, issue, field, context                    counter
}

// New returns a site with what every site is born with: the global icons, status
// types and reference types, and the read-only schema "Services".
func New(opt Options) *World {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	w := &World{
		made: opt, opt: opt, now: opt.Now,
		schemas: map[ID]*schema{}, types: map[ID]*objectType{}, attrs: map[ID]*attribute{},
		changes:  map[ID][]change{},
		statuses: map[ID]*StatusType{}, refTypes: map[ID]*ReferenceType{}, icons: map[ID]*icon{}, roles: map[ID]*Role{},
		avatars:  map[ID]string{},
		comments: map[ID]*Comment{}, commentsOf: map[ID][]ID{},
		attachments: map[ID]*attachment{}, attachedTo: map[ID][]ID{},
		index:  indexes{byAttr: map[ID]*valueIndex{}},
		lag:    lagging{versions: map[ID][]lagVersion{}},
		media:  mediaStore{files: map[string]*Media{}, bytes: map[[32]byte][]byte{}},
		people: newPeople(),
		jira:   newJira(),
	}
	w.ids.icon.last = opt.offset("icon")
	w.ids.status.last = opt.offset("status")
	w.ids.refType.last = opt.offset("reference")
	w.ids.role.last = opt.offset("role")
	w.bornIcons()
	w.bornStatuses()
	w.bornReferenceTypes()
	w.bornServices()
	return w
}

// Options returns what the site was made with.
func (w *World) Options() Options { return w.made }

// Now returns the time of the site's clock, to the millisecond.
func (w *World) Now() time.Time { return fromMillis(w.nowMillis()) }

// SetReferenceFilter gives the function that decides whether an object satisfies the
// query filter of a reference attribute. It is called under the lock. Without it
// every object does.
func (w *World) SetReferenceFilter(accepts func(v *View, query string, object ID) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepts = accepts
}

func (w *World) nowMillis() int64 { return w.now().UnixMilli() }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
