package world

import "time"

// SetSearchLag changes how long writes from now on stay unseen by searches. What was
// written before keeps the lag it was written with.
func (w *World) SetSearchLag(lag time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.opt.SearchLag = lag
}
