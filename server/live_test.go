package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stowage/models"
	"stowage/server/api"
)

// event is one server-sent event; one without a name is a comment.
type event struct{ name, id, data string }

// events reads what a stream has sent so far.
func events(t *testing.T, body string) []event {
	t.Helper()
	var out []event
	for block := range strings.SplitSeq(strings.TrimSuffix(body, "\n\n"), "\n\n") {
		var e event
		for line := range strings.SplitSeq(block, "\n") {
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "event":
				e.name = value
			case "id":
				e.id = value
			case "data":
				e.data = value
			case "":
			default:
				t.Fatalf("a stream sends %q", line)
			}
		}
		out = append(out, e)
	}
	return out
}

// follower is somebody who follows a run.
type follower struct {
	*httptest.ResponseRecorder

	mu    sync.Mutex
	sent  bytes.Buffer
	done  chan struct{}
	leave context.CancelFunc
}

func (f *follower) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent.Write(p)
}

func (f *follower) body() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sent.String()
}

func (s *site) follow(lastEventID string) *follower {
	s.rig.t.Helper()
	ctx, cancel := context.WithCancel(s.rig.t.Context())
	f := &follower{ResponseRecorder: httptest.NewRecorder(), done: make(chan struct{}), leave: cancel}
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, api.Prefix+"/runs/"+s.run+"/events", nil)
	req.Header.Set("Authorization", "JWT "+s.token(admin))
	if lastEventID != "" {
		req.Header.Set("Last-Event-ID", lastEventID)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(f.done)
		s.rig.server.ServeHTTP(f, req)
	})
	return f
}

// pass lets time pass in a bubble.
func pass(d time.Duration) { <-time.After(d) }

// keysOf are the keys of the lines a stream sent, and its last id.
func keysOf(t *testing.T, list []event) (found []string, last string) {
	t.Helper()
	for _, e := range list {
		if e.name != "log" {
			continue
		}
		var page api.LogPage
		if err := json.Unmarshal([]byte(e.data), &page); err != nil {
			t.Fatal(err)
		}
		for _, line := range page.Items {
			found = append(found, line.Key)
		}
		last = e.id
	}
	return found, last
}

func TestAStreamTellsWhatHappensAndEndsWithTheRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		f := r.acme.follow("")
		pass(100 * time.Millisecond)
		synctest.Wait()
		begin := events(t, f.body())
		if len(begin) != 2 || begin[0].name != "progress" || begin[1].name != "log" || begin[1].id != "1" {
			t.Fatalf("a stream begins with %+v", begin)
		}
		r.acme.write(3)
		_, err := r.acme.running.Heartbeat(t.Context(), &models.RunProgress{Stage: "Restoring object entries", UpdatedAt: time.Now()})
		r.must(err)
		pass(2 * time.Second)
		synctest.Wait()
		if got := events(t, f.body()); len(got) != 4 {
			t.Fatalf("after three lines there is %+v", got)
		}
		r.acme.write(1200)
		r.acme.finish()
		<-f.done
		list := events(t, f.body())
		end := list[len(list)-1]
		var over api.RunEnd
		if err := json.Unmarshal([]byte(end.data), &over); err != nil || end.name != "end" || over.State != "succeeded" {
			t.Errorf("the stream ends with %+v", end)
		}
		found, last := keysOf(t, list)
		if len(found) != 1204 || last != "1204" {
			t.Errorf("%d lines were sent, the last is %s", len(found), last)
		}
		if f.Header().Get("Content-Type") != "text/event-stream" {
			t.Errorf("a stream is sent as %q", f.Header().Get("Content-Type"))
		}
		// Whoever comes back gets what follows, and whoever comes when all is over gets the end.
		late := r.acme.follow("1202")
		<-late.done
		if found, _ := keysOf(t, events(t, late.body())); len(found) != 2 {
			t.Errorf("behind 1202 came %v", found)
		}
		if got := r.do(call{method: http.MethodGet, path: api.Prefix + "/runs/" + r.acme.run + "/events", authorization: "JWT " + r.acme.token(admin), header: http.Header{"Last-Event-Id": {"x"}}}); got.status != http.StatusUnprocessableEntity {
			t.Errorf("an id that is none is answered with %d", got.status)
		}
	})
}

func TestAStreamShowsThatItLivesAndLastsNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		f := r.acme.follow("")
		began := time.Now()
		pass(50 * time.Second)
		synctest.Wait()
		if got := strings.Count(f.body(), ": still here\n\n"); got != 3 {
			t.Errorf("in 50 seconds %d signs of life were sent", got)
		}
		<-f.done
		if took := time.Since(began); took < 9*time.Minute || took > 11*time.Minute {
			t.Errorf("the stream lasted %s", took)
		}
		if !strings.HasSuffix(f.body(), "event: end\ndata: {\"state\":\"\"}\n\n") {
			t.Error("the stream does not say that it ends")
		}
		gone := r.acme.follow("")
		pass(time.Second)
		gone.leave()
		<-gone.done
		closed := r.acme.follow("")
		pass(time.Second)
		r.api.Close()
		<-closed.done
	})
}

func TestEveryFollowerGetsWhatFollowsItsOwnPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var all []*follower
		for i := range 40 {
			all = append(all, r.acme.follow(strconv.Itoa(i%2)))
		}
		pass(3500 * time.Millisecond)
		r.acme.write(5)
		r.acme.finish()
		for i, f := range all {
			<-f.done
			want := 6 - i%2
			if found, _ := keysOf(t, events(t, f.body())); len(found) != want {
				t.Errorf("follower %d got %d lines, not %d", i, len(found), want)
			}
		}
	})
}

func TestATenantCannotHoldAllStreams(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		var all []*follower
		for range 100 {
			all = append(all, r.acme.follow(""))
		}
		pass(time.Second)
		synctest.Wait()
		got := r.do(call{method: http.MethodGet, path: api.Prefix + "/runs/" + r.acme.run + "/events", authorization: "JWT " + r.acme.token(admin)})
		if p := refusal(t, got, http.StatusTooManyRequests, "too-many-streams"); p.Detail == "" || got.header.Get("Retry-After") == "" {
			t.Errorf("the refusal is %+v", p)
		}
		r.api.Close()
		for _, f := range all {
			<-f.done
		}
	})
}

// TestAStreamOutlivesTheTimesOfRequests follows a run over a real connection whose server allows requests and answers less
// time than the stream takes.
func TestAStreamOutlivesTheTimesOfRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	address, stop := r.serve(func(l *limits) { l.RequestTime, l.AnswerTime = 700*time.Millisecond, 700*time.Millisecond })
	defer stop()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+api.Prefix+"/runs/"+r.acme.run+"/events", nil)
	r.must(err)
	req.Header.Set("Authorization", "JWT "+r.acme.token(admin))
	res, err := transport(t).RoundTrip(req)
	r.must(err)
	defer func() { _ = res.Body.Close() }()
	lines := bufio.NewScanner(res.Body)
	began := time.Now()
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "id: 1") {
			break
		}
	}
	<-time.After(1500 * time.Millisecond)
	r.acme.write(1)
	r.acme.finish()
	var rest []string
	for lines.Scan() {
		rest = append(rest, lines.Text())
	}
	if text := strings.Join(rest, "\n"); !strings.Contains(text, "ITSM-0001") || !strings.Contains(text, `"state":"succeeded"`) {
		t.Errorf("after %s the stream says %q (%v)", time.Since(began), text, lines.Err())
	}
}
