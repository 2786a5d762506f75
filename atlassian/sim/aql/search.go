package aql

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"
)

// Page says which part of the matches a search is to give.
type Page struct {
	// Start is how many matches to skip, Limit how many to give.
	Start, Limit int
	// CountTo is where counting may end; a total that has reached it may be larger in truth.
	// Everything is a total that is always exact.
	CountTo int
}

// Everything as Page.CountTo asks for the exact total.
const Everything = math.MaxInt

// Result is a page of matches.
type Result struct {
	IDs     []int64
	Handles []Handle
	// Total is how many objects match, exact if it is below Page.CountTo.
	Total int
	// More tells whether there are matches behind the page.
	More bool
}

// Search answers a query. Without ORDER BY the matches come in the order of their ids.
func Search(ctx context.Context, data Data, q *Query, page Page) (Result, error) {
	c := newCompiler(q.src, data)
	match, err := c.predicate(q.Where)
	if err != nil {
		return Result{}, err
	}
	sorter, err := c.sorter(q.Order)
	if err != nil {
		return Result{}, err
	}
	s := &search{ctx: ctx, compiler: c, bounds: c.narrow(q.Where, nil), match: match}
	if s.bounds.listed {
		s.sortList()
	}
	if sorter == nil {
		return s.inOrderOfIDs(page)
	}
	return s.sorted(page, sorter)
}

// search is one run over the candidates.
type search struct {
	ctx context.Context //nolint:containedctx // lives as long as one call of Search
	*compiler
	bounds bounds
	match  predicate
	seen   int
}

// sortList puts the listed candidates in the order of their ids, each once.
func (s *search) sortList() {
	list := slices.Clone(s.bounds.list)
	slices.SortFunc(list, func(a, b Handle) int { return cmp.Compare(s.data.ID(a), s.data.ID(b)) })
	s.bounds.list = slices.Compact(list)
}

// inOrderOfIDs fills the page from a walk that ends as soon as nothing more can change the answer.
func (s *search) inOrderOfIDs(page Page) (Result, error) {
	r := Result{}
	end := addSat(page.Start, page.Limit)
	known, exact := s.countFromIndex()
	if exact {
		r.Total, r.More = known, known > end
	}
	n := 0
	err := s.walk(func(h Handle, id int64) bool {
		if n >= page.Start && n < end {
			r.IDs, r.Handles = append(r.IDs, id), append(r.Handles, h)
		}
		n++
		if exact {
			return n < end
		}
		// One more than the page shows whether there is more.
		return n <= end || n < page.CountTo
	})
	if !exact {
		r.Total, r.More = n, n > end
	}
	return r, err
}

