package api

// handlers answers the operations.
type handlers struct{}
