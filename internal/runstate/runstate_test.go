package runstate_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/internal/runstate"
)

func TestTheTableNamesEachChangeOnceAndKnownStatesOnly(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range runstate.Changes() {
		key := fmt.Sprintf("%s when %s", c.Event, c.From)
		if seen[key] {
			t.Errorf("%s stands twice", key)
		}
		seen[key] = true
		if !slices.Contains(runstate.States(), c.From) || !slices.Contains(runstate.States(), c.To) {
			t.Errorf("%+v names a state that is not listed", c)
		}
		next, err := runstate.Next(c.From, c.Event)
		if err != nil || next != c.To {
			t.Errorf("%s leads to %s, %v, want %s", key, next, err, c.To)
		}
		if !slices.Contains(runstate.From(c.Event), c.From) {
			t.Errorf("%s may happen, and is not said to", key)
		}
	}
}

func TestWhatIsNotInTheTableIsRefused(t *testing.T) {
	t.Parallel()
	_, err := runstate.Next(runstate.Succeeded, runstate.Resume)
	illegal, ok := errors.AsType[*runstate.IllegalError](err)
	if !ok || illegal.State != runstate.Succeeded || illegal.Event != runstate.Resume {
		t.Errorf("resuming what succeeded: %v", err)
	}
	if got := runstate.From("dance"); len(got) != 0 {
		t.Errorf("an event that is not may happen in %v", got)
	}
}

func TestTheLifeOfARunHoldsTogether(t *testing.T) {
	t.Parallel()
	for _, s := range runstate.States() {
		var events []runstate.Event
		for _, c := range runstate.Changes() {
			if c.From == s {
				events = append(events, c.Event)
			}
		}
		switch {
		case len(events) == 0:
			t.Errorf("nothing leads out of %s", s)
		case s.Final() && slices.Contains(events, runstate.Claim):
			t.Errorf("%s is an end, and can be claimed", s)
		case !s.Final() && !slices.Contains(events, runstate.Claim):
			t.Errorf("%s is no end, and cannot be claimed: a run would be stuck there", s)
		case s.Leased() && !slices.Contains(events, runstate.Terminate):
			t.Errorf("a run that is %s cannot be ended by its holder", s)
		case !s.Final() && s != runstate.Stopping && !slices.Contains(events, runstate.Stop):
			t.Errorf("a run that is %s cannot be stopped", s)
		}
	}
}

// TestTheDrawingShowsTheTable draws the table anew and compares. With UPDATE=1 it writes the drawing.
func TestTheDrawingShowsTheTable(t *testing.T) {
	t.Parallel()
	const file = "../../docs/STATES.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- drawn from internal/runstate: begin -->\n", "<!-- drawn from internal/runstate: end -->"
	head, rest, ok := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the drawing", file)
	}
	want := head + begin + draw() + end + tail
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(file, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("%s shows another table; UPDATE=1 go test ./internal/runstate draws it anew (-table +drawing):\n%s", file, diff)
	}
}

func draw() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> queued\n")
	for _, c := range runstate.Changes() {
		fmt.Fprintf(&b, "    %s --> %s : %s\n", c.From, c.To, c.Event)
	}
	b.WriteString("```\n\n| state | event | next state |\n|---|---|---|\n")
	for _, c := range runstate.Changes() {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", c.From, c.Event, c.To)
	}
	return b.String()
}
