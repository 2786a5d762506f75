package aql

import (
	"math"
	"slices"
	"strconv"
)

// bounds is what a condition says about where its objects are: each of them is of one of the types
// (nil for any), has an id from lo to hi and, if listed is set, is in the list.
type bounds struct {
	types  map[int64]bool
	lo, hi int64
	listed bool
	list   []Handle
	// exact is true when whatever lies within the types and ids fulfils the condition.
	exact bool
}

func anywhere() bounds { return bounds{lo: math.MinInt64, hi: math.MaxInt64} }

// maxList is the length up to which a list of candidates is worth having.
const maxList = 200_000

// narrow finds the bounds of a condition that has been compiled without an error.
func (c *compiler) narrow(e Expr, within map[int64]bool) bounds {
	switch e := e.(type) {
	case nil:
		b := anywhere()
		b.exact = true
		return b
	case *And:
		return c.narrowAnd(e, within)
	case *Or:
		return c.narrowOr(e, within)
	case *Compare:
		if len(e.Path.Names) == 1 {
			return c.narrowCompare(e, within)
		}
	case *References:
		return c.narrowReferences(e)
	default:
	}
	return anywhere()
}

func (c *compiler) narrowAnd(e *And, within map[int64]bool) bounds {
	out := anywhere()
	out.exact = true
	out.types = within
	// Conditions on types come first, so that the others know which types to ask an index about.
	var later []Expr
	for _, t := range e.Terms {
		if cmp, ok := t.(*Compare); ok && len(cmp.Path.Names) == 1 && keywordOf(cmp.Path.Names[0]).aboutTypes() {
			out = out.and(c.narrow(t, nil))
		} else {
			later = append(later, t)
		}
	}
	for _, t := range later {
		out = out.and(c.narrow(t, out.types))
	}
	return out
}

func (b bounds) and(o bounds) bounds {
	switch {
	case b.types == nil:
		b.types = o.types
	case o.types != nil:
		both := map[int64]bool{}
		for t := range b.types {
			if o.types[t] {
				both[t] = true
			}
		}
		b.types = both
	}
	b.lo, b.hi = max(b.lo, o.lo), min(b.hi, o.hi)
	if o.listed && (!b.listed || len(o.list) < len(b.list)) {
		b.listed, b.list = true, o.list
	}
	b.exact = b.exact && o.exact
	return b
}

func (c *compiler) narrowOr(e *Or, within map[int64]bool) bounds {
	out := c.narrow(e.Terms[0], within)
	for _, t := range e.Terms[1:] {
		o := c.narrow(t, within)
		sameIDs := out.lo == o.lo && out.hi == o.hi
		if out.types != nil && o.types != nil {
			either := map[int64]bool{}
			for _, set := range []map[int64]bool{out.types, o.types} {
				for t := range set {
					either[t] = true
				}
			}
			out.types = either
		} else {
			out.types = nil
		}
		out.lo, out.hi = min(out.lo, o.lo), max(out.hi, o.hi)
		out.listed = out.listed && o.listed && len(out.list)+len(o.list) <= maxList
		if out.listed {
			out.list = append(slices.Clone(out.list), o.list...)
		} else {
			out.list = nil
		}
		out.exact = out.exact && o.exact && sameIDs
	}
	return out
}

func (c *compiler) narrowCompare(e *Compare, within map[int64]bool) bounds {
	b := anywhere()
	switch k := keywordOf(e.Path.Names[0]); {
	case k.aboutTypes():
		if set, err := c.typeSet(e, k); err == nil {
			b.types, b.exact = set, true
		}
	case k == kwObjectID:
		c.narrowID(e, &b)
	case k == kwKey && (e.Op == OpEqual || e.Op == OpExactly || e.Op == OpIn):
		b.listed = true
		for _, v := range e.Values {
			if v.Func != "" {
				return anywhere()
			}
			if h, ok := c.data.ByKey(v.Text); ok {
				b.list = append(b.list, h)
			}
		}
	case k == notKeyword && (e.Op == OpEqual || e.Op == OpExactly || e.Op == OpIn):
		c.narrowValue(e, &b, within)
	}
	return b
}

func (c *compiler) narrowID(e *Compare, b *bounds) {
	ids := make([]int64, 0, len(e.Values))
	for _, v := range e.Values {
		id, err := strconv.ParseInt(v.Text, 10, 64)
		if v.Func != "" || err != nil {
			return
		}
		ids = append(ids, id)
	}
	switch e.Op {
	case OpEqual:
		b.lo, b.hi, b.exact = ids[0], ids[0], true
	case OpLess:
		b.hi, b.exact = max(ids[0], math.MinInt64+1)-1, true
	case OpLessEqual:
		b.hi, b.exact = ids[0], true
	case OpGreater:
		b.lo, b.exact = min(ids[0], math.MaxInt64-1)+1, true
	case OpGreaterEqual:
		b.lo, b.exact = ids[0], true
	case OpIn:
		b.listed = true
		for _, id := range ids {
			if h, ok := c.data.ByID(id); ok {
				b.list = append(b.list, h)
			}
		}
	default:
	}
}

// narrowValue asks the index of each type that can hold the value.
func (c *compiler) narrowValue(e *Compare, b *bounds, within map[int64]bool) {
	attrs := c.attributes(e.Path.Names[0])
	var list []Handle
	for typeID, a := range attrs {
		if within != nil && !within[typeID] {
			continue
		}
		if a.Kind != KindText && a.Kind != KindReference {
			return
		}
		for _, v := range e.Values {
			if v.Func != "" {
				return
			}
			found, ok := c.data.Lookup(a.ID, v.Text)
			if !ok {
				return
			}
			if list = append(list, found...); len(list) > maxList {
				return
			}
		}
	}
	b.listed, b.list = true, list
	b.types = map[int64]bool{}
	for typeID := range attrs {
		b.types[typeID] = true
	}
}

// narrowReferences walks from the few objects the inner condition allows to their neighbours.
func (c *compiler) narrowReferences(r *References) bounds {
	b := anywhere()
	inner := c.narrow(r.Where, nil)
	if !inner.listed && inner.lo == inner.hi {
		inner.listed = true
		if h, ok := c.data.ByID(inner.lo); ok {
			inner.list = []Handle{h}
		}
	}
	if !inner.listed {
		return b
	}
	walk := c.data.Inbound
	if r.Inbound {
		walk = c.data.Outbound
	}
	for _, h := range inner.list {
		walk(h, func(other Handle, _ string) bool {
			b.list = append(b.list, other)
			return len(b.list) <= maxList
		})
		if len(b.list) > maxList {
			return anywhere()
		}
	}
	b.listed = true
	return b
}
