package api

import (
	"context"
	"net/http"
	"sync"

	"stowage/server/problem"
)

// maxDownloads is how many files are written at once: each takes memory for what it is made of.
const maxDownloads = 4

// downloads are the files that are being written, one per tenant.
type downloads struct {
	places chan struct{}

	mu   sync.Mutex
	busy map[string]bool
}

func newDownloads() *downloads {
	return &downloads{places: make(chan struct{}, maxDownloads), busy: make(map[string]bool)}
}

// begin waits for a place and takes it, unless the tenant has one already. Whoever got it calls end.
func (d *downloads) begin(ctx context.Context, tenant string) (end func(), err error) {
	d.mu.Lock()
	busy := d.busy[tenant]
	d.busy[tenant] = true
	d.mu.Unlock()
	if busy {
		return nil, problem.New(http.StatusTooManyRequests, "download-running", "Another file of this site is being downloaded. Wait until it is there.").Header("Retry-After", "10")
	}
	leave := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.busy, tenant)
	}
	select {
	case d.places <- struct{}{}:
		return func() { <-d.places; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}
