package jobs

import "testing"

func TestNoTenantHasAllSlots(t *testing.T) {
	t.Parallel()
	s := newSlots(map[string]int{QueueLong: 3, QueueShort: 1})
	for i, want := range []bool{true, true, true, false} {
		if got := s.acquire(QueueLong); got != want {
			t.Errorf("slot %d: %v", i, got)
		}
	}
	if !s.acquire(QueueShort) {
		t.Error("a full queue takes the slots of another")
	}
	for i, want := range []bool{true, true, false} {
		if got := s.seat(QueueLong, "a"); got != want {
			t.Errorf("seat %d of a tenant: %v", i, got)
		}
	}
	if !s.seat(QueueShort, "a") {
		t.Error("where there is one slot anybody may have it")
	}
	if !s.seat(QueueLong, "b") {
		t.Error("the last slot is not given to another tenant")
	}
	s.unseat(QueueLong, "a")
	s.release(QueueLong)
	if !s.couldSeat(QueueLong, "a") || s.free(QueueLong) != 1 {
		t.Error("a slot that is free again is not given away")
	}
	empty := s.close()
	if s.acquire(QueueLong) || s.seat(QueueLong, "c") || s.couldSeat(QueueLong, "c") {
		t.Error("a slot was given away after closing time")
	}
	select {
	case <-empty:
		t.Error("empty while slots are used")
	default:
	}
	s.release(QueueLong)
	s.release(QueueLong)
	s.release(QueueShort)
	select {
	case <-s.close():
	default:
		t.Error("not empty though all slots are free")
	}
}

func TestAPoolThatWasNeverUsedIsEmptyAtOnce(t *testing.T) {
	t.Parallel()
	select {
	case <-newSlots(map[string]int{QueueLong: 1}).close():
	default:
		t.Error("it is not empty")
	}
}
