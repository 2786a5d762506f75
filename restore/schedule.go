package restore

import (
	"context"
	"slices"
	"sync"

	"stowage/assets"
)

// schedule hands out objects in an order in which all the objects they refer to are settled first, references that are
// deferred excepted. Among those that may be sent it keeps to one segment of the backup as long as it can, so that
// segments are decoded few times.
type schedule struct {
	s          *survey
	order      *assets.Order
	dependents *assets.Graph

	mu   sync.Mutex
	wake *sync.Cond
	// waiting counts the references of an object that lead to unsettled ones.
	waiting []int32
	// held marks objects that must not be sent for the time being: settled, handed out, or in doubt.
	held   []bool
	ready  [][]int32 // by segment
	many   int       // objects in ready
	recent []int     // segments, the one begun last at the end
	left   int       // objects not settled
	closed bool
}

// newSchedule makes a schedule of all objects; settle and hold tell it what is known of them already, before open.
func newSchedule(s *survey, order *assets.Order, graph *assets.Graph) *schedule {
	sc := &schedule{
		s: s, order: order, dependents: graph.Reverse(),
		waiting: make([]int32, s.len()), held: make([]bool, s.len()), ready: make([][]int32, len(s.first)), left: s.len(),
	}
	sc.wake = sync.NewCond(&sc.mu)
	for i, from := range s.from {
		if !order.Deferred(from, s.to[i]) {
			sc.waiting[from]++
		}
	}
	return sc
}

// open makes everything available that may be sent at once.
func (sc *schedule) open() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for n := range int32(sc.s.len()) {
		sc.offer(n)
	}
}

// offer puts an object that may be sent into its queue.
func (sc *schedule) offer(n int32) {
	if sc.waiting[n] > 0 || sc.held[n] {
		return
	}
	sc.held[n] = true
	segment, _ := sc.s.locate(n)
	sc.ready[segment] = append(sc.ready[segment], n)
	sc.many++
	sc.wake.Signal()
}

// hold keeps an object from being sent.
func (sc *schedule) hold(n int32) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.held[n] = true
}

// again makes an object that was held available.
func (sc *schedule) again(n int32) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.held[n] = false
	sc.offer(n)
}

// blocked says whether an object refers to unsettled ones.
func (sc *schedule) blocked(n int32) bool {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	return sc.waiting[n] > 0
}

// settle says that it is decided what became of an object.
func (sc *schedule) settle(n int32) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.held[n] = true
	sc.left--
	for _, from := range sc.dependents.Targets(n) {
		if sc.order.Deferred(from, n) {
			continue
		}
		if sc.waiting[from]--; sc.waiting[from] == 0 {
			sc.offer(from)
		}
	}
	if sc.left == 0 {
		sc.wake.Broadcast()
	}
}

// close wakes everybody who waits; nothing is handed out any more.
func (sc *schedule) close() {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.closed = true
	sc.wake.Broadcast()
}

// take returns some objects to send, all of one segment, waiting until there are any. It returns none when all objects are
// settled or the context ended. Share is the number of those who take, so that nobody takes what others wait for.
func (sc *schedule) take(ctx context.Context, share int) []int32 {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	for sc.many == 0 && sc.left > 0 && !sc.closed {
		sc.wake.Wait()
	}
	if sc.many == 0 || sc.closed || ctx.Err() != nil {
		return nil
	}
	segment := sc.choose()
	queue := sc.ready[segment]
	n := min(len(queue), maxBatch, sc.many/share+1)
	batch := append([]int32(nil), queue[:n]...)
	sc.many -= n
	if sc.ready[segment] = queue[n:]; len(queue) == n {
		sc.ready[segment] = nil
	}
	return batch
}

// choose returns a segment with objects that may be sent. One that was used a moment ago is still decoded: objects in it
// that had to wait for others are taken before the next segment is begun, or each of them would cost a turn of its own.
func (sc *schedule) choose() int {
	for _, segment := range slices.Backward(sc.recent) {
		if len(sc.ready[segment]) > 0 {
			return segment
		}
	}
	segment := 0
	if last := len(sc.recent) - 1; last >= 0 {
		segment = sc.recent[last]
	}
	for len(sc.ready[segment]) == 0 {
		segment = (segment + 1) % len(sc.ready)
	}
	if len(sc.recent) == recentSegments {
		sc.recent = append(sc.recent[:0], sc.recent[1:]...)
	}
	sc.recent = append(sc.recent, segment)
	return segment
}

// recentSegments is how many segments are gone back to; some fewer than are kept decoded.
const recentSegments = cachedSegments - 4

// maxBatch is how many objects are entered into the journal at a time. It bounds what a crash leaves in doubt.
const maxBatch = 16
