package report

// Progress is told how a run gets on. Calls may come from several goroutines and must return quickly.
type Progress interface {
	// Stage begins a stage. Total is the number of items expected, or 0 when it is not known yet.
	Stage(name string, total int64)
	// Advance adds done items to the current stage.
	Advance(done int64)
}

// NoProgress ignores everything.
type NoProgress struct{}

// Stage does nothing.
func (NoProgress) Stage(string, int64) {}

// Advance does nothing.
func (NoProgress) Advance(int64) {}