// addSat adds without overflow.
func addSat(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// countFromIndex knows the total without a walk if types and ids say all there is to say.
func (s *search) countFromIndex() (int, bool) {
	if !s.bounds.exact || s.bounds.listed {
		return 0, false
	}
	total := 0
	for _, t := range s.types {
		if s.bounds.types != nil && !s.bounds.types[t.ID] {
			continue
		}
		n, ok := s.data.CountOfType(t.ID, s.bounds.lo, s.bounds.hi)
		if !ok {
			return 0, false
		}
		total += n
	}
	return total, true
}

// checkEvery is how many candidates are looked at between two looks at the context.
const checkEvery = 4096

// walk yields the matches in the order of their ids.
func (s *search) walk(yield func(h Handle, id int64) bool) error {
	visit := func(h Handle, id int64) bool {
		if s.seen++; s.seen%checkEvery == 0 && s.ctx.Err() != nil {
			return false
		}
		if s.bounds.exact && !s.bounds.listed || s.match(h) {
			return yield(h, id)
		}
		return true
	}
	if s.bounds.listed {
		for _, h := range s.bounds.list {
			id := s.data.ID(h)
			if id < s.bounds.lo || id > s.bounds.hi || s.bounds.types != nil && !s.bounds.types[s.data.TypeOf(h)] {
				continue
			}
			if !visit(h, id) {
				break
			}
		}
		return s.ctx.Err()
	}
	var sources []*source
	for _, t := range s.types {
		if s.bounds.types == nil || s.bounds.types[t.ID] {
			sources = append(sources, &source{data: s.data, typeID: t.ID, from: s.bounds.lo, to: s.bounds.hi})
		}
	}
	merge(sources, visit)
	return s.ctx.Err()
}

// source gives the objects of one type piece by piece.
type source struct {
	data     Data
	typeID   int64
	from, to int64
	handles  []Handle
	ids      []int64
	done     bool
}

// pieceSize is small enough for a page, large enough to make asking again cheap.
const pieceSize = 256

// fill gets the next piece if the last is used up and reports whether there is one.
func (s *source) fill() bool {
	if len(s.ids) > 0 {
		return true
	}
	if s.done {
		return false
	}
	s.handles, s.ids = s.handles[:0], s.ids[:0]
	s.done = true
	s.data.OfType(s.typeID, s.from, func(h Handle, id int64) bool {
		if id > s.to {
			return false
		}
		if len(s.ids) == pieceSize {
			s.done = false
			s.from = id
			return false
		}
		s.handles, s.ids = append(s.handles, h), append(s.ids, id)
		return true
	})
	return len(s.ids) > 0
}

// merge visits the objects of all sources in the order of their ids.
func merge(sources []*source, visit func(h Handle, id int64) bool) {
	if len(sources) == 1 {
		s := sources[0]
		s.data.OfType(s.typeID, s.from, func(h Handle, id int64) bool { return id <= s.to && visit(h, id) })
		return
	}
	sources = slices.DeleteFunc(sources, func(s *source) bool { return !s.fill() })
	less := func(i, j int) bool { return sources[i].ids[0] < sources[j].ids[0] }
	down := func(i int) {
		for {
			least := i
			for child := 2*i + 1; child <= 2*i+2 && child < len(sources); child++ {
				if less(child, least) {
					least = child
				}
			}
			if least == i {
				return
			}
			sources[i], sources[least] = sources[least], sources[i]
			i = least
		}
	}
	for i := len(sources)/2 - 1; i >= 0; i-- {
		down(i)
	}
	for len(sources) > 0 {
		s := sources[0]
		h, id := s.handles[0], s.ids[0]
		s.handles, s.ids = s.handles[1:], s.ids[1:]
		if !visit(h, id) {
			return
		}
		if !s.fill() {
			last := len(sources) - 1
			sources[0] = sources[last]
			sources = sources[:last]
		}
		down(0)
	}
}

// sortKey is what one object is sorted by for one item of ORDER BY.
type sortKey struct {
	empty  bool
	number float64
	text   string
}

func (a sortKey) compare(b sortKey) int {
	switch {
	case a.empty != b.empty:
		// What has no value comes last.
		if a.empty {
			return 1
		}
		return -1
	default:
		return cmp.Or(strings.Compare(a.text, b.text), cmp.Compare(a.number, b.number))
	}
}

// keyFunc gives the sort key of an object.
type keyFunc func(h Handle) sortKey

type sortItem struct {
	key  keyFunc
	desc bool
}

// sorter compiles ORDER BY; it is nil when the order of ids is what is asked for.
func (c *compiler) sorter(order []Order) ([]sortItem, error) {
	var items []sortItem
	for _, o := range order {
		if len(items) == 0 && len(o.Path.Names) == 1 && keywordOf(o.Path.Names[0]) == kwObjectID && !o.Desc {
			return nil, nil
		}
		key, err := c.sortKey(o.Path, o.Path.Names)
		if err != nil {
			return nil, err
		}
		items = append(items, sortItem{key: key, desc: o.Desc})
	}
	return items, nil
}

func (c *compiler) sortKey(at Path, names []string) (keyFunc, error) {
	if len(names) > 1 {
		attrs, err := c.known(names[0], at)
		if err != nil {
			return nil, err
		}
		next, err := c.sortKey(at, names[1:])
		return func(h Handle) sortKey {
			out := sortKey{empty: true}
			if a, ok := attrs[c.data.TypeOf(h)]; ok {
				c.data.Values(h, a, func(d Datum) bool {
					if d.Kind == KindReference {
						out = next(d.Object)
					}
					return d.Kind != KindReference
				})
			}
			return out
		}, err
	}
	k := keywordOf(names[0])
	switch {
	case k == notKeyword:
		attrs, err := c.known(names[0], at)
		return func(h Handle) sortKey {
			out := sortKey{empty: true}
			if a, ok := attrs[c.data.TypeOf(h)]; ok {
				c.data.Values(h, a, func(d Datum) bool {
					out = d.sortKey()
					return false
				})
			}
			return out
		}, err
	case k.aboutTypes():
		byID := map[int64]sortKey{}
		for _, t := range c.types {
			d := c.typeDatum(k, t)
			byID[t.ID] = d.sortKey()
		}
		return func(h Handle) sortKey { return byID[c.data.TypeOf(h)] }, nil
	case k == kwAnyAttribute:
		return nil, errorAt(c.src, at.pos, "anyAttribute has no order")
	case k == kwKey:
		return func(h Handle) sortKey {
			prefix, n := cutKey(c.data.Key(h))
			return sortKey{text: strings.ToLower(prefix), number: float64(n)}
		}, nil
	default:
		datum := c.property(k)
		return func(h Handle) sortKey {
			d := datum(h)
			return d.sortKey()
		}, nil
	}
}

func (d *Datum) sortKey() sortKey {
	switch {
	case d.Kind == KindNumber:
		return sortKey{number: d.Number}
	case d.Kind == KindTime && !d.Time.IsZero():
		return sortKey{number: float64(d.Time.UnixMilli()) + float64(d.Time.Nanosecond()%int(time.Millisecond))/1e6}
	default:
		return sortKey{text: strings.ToLower(d.Text)}
	}
}

// sorted gathers all matches, sorts them and cuts the page out.
func (s *search) sorted(page Page, items []sortItem) (Result, error) {
	type row struct {
		h    Handle
		id   int64
		keys []sortKey
	}
	var rows []row
	err := s.walk(func(h Handle, id int64) bool {
		keys := make([]sortKey, len(items))
		for i, it := range items {
			keys[i] = it.key(h)
		}
		rows = append(rows, row{h, id, keys})
		return true
	})
	if err != nil {
		return Result{}, err
	}
	slices.SortFunc(rows, func(a, b row) int {
		for i, it := range items {
			c := a.keys[i].compare(b.keys[i])
			if c == 0 {
				continue
			}
			if it.desc {
				return -c
			}
			return c
		}
		return cmp.Compare(a.id, b.id)
	})
	r := Result{Total: len(rows)}
	from, to := min(page.Start, len(rows)), min(addSat(page.Start, page.Limit), len(rows))
	for _, row := range rows[from:to] {
		r.IDs, r.Handles = append(r.IDs, row.id), append(r.Handles, row.h)
	}
	r.More = to < len(rows)
	return r, nil
}

// Matcher makes the test whether a query finds an object, without looking at any other.
func Matcher(data Data, q *Query) (func(h Handle) bool, error) {
	return newCompiler(q.src, data).predicate(q.Where)
}
