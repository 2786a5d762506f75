package atlassian

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"stowage/assets"
)

// ObjectQuery selects objects of one object type, without those of its children.
type ObjectQuery struct {
	TypeID string
	// After is the id of the last object already read, or empty for all.
	After string
	// UpdatedSince narrows the query to objects changed at or after a time, to the minute, when it is not zero.
	UpdatedSince time.Time
}

// ObjectPage is one answer of the site. Ids and keys in it may be kept for as long as one likes; texts of values are parts
// of the answer and keep all of it in memory, so that what is kept for long should be cloned.
type ObjectPage struct {
	Objects []assets.Object
	// Unreadable are entries of the answer that could not be understood; the others of the page are in Objects.
	Unreadable []UnreadableObject
	// Calls is the number of requests it took to get the page, normally 1.
	Calls int
}

// UnreadableObject is an object whose document could not be understood. ID and Key are set as far as they were.
type UnreadableObject struct {
	ID, Key string
	Err     error
}

type wireQuery struct {
	Query string `json:"qlQuery"`
}

func (q ObjectQuery) aql() string {
	text := "objectTypeId = " + queryID(q.TypeID)
	if !q.UpdatedSince.IsZero() {
		text += " AND Updated >= " + aqlMinute(q.UpdatedSince)
	}
	return text
}

// Objects yields pages of objects in ascending order of their numeric id, beginning after q.After. The sequence may be used
// once; an error is yielded once and ends it.
//
// Every page is the first page of a query of its own, which begins after the last object of the page before. So pages do
// not shift when objects come and go meanwhile, and no count that the site gives has to be believed.
//
// Operation: POST /object/aql.
func (c *Client) Objects(ctx context.Context, q ObjectQuery) iter.Seq2[ObjectPage, error] {
	return c.search(ctx, "list the objects of type "+q.TypeID, q.aql(), q.After)
}

// FindByText yields the objects of a type whose text attribute, named, equals one of the texts. The search index may lag
// behind writes, and compares without regard to case.
//
// Operation: POST /object/aql.
func (c *Client) FindByText(ctx context.Context, typeID, attribute string, texts []string) iter.Seq2[assets.Object, error] {
	return func(yield func(assets.Object, error) bool) {
		// So many at a time that the query stays of a size every site takes.
		const many = 100
		op := "find objects of type " + typeID
		for begin := 0; begin < len(texts); begin += many {
			some := texts[begin:min(begin+many, len(texts))]
			aql := "objectTypeId = " + queryID(typeID) + " AND " + QuoteAQL(attribute) + " IN " + quoteAll(some)
			for page, err := range c.search(ctx, op, aql, "") {
				if err != nil {
					yield(assets.Object{}, err)
					return
				}
				for _, o := range page.Objects {
					if !yield(o, nil) {
						return
					}
				}
			}
		}
	}
}

// CountObjects returns the number of objects the query matches, exact however many there are.
//
// Operation: POST /object/aql/totalcount.
func (c *Client) CountObjects(ctx context.Context, q ObjectQuery) (int, error) {
	text := q.aql()
	if q.After != "" {
		text += " AND objectId > " + queryID(q.After)
	}
	return c.Count(ctx, text)
}

// Count returns the number of objects a query in AQL matches.
//
// Operation: POST /object/aql/totalcount.
func (c *Client) Count(ctx context.Context, aql string) (int, error) {
	var w struct {
		Total *lenientInt `json:"totalCount"`
	}
	k := call{op: "count objects", operation: "POST /object/aql/totalcount", body: wireQuery{aql}, read: true}
	a, err := c.send(ctx, k)
	if err != nil {
		return 0, err
	}
	if err := decodeJSON(a.body, &w); err != nil {
		return 0, c.unreadable(k, a, err)
	}
	if w.Total == nil {
		return 0, c.unreadable(k, a, errors.New("no totalCount"))
	}
	return int(*w.Total), nil
}

