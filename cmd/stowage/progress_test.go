package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

func TestBarsEndWhateverBecameOfTheirStages(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	b := &bars{container: mpb.New(mpb.WithOutput(&out), mpb.WithWidth(40), mpb.WithAutoRefresh())}
	b.Stage("unknown", 0)
	b.Stage("short", 10)
	b.Advance(3)
	b.Stage("whole", 2)
	b.Advance(2)
	b.Stage("too much", 2)
	b.Advance(5)
	b.Stage("nothing", 4)
	b.Close()
	for _, name := range []string{"unknown", "short", "whole", "too much", "nothing"} {
		if !strings.Contains(out.String(), name) {
			t.Errorf("%s is not shown", name)
		}
	}
}

func TestLinesTellHowFarAStageIs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	now := time.Unix(0, 0)
	l := &lines{w: &out, now: func() time.Time { return now }}
	l.Stage("Objects", 5000)
	now = now.Add(time.Second)
	l.Advance(100)
	now = now.Add(9 * time.Second)
	l.Advance(1100)
	l.Stage("Rest", 0)
	now = now.Add(6 * time.Second)
	l.Advance(60)
	l.Close()
	want := "Objects: 1,200 of 5,000 (24 %), 120/s, 32s left\nObjects: 1,200\nRest: 60, 10/s\nRest: 60\n"
	if out.String() != want {
		t.Errorf("%q instead of %q", out.String(), want)
	}
}

func TestNumbersForPeople(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d) is %q instead of %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 722_800: "722.8 kB", 3_500_000_000: "3.5 GB"} {
		if got := size(n); got != want {
			t.Errorf("size(%d) is %q instead of %q", n, got, want)
		}
	}
	if got := string(oneLine([]byte("a\x1b[31mb\nc\u0085d"))); strings.ContainsAny(got, "\x1b\n\u0085") {
		t.Errorf("a foreign text can steer the terminal: %q", got)
	}
}
