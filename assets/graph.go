package assets

// Graph is a directed graph over the nodes 0 to n-1 in which an edge leads from an object to the object it refers to. It
// is kept in compressed rows of int32, so that a million nodes and two million edges take 12 MB.
type Graph struct {
	// start[v] to start[v+1] is the range of to that holds the targets of v.
	start []int32
	to    []int32
}

// NewGraph builds a graph of n nodes with an edge from[i] -> to[i] for every i. Edges may repeat, and may lead from a node
// to itself. It panics when the slices differ in length or name a node that does not exist: that is a mistake of the
// programmer.
func NewGraph(n int, from, to []int32) *Graph {
	if len(from) != len(to) {
		panic("assets: edges with one end")
	}
	g := &Graph{start: make([]int32, n+1), to: make([]int32, len(to))}
	for _, f := range from {
		g.start[f+1]++
	}
	for v := range n {
		g.start[v+1] += g.start[v]
	}
	// Fill each row from its end, which leaves start[v] at the beginning of the row without a second array.
	for v := n; v > 0; v-- {
		g.start[v] = g.start[v-1]
	}
	for i, f := range from {
		if to[i] < 0 || int(to[i]) >= n {
			panic("assets: edge to a node that does not exist")
		}
		g.to[g.start[f+1]] = to[i]
		g.start[f+1]++
	}
	return g
}

// Len returns the number of nodes.
func (g *Graph) Len() int { return len(g.start) - 1 }

// Targets returns the nodes that v refers to. The slice belongs to the graph.
func (g *Graph) Targets(v int32) []int32 { return g.to[g.start[v]:g.start[v+1]] }

// Reverse returns the graph with every edge turned round.
func (g *Graph) Reverse() *Graph {
	from := make([]int32, len(g.to))
	for v := range int32(g.Len()) {
		for i := g.start[v]; i < g.start[v+1]; i++ {
			from[i] = v
		}
	}
	return NewGraph(g.Len(), g.to, from)
}

// Components returns for every node the number of its strongly connected component, and how many there are. Components
// are numbered in the order in which they can be created: every edge between two components leads to the lower number.
//
// It is Tarjan's algorithm with a stack of its own, since a chain of references may be as long as the schema is large.
func (g *Graph) Components() (component []int32, count int) {
	n := g.Len()
	component = make([]int32, n)
	for v := range component {
		component[v] = -1
	}
	var (
		index = make([]int32, n) // order of discovery from 1, 0 is undiscovered
		low   = make([]int32, n)
		next  = make([]int32, n) // the edge to look at next
		path  = make([]int32, 0, 64)
		open  = make([]int32, 0, 64)
		clock int32
	)
	for root := range int32(n) {
		if index[root] != 0 {
			continue
		}
		path = append(path, root)
		for len(path) > 0 {
			v := path[len(path)-1]
			if index[v] == 0 {
				clock++
				index[v], low[v], next[v] = clock, clock, g.start[v]
				open = append(open, v)
			}
			descended := false
			for next[v] < g.start[v+1] {
				w := g.to[next[v]]
				if index[w] == 0 {
					path = append(path, w)
					descended = true
					break
				}
				if component[w] < 0 {
					low[v] = min(low[v], low[w])
				}
				next[v]++
			}
			if descended {
				continue
			}
			path = path[:len(path)-1]
			if low[v] != index[v] {
				continue
			}
			for {
				w := open[len(open)-1]
				open = open[:len(open)-1]
				component[w] = int32(count)
				if w == v {
					break
				}
			}
			count++
		}
	}
	return component, count
}
