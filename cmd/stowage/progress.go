package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"
)

// lineEvery is how often a stage says how far it is where there is no terminal to redraw.
const lineEvery = 5 * time.Second

// display shows how a run gets on: bars on a terminal, a line now and then elsewhere. It satisfies report.Progress.
type display interface {
	Stage(name string, total int64)
	Advance(done int64)
	// Close ends the last stage.
	Close()
}

// newDisplay chooses by what w is.
func newDisplay(w io.Writer) display {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return &bars{container: mpb.New(mpb.WithOutput(f), mpb.WithWidth(40), mpb.WithRefreshRate(150*time.Millisecond))}
	}
	return &lines{w: w, now: time.Now}
}

// bars draws one bar per stage.
type bars struct {
	container *mpb.Progress
	mu        sync.Mutex
	bar       *mpb.Bar
}

func (b *bars) Stage(name string, total int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finish()
	head := mpb.PrependDecorators(decor.Name(name, decor.WC{W: 34, C: decor.DindentRight}))
	// A bar is never given its total when it is made: it would then complete by reaching it and by nothing else.
	if total <= 0 {
		b.bar = b.container.New(0, mpb.SpinnerStyle().PositionLeft(), head, mpb.BarFillerOnComplete(""), mpb.AppendDecorators(
			decor.OnComplete(decor.CurrentNoUnit("%d"), "done")))
		return
	}
	b.bar = b.container.New(0, mpb.BarStyle(), head, mpb.AppendDecorators(
		decor.CountersNoUnit("%d of %d", decor.WC{W: 18}), decor.OnComplete(decor.AverageSpeed(0, "  %.0f/s", decor.WC{W: 9}), ""),
		decor.Name("  "), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "done")))
	b.bar.SetTotal(total, false)
}

func (b *bars) Advance(done int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.IncrInt64(done)
	}
}

func (b *bars) Close() {
	b.mu.Lock()
	b.finish()
	b.mu.Unlock()
	b.container.Wait()
}

// finish completes the bar of the stage that ended, whatever was expected of it.
func (b *bars) finish() {
	if b.bar != nil {
		b.bar.SetTotal(-1, true)
		b.bar = nil
	}
}

// lines writes one line at the end of a stage, and one every few seconds while it lasts.
type lines struct {
	w    io.Writer
	now  func() time.Time
	done atomic.Int64

	mu      sync.Mutex
	name    string
	total   int64
	started time.Time
	spoke   time.Time
}

func (l *lines) Stage(name string, total int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish()
	l.name, l.total, l.started, l.spoke = name, total, l.now(), l.now()
	l.done.Store(0)
}

func (l *lines) Advance(done int64) {
	l.done.Add(done)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.name != "" && l.now().Sub(l.spoke) >= lineEvery {
		l.spoke = l.now()
		fmt.Fprintln(l.w, l.line())
	}
}

func (l *lines) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.finish()
}

func (l *lines) finish() {
	if l.name == "" {
		return
	}
	done, name := l.done.Load(), l.name
	l.name = ""
	if done == 0 && l.total == 0 {
		fmt.Fprintln(l.w, name)
		return
	}
	fmt.Fprintf(l.w, "%s: %s\n", name, thousands(done))
}

// line is "Restoring object entries: 1,200 of 5,000 (24 %), 98/s, 39s left".
func (l *lines) line() string {
	done := l.done.Load()
	elapsed := l.now().Sub(l.started).Seconds()
	rate := float64(done) / max(elapsed, 0.001)
	if l.total <= 0 {
		return fmt.Sprintf("%s: %s, %.0f/s", l.name, thousands(done), rate)
	}
	text := fmt.Sprintf("%s: %s of %s (%d %%), %.0f/s", l.name, thousands(done), thousands(l.total), 100*done/l.total, rate)
	if done > 0 && done < l.total {
		left := time.Duration(float64(l.total-done) / rate * float64(time.Second))
		text += ", " + left.Round(time.Second).String() + " left"
	}
	return text
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}
