package assets_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stowage/assets"
)

func graph(n int, edges ...[2]int32) *assets.Graph {
	from, to := make([]int32, len(edges)), make([]int32, len(edges))
	for i, e := range edges {
		from[i], to[i] = e[0], e[1]
	}
	return assets.NewGraph(n, from, to)
}

// deferring returns the nodes that have at least one deferred reference.
func deferring(g *assets.Graph, o *assets.Order) []int32 {
	var nodes []int32
	for v := range int32(g.Len()) {
		if slices.ContainsFunc(g.Targets(v), func(w int32) bool { return o.Deferred(v, w) }) {
			nodes = append(nodes, v)
		}
	}
	return nodes
}

func TestOrderDefersOnlyWhatACycleForces(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		g     *assets.Graph
		count int
	}{
		{"nothing at all", graph(0), 0},
		{"nodes without references", graph(3), 0},
		{"a chain", graph(3, [2]int32{0, 1}, [2]int32{1, 2}), 0},
		{"the same reference twice", graph(2, [2]int32{0, 1}, [2]int32{0, 1}), 0},
		{"a reference to itself", graph(2, [2]int32{0, 0}, [2]int32{1, 0}), 1},
		{"a cycle of three", graph(3, [2]int32{0, 1}, [2]int32{1, 2}, [2]int32{2, 0}), 1},
		{"two cycles through one node", graph(5,
			[2]int32{0, 1}, [2]int32{1, 0}, [2]int32{0, 2}, [2]int32{2, 0}, [2]int32{0, 3}, [2]int32{3, 4}, [2]int32{4, 0}), 1},
		{"a cycle with a self reference on it", graph(3, [2]int32{0, 1}, [2]int32{1, 2}, [2]int32{2, 0}, [2]int32{2, 2}), 1},
		{"two separate cycles", graph(4, [2]int32{0, 1}, [2]int32{1, 0}, [2]int32{2, 3}, [2]int32{3, 2}, [2]int32{1, 2}), 2},
		{"all refer to all of four", graph(4,
			[2]int32{0, 1}, [2]int32{0, 2}, [2]int32{0, 3}, [2]int32{1, 0}, [2]int32{1, 2}, [2]int32{1, 3},
			[2]int32{2, 0}, [2]int32{2, 1}, [2]int32{2, 3}, [2]int32{3, 0}, [2]int32{3, 1}, [2]int32{3, 2}), 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := deferring(test.g, test.g.Order()); len(got) != test.count {
				t.Errorf("%d nodes defer references, want %d: %v", len(got), test.count, got)
			}
		})
	}
}

func TestOrderIsACompleteOrderThatDefersInsideComponentsOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "nodes")
		node := rapid.Int32Range(0, int32(n-1))
		from := rapid.SliceOfN(node, 0, 3*n).Draw(t, "from")
		to := rapid.SliceOfN(node, len(from), len(from)).Draw(t, "to")
		g := assets.NewGraph(n, from, to)
		o := g.Order()
		seen := slices.Sorted(slices.Values(o.Nodes))
		for v := range int32(n) {
			if seen[v] != v || o.Nodes[o.Rank[v]] != v {
				t.Fatalf("node %d is missing, doubled, or ranked wrongly: %v %v", v, o.Nodes, o.Rank)
			}
		}
		reach := reachable(g)
		component, count := g.Components()
		for v := range int32(n) {
			for w := range int32(n) {
				if same := v == w || reach[v][w] && reach[w][v]; same != (component[v] == component[w]) {
					t.Fatalf("%d and %d: same component %v, want %v", v, w, !same, same)
				}
			}
			if component[v] < 0 || int(component[v]) >= count {
				t.Fatalf("component %d of %d", component[v], count)
			}
			for _, w := range g.Targets(v) {
				if o.Deferred(v, w) && !reach[w][v] {
					t.Fatalf("reference %d -> %d is on no cycle and deferred", v, w)
				}
			}
		}
		if diff := cmp.Diff(o, g.Order()); diff != "" {
			t.Fatalf("a second call gives another order: %s", diff)
		}
	})
}

// reachable says which node can be reached from which by one edge or more.
func reachable(g *assets.Graph) [][]bool {
	n := g.Len()
	reach := make([][]bool, n)
	for v := range n {
		reach[v] = make([]bool, n)
		for _, w := range g.Targets(int32(v)) {
			reach[v][w] = true
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
			}
		}
	}
	return reach
}

func TestOrderTakesAChainAsLongAsASchemaWithoutRecursion(t *testing.T) {
	t.Parallel()
	const n = 300_000
	from, to := make([]int32, n), make([]int32, n)
	for i := range int32(n) {
		from[i], to[i] = i, (i+1)%n
	}
	g := assets.NewGraph(n, from, to)
	if got := len(deferring(g, g.Order())); got != 1 {
		t.Errorf("one long cycle defers at %d nodes, want 1", got)
	}
}

// BenchmarkOrder orders a million objects with two million references of which one in a hundred is on a cycle.
func BenchmarkOrder(b *testing.B) {
	const n = 1_000_000
	r := rand.New(rand.NewPCG(1, 2))
	from, to := make([]int32, 0, 2*n), make([]int32, 0, 2*n)
	for i := range int32(2 * n) {
		v := i%(n-1) + 1
		from, to = append(from, v), append(to, r.Int32N(v))
		if i%200 == 0 {
			from, to = append(from, to[len(to)-1]), append(to, v)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		assets.NewGraph(n, from, to).Order()
	}
}
