package world

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Project is a Jira project.
type Project struct {
	ID   ID
	Key  string
	Name string
	Lead string // account id
	// IssueTypes are the names of the issue types.
	IssueTypes []string
}

// Version is a version of a project.
type Version struct {
	ID          ID
	ProjectID   ID
	Name        string
	Description string
	Released    bool
	Archived    bool
}

// Field is a custom field of Jira that holds Assets objects.
type Field struct {
	ID          string // customfield_10001
	Name        string
	Description string
	Contexts    []FieldContext
}

// FieldContext says where a field exists and what may be chosen. Empty lists mean
// everywhere; SchemaID zero means any schema, Filter is a query.
type FieldContext struct {
	ID         ID
	Name       string
	ProjectIDs []ID
	IssueTypes []string
	SchemaID   ID
	Filter     string
	Multiple   bool
	Required   bool
}

// Issue is an issue with the objects chosen in its fields.
type Issue struct {
	ID        ID
	Key       string
	ProjectID ID
	Summary   string
	Type      string
	Status    string
	Priority  string
	Reporter  string
	Created   time.Time
	Updated   time.Time
	// Objects are the chosen objects by field id.
	Objects map[string][]ID
}

// Open tells whether the issue is still worked on.
func (i *Issue) Open() bool {
	switch strings.ToLower(i.Status) {
	case "done", "closed", "resolved", "canceled", "cancelled":
		return false
	}
	return true
}

// openIssues tells whether an object is chosen in an open issue.
func (j *jira) openIssues(object ID) bool {
	return slices.ContainsFunc(j.byObject[object], func(id ID) bool { return j.issues[id].Open() })
}

// jira is the part of Jira that points at Assets.
type jira struct {
	projects map[ID]*Project
	versions map[ID]*Version
	fields   map[string]*Field
	issues   map[ID]*Issue
	byKey    map[string]ID
	perKey   map[ID]int // last number of an issue of a project
	byObject map[ID][]ID
}

func newJira() jira {
	return jira{
		projects: map[ID]*Project{}, versions: map[ID]*Version{}, fields: map[string]*Field{},
		issues: map[ID]*Issue{}, byKey: map[string]ID{}, perKey: map[ID]int{}, byObject: map[ID][]ID{},
	}
}

// project finds a project by id or key.
func (j *jira) project(s string) *Project {
	if id, ok := ParseID(s); ok && j.projects[id] != nil {
		return j.projects[id]
	}
	for _, p := range j.projects {
		if strings.EqualFold(p.Key, s) {
			return p
		}
	}
	return nil
}

// forgetObject takes a deleted object out of the issues.
func (j *jira) forgetObject(id ID) {
	for _, issue := range j.byObject[id] {
		i := j.issues[issue]
		next := maps.Clone(i.Objects)
		for f, list := range next {
			if slices.Contains(list, id) {
				next[f] = remove(slices.Clone(list), id)
			}
		}
		i.Objects = next
	}
	delete(j.byObject, id)
}

// PutProject adds a project; id zero gets a new one.
func (w *World) PutProject(p Project) Project {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.ID == 0 {
		p.ID = 10000 + w.ids.project.next()
	}
	if len(p.IssueTypes) == 0 {
		p.IssueTypes = []string{"Task", "Incident", "Service Request"}
	}
	w.jira.projects[p.ID] = &p
	return p
}

// Projects returns all projects in the order of their ids.
func (w *World) Projects() []Project {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return sorted(w.jira.projects)
}

// Project returns a project by id or key.
func (w *World) Project(idOrKey string) (Project, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return deref(w.jira.project(idOrKey))
}

// PutVersion adds a version; id zero gets a new one.
func (w *World) PutVersion(v Version) Version {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.ID == 0 {
		v.ID = 10000 + w.ids.version.next()
	}
	w.jira.versions[v.ID] = &v
	return v
}

// Versions returns the versions of a project in the order of their ids.
func (w *World) Versions(projectID ID) []Version {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return slices.DeleteFunc(sorted(w.jira.versions), func(v Version) bool { return v.ProjectID != projectID })
}

// Version returns a version.
func (w *World) Version(id ID) (Version, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return deref(w.jira.versions[id])
}