// search yields the pages of a query by cursor.
func (c *Client) search(ctx context.Context, op, aql, after string) iter.Seq2[ObjectPage, error] {
	return func(yield func(ObjectPage, error) bool) {
		if after != "" && !numeric(after) {
			yield(ObjectPage{}, fmt.Errorf("%s: %q is no id to go on from", op, after))
			return
		}
		for size := c.pageSize; ; {
			page, end, err := c.searchPage(ctx, op, aql, after, size)
			if errors.Is(err, errTooLarge) && size > 1 {
				// Objects may hold megabytes of text each; take fewer at once.
				size = max(1, size/4)
				continue
			}
			if err != nil {
				yield(ObjectPage{}, err)
				return
			}
			n := len(page.Objects) + len(page.Unreadable)
			if n == 0 {
				return
			}
			last, ok := page.lastID(after)
			if !ok {
				yield(ObjectPage{}, fmt.Errorf("%s: no entry of the page behind %q can be understood: %w", op, after, page.Unreadable[0].Err))
				return
			}
			after = last
			if !yield(page, nil) || end.last(n, size) {
				return
			}
			size = end.size(size)
		}
	}
}

func (c *Client) searchPage(ctx context.Context, op, aql, after string, size int) (ObjectPage, pageEnd, error) {
	text := aql
	if after != "" {
		text += " AND objectId > " + after
	}
	text += " ORDER BY objectId"
	var page ObjectPage
	k := call{
		op: op, operation: "POST /object/aql", query: pageQuery(strconv.Itoa(size)), body: wireQuery{text}, read: true, calls: &page.Calls,
	}
	if size > 1 {
		k.max = c.maxPage
	}
	a, err := c.send(ctx, k)
	if err != nil {
		return ObjectPage{}, pageEnd{}, err
	}
	read, end, err := readPage(a.body, size)
	if err != nil {
		return ObjectPage{}, pageEnd{}, c.unreadable(k, a, err)
	}
	page.Objects, page.Unreadable = read.Objects, read.Unreadable
	last := after
	for i := range page.Objects {
		id := page.Objects[i].ID
		if last != "" && compareIDs(id, last) <= 0 {
			return ObjectPage{}, pageEnd{}, c.unreadable(k, a, fmt.Errorf("%w: %s after %s", errDisorder, id, last))
		}
		last = id
	}
	return page, end, nil
}

// lastID returns the highest id of the page. It is not ok when the page tells of none behind after, so that there is
// nothing to go on from.
func (p *ObjectPage) lastID(after string) (id string, ok bool) {
	id = after
	if n := len(p.Objects); n > 0 {
		id = p.Objects[n-1].ID
	}
	for _, u := range p.Unreadable {
		if numeric(u.ID) && (id == "" || compareIDs(u.ID, id) > 0) {
			id = u.ID
		}
	}
	return id, id != after
}

// readPage decodes an answer to a search.
func readPage(body string, size int) (ObjectPage, pageEnd, error) {
	d := newObjectDecoder(body)
	var end pageEnd
	// Room for a full page, but not more than such a body can hold.
	page := ObjectPage{Objects: make([]assets.Object, 0, min(size, len(body)/100+1))}
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "values", "objectEntries":
			for more := d.EnterArray(); more; more = d.NextElement() {
				page.take(d)
			}
		default:
			end.take(d.decoder)
		}
	}
	if err := d.End(); err != nil {
		return ObjectPage{}, pageEnd{}, err
	}
	return page, end, nil
}

// take reads one entry of a page. An entry that is JSON and not an object as described costs itself, not the page.
func (p *ObjectPage) take(d *objectDecoder) {
	mark := d.Mark()
	o := d.readObject()
	err := d.Err()
	if err == nil && numeric(o.ID) {
		p.Objects = append(p.Objects, o)
		return
	}
	if err == nil {
		err = fmt.Errorf("object id %q is no number", o.ID)
	} else {
		d.reset(mark)
		d.Skip()
		if d.Err() != nil {
			return // it is no JSON at all
		}
	}
	p.Unreadable = append(p.Unreadable, UnreadableObject{ID: o.ID, Key: o.Key, Err: fmt.Errorf("%w: %w", ErrUnreadable, err)})
}
