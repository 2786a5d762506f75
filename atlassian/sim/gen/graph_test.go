package gen_test

import (
	"slices"

	"stowage/atlassian/sim/world"
)

// graph is the references among the objects of a schema.
type graph struct {
	out        map[world.ID][]world.ID
	references int
	dangling   int
	forward    int // references to a higher id
}

func graphOf(w *world.World, schema world.ID) graph {
	g := graph{out: map[world.ID][]world.ID{}}
	w.View(func(v *world.View) {
		var ids []world.ID
		for _, t := range v.TypeIDs(schema) {
			ids = v.ObjectIDs(ids, t)
		}
		for _, id := range ids {
			o, _ := v.Object(id)
			for _, to := range o.References() {
				g.references++
				if _, ok := v.Object(to); !ok {
					g.dangling++
				}
				if to > id {
					g.forward++
				}
				g.out[id] = append(g.out[id], to)
			}
		}
	})
	return g
}

// inCycles counts the objects that can be reached from themselves, by Tarjan's way of
// finding the strongly connected components.
func (g graph) inCycles() int {
	var (
		n, count int
		stack    []world.ID
		number   = map[world.ID]int{}
		low      = map[world.ID]int{}
		onStack  = map[world.ID]bool{}
		visit    func(id world.ID)
	)
	visit = func(id world.ID) {
		count++
		number[id], low[id] = count, count
		stack, onStack[id] = append(stack, id), true
		self := false
		for _, to := range g.out[id] {
			self = self || to == id
			if number[to] == 0 {
				visit(to)
				low[id] = min(low[id], low[to])
			} else if onStack[to] {
				low[id] = min(low[id], number[to])
			}
		}
		if low[id] != number[id] {
			return
		}
		i := slices.Index(stack, id)
		if size := len(stack) - i; size > 1 || self {
			n += size
		}
		for _, done := range stack[i:] {
			onStack[done] = false
		}
		stack = stack[:i]
	}
	for id := range g.out {
		if number[id] == 0 {
			visit(id)
		}
	}
	return n
}
