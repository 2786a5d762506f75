package models

// Journal returns the journal of a run, held by whoever or finished, for reading: Begin and Finish fail with ErrLeaseLost.
func (t *Tenant) Journal(runID string) *Journal {
	// A run that was never claimed has no token that any lease has.
	return &Journal{run: &Run{tenant: t, info: RunInfo{ID: runID}, token: -1}}
}
