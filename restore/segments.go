package restore

import (
	"context"
	"fmt"
	"sync"

	"stowage/assets"
)

// cachedSegments is how many decoded segments are kept. Objects are sent segment by segment as far as their references
// allow, so few are enough.
const cachedSegments = 12

// segmentCache keeps the segments used last.
type segmentCache struct {
	b  Backup
	mu sync.Mutex
	// recent has the segment used last at its end.
	recent []int
	held   map[int]*heldSegment
}

type heldSegment struct {
	once    sync.Once
	objects []assets.Object
	err     error
}

func newSegmentCache(b Backup) *segmentCache {
	return &segmentCache{b: b, held: make(map[int]*heldSegment)}
}

// object returns one object. It must not be changed.
func (c *segmentCache) object(ctx context.Context, segment, place int) (*assets.Object, error) {
	held := c.hold(segment)
	held.once.Do(func() { held.objects, held.err = c.b.ReadSegment(ctx, segment) })
	if held.err != nil {
		c.forget(segment, held)
		return nil, fmt.Errorf("read segment %d of backup %s: %w", segment, c.b.ID(), held.err)
	}
	if place >= len(held.objects) {
		return nil, fmt.Errorf("read segment %d of backup %s: it holds %d objects, %d were there before", segment, c.b.ID(), len(held.objects), place+1)
	}
	return &held.objects[place], nil
}

func (c *segmentCache) hold(segment int) *heldSegment {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.recent {
		if s == segment {
			copy(c.recent[i:], c.recent[i+1:])
			c.recent[len(c.recent)-1] = segment
			return c.held[segment]
		}
	}
	if len(c.recent) == cachedSegments {
		delete(c.held, c.recent[0])
		c.recent = append(c.recent[:0], c.recent[1:]...)
	}
	c.recent = append(c.recent, segment)
	held := &heldSegment{}
	c.held[segment] = held
	return held
}

// forget drops a segment that could not be read, so that it is tried again.
func (c *segmentCache) forget(segment int, held *heldSegment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.held[segment] != held {
		return
	}
	delete(c.held, segment)
	for i, s := range c.recent {
		if s == segment {
			c.recent = append(c.recent[:i], c.recent[i+1:]...)
			return
		}
	}
}
