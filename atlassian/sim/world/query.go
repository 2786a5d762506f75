package world

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stowage/atlassian/sim/aql"
)

// SearchResult is a page of the objects that a query finds.
type SearchResult struct {
	IDs []ID
	// Total is exact if it is below the CountTo that was asked for.
	Total int
	// More tells whether there are objects behind the page.
	More bool
}

// Search answers a query of Assets as the person with the account id viewer. A query
// that is not valid is refused with an *Error of status 400 that wraps nothing but
// says where the query is wrong.
func (w *World) Search(ctx context.Context, viewer, query string, page aql.Page) (SearchResult, error) {
	q, err := aql.Parse(query)
	if err != nil {
		return SearchResult{}, queryError(err)
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.search(ctx, viewer, q, page)
}

func (w *World) search(ctx context.Context, viewer string, q *aql.Query, page aql.Page) (SearchResult, error) {
	found, err := aql.Search(ctx, w.queried(viewer), q, page)
	if err != nil {
		return SearchResult{}, queryError(err)
	}
	out := SearchResult{Total: found.Total, More: found.More, IDs: make([]ID, len(found.IDs))}
	for i, id := range found.IDs {
		out.IDs[i] = ID(id)
	}
	return out, nil
}

// queryError turns what is wrong with a query into a refusal.
func queryError(err error) error {
	if invalid, ok := errors.AsType[*aql.Error](err); ok {
		return &Error{Status: http.StatusBadRequest, Messages: []string{invalid.Error()}}
	}
	return err
}

// accepted tells whether a query, such as the filter of a reference attribute, finds
// one object. It ignores the lag of searches: a reference may be set to what was
// created a moment ago.
func (w *World) accepted(query string, object ID) bool {
	q, err := aql.Parse(query)
	if err != nil {
		return false
	}
	d := w.queried("")
	d.noLag = true
	match, err := aql.Matcher(d, q)
	return err == nil && match(aql.Handle(object))
}

// AcceptByQuery is a filter for SetReferenceFilter that asks the query.
func AcceptByQuery(v *View, query string, object ID) bool { return v.w.accepted(query, object) }

// queried is a World under the read lock as queries see it.
type queried struct {
	w      *World
	now    int64
	viewer string
	noLag  bool
}

var _ aql.Data = (*queried)(nil)

func (w *World) queried(viewer string) *queried {
	return &queried{w: w, now: w.nowMillis(), viewer: viewer}
}

// seen is the record as the search sees it, nil if it does not.
func (d *queried) seen(id ID) *record {
	if d.noLag {
		return d.w.objects.alive(id)
	}
	return d.w.lag.seen(id, d.w.objects.at(id), d.now)
}

// record never is nil: handles are only made of objects that are seen.
func (d *queried) record(h aql.Handle) *record {
	if r := d.seen(ID(h)); r != nil {
		return r
	}
	return &record{}
}

func (d *queried) Now() time.Time { return fromMillis(d.now) }

func (d *queried) Viewer() string { return d.viewer }

func (d *queried) Schemas() []aql.Schema {
	out := make([]aql.Schema, 0, len(d.w.schemaOrder))
	for _, id := range d.w.schemaOrder {
		s := d.w.schemas[id]
		out = append(out, aql.Schema{ID: int64(id), Name: s.Name, Key: s.Key})
	}
	return out
}

func (d *queried) Types() []aql.Type {
	out := make([]aql.Type, 0, len(d.w.types))
	for _, schemaID := range d.w.schemaOrder {
		for _, id := range d.w.schemas[schemaID].types {
			t := d.w.types[id]
			out = append(out, aql.Type{ID: int64(id), SchemaID: int64(schemaID), ParentID: int64(t.ParentID), Name: t.Name})
		}
	}
	return out
}

func (d *queried) Attribute(typeID int64, name string) (aql.Attribute, bool) {
	t := d.w.types[ID(typeID)]
	if t == nil {
		return aql.Attribute{}, false
	}
	for _, a := range t.attrs {
		if sameName(a.Name, name) {
			return queriedAttribute(a), true
		}
	}
	return aql.Attribute{}, false
}

func (d *queried) AttributesOf(typeID int64) []aql.Attribute {
	t := d.w.types[ID(typeID)]
	if t == nil {
		return nil
	}
	out := make([]aql.Attribute, 0, len(t.attrs))
	for _, a := range t.attrs {
		out = append(out, queriedAttribute(a))
	}
	return out
}

func queriedAttribute(a *attribute) aql.Attribute {
	kind := aql.KindText
	switch a.Kind() {
	case KindInt, KindDouble:
		kind = aql.KindNumber
	case KindDate, KindDateTime:
		kind = aql.KindTime
	case KindRef:
		kind = aql.KindReference
	case KindUser:
		kind = aql.KindUser
	case KindGroup:
		kind = aql.KindGroup
	case KindNone, KindText, KindSelect, KindBool, KindStatus, KindProject, KindVersion:
	}
	return aql.Attribute{ID: int64(a.ID), TypeID: int64(a.TypeID), Name: a.Name, Kind: kind}
}

func (d *queried) OfType(typeID, from int64, yield func(h aql.Handle, id int64) bool) {
	t := d.w.types[ID(typeID)]
	if t == nil {
		return
	}
	plain := len(d.w.lag.versions) == 0 && t.gone == 0
	for _, id := range t.objects[lowerBound(t.objects, from):] {
		if !plain && d.seen(id) == nil {
			continue
		}
		if !yield(aql.Handle(id), int64(id)) {
			return
		}
	}
}

// lowerBound is the place of the first id that is at least from.
func lowerBound(ids []ID, from int64) int {
	i, _ := slices.BinarySearchFunc(ids, from, func(id ID, from int64) int {
		switch {
		case int64(id) < from:
			return -1
		case int64(id) > from:
			return 1
		default:
			return 0
		}
	})
	return i
}

func (d *queried) CountOfType(typeID, from, to int64) (int, bool) {
	t := d.w.types[ID(typeID)]
	switch {
	case t == nil:
		return 0, true
	case len(d.w.lag.versions) > 0 || t.gone > 0:
		return 0, false
	case from > to:
		return 0, true
	}
	end := len(t.objects)
	if to < int64(1)<<31 {
		end = lowerBound(t.objects, to+1)
	}
	return end - lowerBound(t.objects, from), true
}

func (d *queried) ByID(id int64) (aql.Handle, bool) {
	if id <= 0 || id >= 1<<31 || d.seen(ID(id)) == nil {
		return 0, false
	}
	return aql.Handle(id), true
}

func (d *queried) ByKey(key string) (aql.Handle, bool) {
	dash := strings.LastIndexByte(key, '-')
	if dash < 0 {
		return 0, false
	}
	id, ok := ParseID(key[dash+1:])
	if !ok || d.seen(id) == nil || !strings.EqualFold(d.Key(aql.Handle(id)), key) {
		return 0, false
	}
	return aql.Handle(id), true
}

func (d *queried) Lookup(attributeID int64, text string) ([]aql.Handle, bool) {
	a := d.w.attrs[ID(attributeID)]
	if a == nil || a.System || a.Kind() != KindText && a.Kind() != KindSelect {
		return nil, false
	}
	ids := d.w.index.candidates(d.w, a, foldText(text))
	// What a search still sees of an object that was changed lately is in no index.
	for id := range d.w.lag.versions {
		if r := d.w.objects.at(id); r != nil && r.typ == a.TypeID {
			ids = append(ids, id)
		}
	}
	var out []aql.Handle
	for _, id := range ids {
		if d.seen(id) != nil {
			out = append(out, aql.Handle(id))
		}
	}
	return out, true
}

func (d *queried) ID(h aql.Handle) int64 { return int64(h) }

func (d *queried) TypeOf(h aql.Handle) int64 { return int64(d.record(h).typ) }

func (d *queried) Label(h aql.Handle) string {
	r := d.record(h)
	if d.w.types[r.typ] == nil {
		return ""
	}
	return d.w.label(ID(h), r, 0)
}

func (d *queried) Key(h aql.Handle) string {
	t := d.w.types[d.record(h).typ]
	if t == nil {
		return ""
	}
	return d.w.schemas[t.SchemaID].Key + "-" + strconv.FormatUint(uint64(h), 10)
}

func (d *queried) Created(h aql.Handle) time.Time { return fromMillis(d.record(h).created) }

func (d *queried) Updated(h aql.Handle) time.Time { return fromMillis(d.record(h).updated) }

func (d *queried) Values(h aql.Handle, a aql.Attribute, yield func(aql.Datum) bool) {
	if attr := d.w.attrs[ID(a.ID)]; attr != nil {
		d.values(d.record(h), attr, yield)
	}
}

func (d *queried) values(r *record, a *attribute, yield func(aql.Datum) bool) {
	for v := range d.w.valuesOf(r.data, a.ID) {
		datum, ok := d.datum(v)
		if ok && !yield(datum) {
			return
		}
	}
}

// datum shows a value to the query; a value that names nothing any more is none.
func (d *queried) datum(v Value) (aql.Datum, bool) {
	switch v.Kind {
	case KindInt, KindDouble:
		return aql.Datum{Kind: aql.KindNumber, Text: v.Raw(), Number: v.Double()}, true
	case KindDate, KindDateTime:
		return aql.Datum{Kind: aql.KindTime, Text: v.Raw(), Time: v.Time()}, true
	case KindRef:
		h := aql.Handle(v.ID())
		if d.seen(v.ID()) == nil {
			return aql.Datum{}, false
		}
		return aql.Datum{Kind: aql.KindReference, Text: d.Label(h), Also: [2]string{d.Key(h)}, Object: h}, true
	case KindUser:
		out := aql.Datum{Kind: aql.KindUser, Text: v.Text}
		if u := d.w.people.users[v.Text]; u != nil {
			out.Text, out.Also = u.DisplayName, [2]string{u.AccountID, u.Email}
		}
		return out, true
	case KindGroup:
		return aql.Datum{Kind: aql.KindGroup, Text: v.Text}, true
	case KindStatus:
		s := d.w.statuses[v.ID()]
		if s == nil {
			return aql.Datum{}, false
		}
		return aql.Datum{Kind: aql.KindText, Text: s.Name}, true
	case KindProject:
		if p := d.w.jira.projects[v.ID()]; p != nil {
			return aql.Datum{Kind: aql.KindText, Text: p.Name, Also: [2]string{p.Key}}, true
		}
		return aql.Datum{}, false
	case KindVersion:
		if ver := d.w.jira.versions[v.ID()]; ver != nil {
			return aql.Datum{Kind: aql.KindText, Text: ver.Name}, true
		}
		return aql.Datum{}, false
	case KindNone, KindText, KindSelect, KindBool:
	}
	return aql.Datum{Kind: aql.KindText, Text: v.Raw()}, true
}

func (d *queried) Inbound(h aql.Handle, yield func(other aql.Handle, referenceType string) bool) {
	for _, from := range d.w.inbound(ID(h)) {
		r := d.seen(from)
		if r == nil {
			continue
		}
		for attr, to := range d.w.refsOf(r.data) {
			if to == ID(h) && !yield(aql.Handle(from), d.referenceType(attr)) {
				return
			}
		}
	}
}

func (d *queried) Outbound(h aql.Handle, yield func(other aql.Handle, referenceType string) bool) {
	for attr, to := range d.w.refsOf(d.record(h).data) {
		if d.seen(to) != nil && !yield(aql.Handle(to), d.referenceType(attr)) {
			return
		}
	}
}

func (d *queried) referenceType(attr ID) string {
	if a := d.w.attrs[attr]; a != nil {
		if r := d.w.refTypes[a.RefKind]; r != nil {
			return r.Name
		}
	}
	return ""
}

func (d *queried) Members(group string) []string {
	for _, e := range d.w.people.groups {
		if strings.EqualFold(e.name, group) || e.id != "" && e.id == group {
			return e.out().Members
		}
	}
	return nil
}

func (d *queried) Groups(user string) []string {
	u := d.w.people.users[user]
	if u == nil {
		for _, other := range d.w.people.users {
			if strings.EqualFold(other.DisplayName, user) || other.Email != "" && strings.EqualFold(other.Email, user) || other.Name != "" && strings.EqualFold(other.Name, user) {
				u = other
				break
			}
		}
	}
	if u == nil {
		return nil
	}
	var out []string
	for _, e := range d.w.people.groups {
		if e.members[u.AccountID] {
			out = append(out, e.name)
		}
	}
	return out
}

// Find answers a query with all objects it finds, without the lag of searches: what a
// process inside the service sees.
func (w *World) Find(ctx context.Context, query string) ([]ID, error) {
	q, err := aql.Parse(query)
	if err != nil {
		return nil, queryError(err)
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	d := w.queried("")
	d.noLag = true
	found, err := aql.Search(ctx, d, q, aql.Page{Limit: aql.Everything})
	if err != nil {
		return nil, queryError(err)
	}
	out := make([]ID, len(found.IDs))
	for i, id := range found.IDs {
		out[i] = ID(id)
	}
	return out, nil
}
