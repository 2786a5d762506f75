package jobs

import "sync"

// slots are the places in which a pool works on runs, by queue, and who sits in them.
type slots struct {
	mu      sync.Mutex
	size    map[string]int
	used    map[string]int
	tenants map[string]map[string]int
	closed  bool
	empty   chan struct{}
}

func newSlots(size map[string]int) *slots {
	s := &slots{size: size, used: map[string]int{}, tenants: map[string]map[string]int{}, empty: make(chan struct{})}
	for queue := range size {
		s.tenants[queue] = map[string]int{}
	}
	return s
}

// acquire takes a slot of a queue, if there is one.
func (s *slots) acquire(queue string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.used[queue] >= s.size[queue] {
		return false
	}
	s.used[queue]++
	return true
}

func (s *slots) release(queue string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used[queue]--
	s.tell()
}

// seat gives a slot that was acquired to a run of a tenant. A tenant never has all slots of a queue, so that whoever
// comes next does not wait for it to be done.
func (s *slots) seat(queue, tenant string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.size[queue] >= 2 && s.tenants[queue][tenant] >= s.size[queue]-1 {
		return false
	}
	s.tenants[queue][tenant]++
	return true
}

func (s *slots) unseat(queue, tenant string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[queue][tenant]--; s.tenants[queue][tenant] == 0 {
		delete(s.tenants[queue], tenant)
	}
}

func (s *slots) free(queue string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0
	}
	return s.size[queue] - s.used[queue]
}

// couldSeat says whether a run of the tenant would find a place now.
func (s *slots) couldSeat(queue, tenant string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.closed && s.used[queue] < s.size[queue] && (s.size[queue] < 2 || s.tenants[queue][tenant] < s.size[queue]-1)
}

// close gives no more slots. The channel is closed when the last one is free.
func (s *slots) close() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.tell()
	}
	return s.empty
}

func (s *slots) tell() {
	if !s.closed {
		return
	}
	for _, n := range s.used {
		if n > 0 {
			return
		}
	}
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}
