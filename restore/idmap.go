package restore

import "sync"

// The states of an object during a restore.
type objectState uint8

const (
	// stateOpen is not sent yet.
	stateOpen objectState = iota
	// stateDoubt was sent, and what came of it is not known.
	stateDoubt
	// stateDone exists on the target.
	stateDone
	// stateFailed was refused.
	stateFailed
	// stateOutside is not part of the restore.
	stateOutside
)

// idMap holds the state and the target id of every object.
type idMap struct {
	mu     sync.RWMutex
	pool   idPool
	ids    []compactID
	states []objectState
}

func newIDMap(n int) *idMap {
	return &idMap{ids: make([]compactID, n), states: make([]objectState, n)}
}

func (m *idMap) set(n int32, state objectState, target string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.states[n] = state
	if target != "" {
		m.ids[n] = m.pool.compact(target)
	}
}

func (m *idMap) get(n int32) (state objectState, target string) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.ids[n] != 0 {
		target = m.pool.text(m.ids[n])
	}
	return m.states[n], target
}

func (m *idMap) state(n int32) objectState {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.states[n]
}