// PutField adds a field or replaces it; an empty id and contexts without id get new
// ones.
func (w *World) PutField(f Field) Field {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.ID == "" {
		f.ID = fmt.Sprintf("customfield_%d", 10000+w.ids.field.next())
	}
	f.Contexts = slices.Clone(f.Contexts)
	for i := range f.Contexts {
		if f.Contexts[i].ID == 0 {
			f.Contexts[i].ID = 10000 + w.ids.context.next()
		}
	}
	w.jira.fields[f.ID] = &f
	return f
}

// Fields returns all fields that hold objects, in the order of their ids.
func (w *World) Fields() []Field {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return sorted(w.jira.fields)
}

// Field returns a field.
func (w *World) Field(id string) (Field, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return deref(w.jira.fields[id])
}

// PutIssue adds an issue or replaces the one with that id; id zero gets a new id and
// an empty key the next one of the project.
func (w *World) PutIssue(i Issue) (Issue, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.jira.projects[i.ProjectID]
	if p == nil {
		return Issue{}, notFound("No project with id %d exists", i.ProjectID)
	}
	if i.ID == 0 {
		i.ID = 10000 + w.ids.issue.next()
	}
	if old := w.jira.issues[i.ID]; old != nil {
		w.unlinkIssue(old)
		delete(w.jira.byKey, old.Key)
	}
	if i.Key == "" {
		w.jira.perKey[p.ID]++
		i.Key = fmt.Sprintf("%s-%d", p.Key, w.jira.perKey[p.ID])
	}
	if i.Created.IsZero() {
		i.Created = w.Now()
	}
	if i.Updated.IsZero() {
		i.Updated = i.Created
	}
	w.jira.issues[i.ID] = &i
	w.jira.byKey[i.Key] = i.ID
	w.linkIssue(&i)
	return i, nil
}

// SetIssueObjects chooses other objects in a field of an issue. What the field's
// context allows is for the caller to check.
func (w *World) SetIssueObjects(id ID, field string, objects []ID) (Issue, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := w.jira.issues[id]
	if i == nil {
		return Issue{}, notFound("Issue does not exist or you do not have permission to see it.")
	}
	w.unlinkIssue(i)
	next := *i
	next.Objects = maps.Clone(i.Objects)
	if next.Objects == nil {
		next.Objects = map[string][]ID{}
	}
	next.Objects[field] = slices.Clone(objects)
	if len(objects) == 0 {
		delete(next.Objects, field)
	}
	next.Updated = w.Now()
	w.jira.issues[id] = &next
	w.linkIssue(&next)
	return next, nil
}

func (w *World) linkIssue(i *Issue) {
	for _, list := range i.Objects {
		for _, o := range list {
			if !slices.Contains(w.jira.byObject[o], i.ID) {
				w.jira.byObject[o] = append(w.jira.byObject[o], i.ID)
			}
		}
	}
}

func (w *World) unlinkIssue(i *Issue) {
	for _, list := range i.Objects {
		for _, o := range list {
			w.jira.byObject[o] = remove(w.jira.byObject[o], i.ID)
			if len(w.jira.byObject[o]) == 0 {
				delete(w.jira.byObject, o)
			}
		}
	}
}

// Issue returns an issue by id or key. Its map must not be written to.
func (w *World) Issue(idOrKey string) (Issue, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	id, ok := w.jira.byKey[strings.ToUpper(idOrKey)]
	if !ok {
		id, _ = ParseID(idOrKey)
	}
	return deref(w.jira.issues[id])
}

// Issues returns all issues in the order of their ids. Their maps must not be written
// to.
func (w *World) Issues() []Issue {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return sorted(w.jira.issues)
}

// ConnectedIssues returns the issues in which an object is chosen, in the order of
// their ids.
func (w *World) ConnectedIssues(object ID) ([]Issue, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.objects.alive(object) == nil {
		return nil, errNoObject(object)
	}
	out := []Issue{}
	for _, id := range slices.Sorted(slices.Values(w.jira.byObject[object])) {
		out = append(out, *w.jira.issues[id])
	}
	return out, nil
}

// sorted returns copies in the order of their ids.
func sorted[K ID | string, T any](all map[K]*T) []T {
	out := make([]T, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, *all[id])
	}
	return out
}
