package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"stowage/models"
	"stowage/server/problem"
)

// How the streams behave.
const (
	// lookEvery is how often the database is asked about a run, however many follow it.
	lookEvery = time.Second
	// heartbeat is how often something is sent, so that those in between do not take the stream for dead.
	heartbeat = 15 * time.Second
	// streamTime is how long a stream lasts. Whoever still follows asks again, with a token that is still good.
	streamTime = 10 * time.Minute
	// maxStreams bounds the streams of one tenant.
	maxStreams = 100
	// logBatch is how many lines are read at a time.
	logBatch = 500
)

// live shares what the database says of a run among those who follow it.
type live struct {
	closed chan struct{}
	once   sync.Once

	mu      sync.Mutex
	watched map[watchKey]*watch
	streams map[string]int
}

type watchKey struct{ tenant, run string }

// watch is the last look at one run.
type watch struct {
	followers int // guarded by live.mu

	mu   sync.Mutex
	at   time.Time
	look look
}

// look is what one look at a run found: how it stands, and the lines behind the one numbered after.
type look struct {
	run   models.RunInfo
	after int64
	lines []models.LogLine
}

func newLive() *live {
	return &live{closed: make(chan struct{}), watched: make(map[watchKey]*watch), streams: make(map[string]int)}
}

func (l *live) close() { l.once.Do(func() { close(l.closed) }) }

// follow registers a follower of a run, unless its tenant has too many. The watch has to be left.
func (l *live) follow(key watchKey, after int64) (*watch, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.streams[key.tenant] >= maxStreams {
		return nil, false
	}
	l.streams[key.tenant]++
	w, ok := l.watched[key]
	if !ok {
		w = &watch{look: look{after: after}}
		l.watched[key] = w
	}
	w.followers++
	return w, true
}

func (l *live) leave(key watchKey, w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.followers--; w.followers == 0 {
		delete(l.watched, key)
	}
	if l.streams[key.tenant]--; l.streams[key.tenant] == 0 {
		delete(l.streams, key.tenant)
	}
}

// see returns the last look at the run, and takes a new one when that is old: ask is given the place behind which lines are
// wanted. Whoever comes first asks, the others wait for what is said.
func (w *watch) see(ctx context.Context, ask func(ctx context.Context, after int64) (look, error)) (look, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.at.IsZero() && time.Since(w.at) < lookEvery*9/10 {
		return w.look, nil
	}
	after := w.look.after
	if n := len(w.look.lines); n > 0 {
		after = w.look.lines[n-1].Seq
	}
	seen, err := ask(ctx, after)
	if err != nil {
		return look{}, err
	}
	w.at, w.look = time.Now(), seen
	return seen, nil
}

// looker asks the database about a run.
func (c caller) looker(run string) func(ctx context.Context, after int64) (look, error) {
	return func(ctx context.Context, after int64) (look, error) {
		// The row before the lines: when the row says that the run has ended, the lines are complete.
		info, err := c.GetRun(ctx, run)
		if err != nil {
			return look{}, err
		}
		lines, err := c.LogPage(ctx, run, after, logBatch, "")
		return look{run: info, after: after, lines: lines}, err
	}
}

func (a *handlers) followRun(ctx context.Context, c caller, in *eventsInput) (*stream, error) {
	run, err := runOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	after, err := a.startOf(ctx, c, run.ID, in.LastEventID)
	if err != nil {
		return nil, err
	}
	key := watchKey{tenant: c.who.TenantID, run: run.ID}
	w, ok := a.live.follow(key, after)
	if !ok {
		return nil, problem.New(http.StatusTooManyRequests, "too-many-streams", "Too many pages follow runs of this site. Close some of them.").Header("Retry-After", "30")
	}
	return &stream{Body: func(h huma.Context) {
		defer a.live.leave(key, w)
		e := newEvents(h)
		if err := a.stream(ctx, c, run.ID, w, e, after); err != nil && ctx.Err() == nil {
			a.Log.WarnContext(ctx, "a stream broke off", "error", err, "run_id", run.ID, "request_id", problem.RequestID(ctx))
		}
	}}, nil
}

