package assets

import "slices"

// Order is an order in which the nodes of a graph can be created, each with its references set at once wherever possible.
type Order struct {
	// Nodes are all nodes, those referred to before those that refer to them.
	Nodes []int32
	// Rank is the place of every node in Nodes.
	Rank []int32
}

// Deferred says whether the reference from one node to another must be written after both were created. That is so for
// references of a node to itself and for some of the references inside a cycle, and never otherwise.
func (o *Order) Deferred(from, to int32) bool { return o.Rank[to] >= o.Rank[from] }

// Order returns an order that keeps the number of nodes with deferred references small. Finding the smallest number is
// NP-hard (it is the feedback vertex set); the heuristic takes away what is not on a cycle and then the node with the
// most ways through it, again and again, inside each strongly connected component.
func (g *Graph) Order() *Order {
	n := g.Len()
	component, count := g.Components()
	o := &Order{Nodes: make([]int32, n), Rank: make([]int32, n)}

	// A counting sort by component gives the order between the components.
	first := make([]int32, count+1)
	for _, c := range component {
		first[c+1]++
	}
	cyclic := false
	for c := range count {
		cyclic = cyclic || first[c+1] > 1
		first[c+1] += first[c]
	}
	place := o.Rank // used as scratch until the ranks are known
	copy(place, first[:count])
	for v := range int32(n) {
		c := component[v]
		o.Nodes[place[c]] = v
		place[c]++
	}
	if cyclic {
		cut := newCutter(g, component)
		for c := range count {
			if members := o.Nodes[first[c]:first[c+1]]; len(members) > 1 {
				cut.arrange(members)
			}
		}
	}
	for i, v := range o.Nodes {
		o.Rank[v] = int32(i)
	}
	return o
}

// cutter arranges the members of one component after the other. Its arrays are as long as the graph and shared by all
// components.
type cutter struct {
	g, reverse *Graph
	component  []int32
	// in and out count the edges to and from members that are not placed yet, without self references.
	in, out []int32
	self    []bool
	placed  []bool
}

func newCutter(g *Graph, component []int32) *cutter {
	n := g.Len()
	c := &cutter{
		g: g, component: component,
		in: make([]int32, n), out: make([]int32, n), self: make([]bool, n), placed: make([]bool, n),
	}
	var from, to []int32
	for v := range int32(n) {
		for _, w := range g.Targets(v) {
			switch {
			case w == v:
				c.self[v] = true
			case component[w] == component[v]:
				c.out[v]++
				c.in[w]++
				from, to = append(from, w), append(to, v)
			}
		}
	}
	c.reverse = NewGraph(n, from, to)
	return c
}

// arrange sorts members, the nodes of one component, in place.
func (c *cutter) arrange(members []int32) {
	var (
		front = make([]int32, 0, len(members))
		back  []int32
		free  []int32
		heap  = cutHeap{c: c}
	)
	place := func(v int32, list []int32) []int32 {
		c.placed[v] = true
		for _, w := range c.g.Targets(v) {
			if w == v || c.component[w] != c.component[v] || c.placed[w] {
				continue
			}
			if c.in[w]--; c.in[w] == 0 {
				free = append(free, w)
			}
		}
		for _, w := range c.reverse.Targets(v) {
			if c.placed[w] {
				continue
			}
			if c.out[w]--; c.out[w] == 0 {
				free = append(free, w)
			}
		}
		return append(list, v)
	}
	heap.fill(members)
	for len(front)+len(back) < len(members) {
		if len(free) == 0 {
			// Every node left is on a cycle: this one will have references to nodes that come later.
			front = place(heap.pop(), front)
			continue
		}
		v := free[len(free)-1]
		free = free[:len(free)-1]
		switch {
		case c.placed[v]:
		case c.out[v] == 0:
			front = place(v, front)
		default:
			// Nobody left refers to it, so it may come after all the others.
			back = place(v, back)
		}
	}
	slices.Reverse(back)
	copy(members[copy(members, front):], back)
}

// cutHeap is a heap of nodes by the number of ways through them. Scores only ever sink, so a stale score is put right when
// its node comes to the top.
type cutHeap struct {
	c     *cutter
	nodes []int32
	score []int64
}

// value prefers nodes that refer to themselves: they need a second write in any case.
func (h *cutHeap) value(v int32) int64 {
	s := int64(h.c.in[v]) * int64(h.c.out[v])
	if h.c.self[v] {
		s |= 1 << 62
	}
	return s
}

func (h *cutHeap) fill(members []int32) {
	h.nodes = slices.Clone(members)
	h.score = make([]int64, len(members))
	for i, v := range h.nodes {
		h.score[i] = h.value(v)
	}
	for i := len(h.nodes)/2 - 1; i >= 0; i-- {
		h.down(i)
	}
}

func (h *cutHeap) pop() int32 {
	for {
		v := h.nodes[0]
		if now := h.value(v); !h.c.placed[v] && now != h.score[0] {
			h.score[0] = now
			h.down(0)
			continue
		}
		last := len(h.nodes) - 1
		h.nodes[0], h.score[0] = h.nodes[last], h.score[last]
		h.nodes, h.score = h.nodes[:last], h.score[:last]
		h.down(0)
		if !h.c.placed[v] {
			return v
		}
	}
}

// less breaks ties by the number of the node, so that the same graph always gives the same order.
func (h *cutHeap) less(i, j int) bool {
	if h.score[i] != h.score[j] {
		return h.score[i] > h.score[j]
	}
	return h.nodes[i] < h.nodes[j]
}

func (h *cutHeap) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h.nodes); child++ {
			if h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h.nodes[i], h.nodes[least] = h.nodes[least], h.nodes[i]
		h.score[i], h.score[least] = h.score[least], h.score[i]
		i = least
	}
}