// startOf is the place of the log behind which a stream begins: the one the caller knows, or one that leaves the last lines.
func (a *handlers) startOf(ctx context.Context, c caller, run, lastEventID string) (int64, error) {
	if lastEventID != "" {
		after, err := strconv.ParseInt(lastEventID, 10, 64)
		if err != nil || after < 0 {
			return 0, invalid("header.Last-Event-ID", codeInvalid, "This is not the id of an event.")
		}
		return after, nil
	}
	lines, err := c.LogTail(ctx, run, logBatch)
	if err != nil || len(lines) == 0 {
		return 0, err
	}
	return lines[0].Seq - 1, nil
}

// stream sends what happens until the run ends, the caller goes, or the time of a stream is over.
func (a *handlers) stream(ctx context.Context, c caller, run string, w *watch, e *events, sent int64) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	over := time.NewTimer(streamTime)
	defer over.Stop()
	var shown models.RunInfo
	ask := c.looker(run)
	for {
		seen, err := w.see(ctx, ask)
		if err != nil {
			return err
		}
		if changed(shown, seen.run) {
			out, err := positioned(ctx, c, seen.run)
			if err != nil {
				return err
			}
			if err := e.send("progress", "", out); err != nil {
				return err
			}
			shown = seen.run
		}
		var complete bool
		if sent, complete, err = sendLines(ctx, c, run, seen, e, sent); err != nil {
			return err
		}
		if complete && seen.run.State.Final() {
			return e.send("end", "", RunEnd{State: string(seen.run.State)})
		}
		if err := e.beat(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.live.closed:
			return e.send("end", "", RunEnd{})
		case <-over.C:
			return e.send("end", "", RunEnd{})
		case <-tick.C:
		}
	}
}

// changed says whether there is anything new to show of a run.
func changed(shown, seen models.RunInfo) bool {
	return shown.ID == "" || shown.State != seen.State || !shown.Updated.Equal(seen.Updated) || !shown.Progress.UpdatedAt.Equal(seen.Progress.UpdatedAt) ||
		shown.QueuedBehind != seen.QueuedBehind || !shown.StopRequestedAt.Equal(seen.StopRequestedAt)
}

// sendLines sends the lines behind the last that was sent: those of the look where they follow on, and otherwise its own.
// Complete says that there are no more for now.
func sendLines(ctx context.Context, c caller, run string, seen look, e *events, sent int64) (last int64, complete bool, err error) {
	lines := seen.lines
	switch {
	case sent < seen.after:
		if lines, err = c.LogPage(ctx, run, sent, logBatch, ""); err != nil {
			return sent, false, err
		}
	default:
		for len(lines) > 0 && lines[0].Seq <= sent {
			lines = lines[1:]
		}
	}
	if len(lines) == 0 {
		return sent, sent >= seen.after && len(seen.lines) < logBatch, nil
	}
	page := presentLog(lines)
	if err := e.send("log", strconv.FormatInt(page.Last, 10), page); err != nil {
		return sent, false, err
	}
	return page.Last, sent >= seen.after && len(seen.lines) < logBatch, nil
}

// events writes server-sent events.
type events struct {
	h       huma.Context
	control *http.ResponseController
	wrote   time.Time
}

func newEvents(h huma.Context) *events {
	h.SetHeader("Content-Type", "text/event-stream")
	h.SetHeader("X-Accel-Buffering", "no")
	h.SetStatus(http.StatusOK)
	return &events{h: h, control: http.NewResponseController(humagin.Unwrap(h).Writer)}
}

// send writes one event.
func (e *events) send(name, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("send event %s: %w", name, err)
	}
	text := "event: " + name + "\n"
	if id != "" {
		text += "id: " + id + "\n"
	}
	return e.write(text + "data: " + string(body) + "\n\n")
}

// beat writes a comment when nothing was sent for a while.
func (e *events) beat() error {
	if time.Since(e.wrote) < heartbeat {
		return nil
	}
	return e.write(": still here\n\n")
}

func (e *events) write(text string) error {
	_ = e.control.SetWriteDeadline(time.Now().Add(writeTime))
	if _, err := e.h.BodyWriter().Write([]byte(text)); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	e.wrote = time.Now()
	if err := e.control.Flush(); err != nil {
		return fmt.Errorf("write to a stream: %w", err)
	}
	return nil
}
