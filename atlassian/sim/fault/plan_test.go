package fault_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/atlassian/sim/fault"
)

// calls makes n calls of an operation and answers the numbers of those that were
// refused.
func calls(t *testing.T, p *fault.Plan, site, op string, n int) []int {
	t.Helper()
	h := p.WrapSite(site, fault.Hooks{}, func(*http.Request) string { return op },
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	var hit []int
	for i := range n {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody))
		if w.Code != http.StatusOK {
			hit = append(hit, i+1)
		}
	}
	return hit
}

func plan(t *testing.T, rules ...fault.Rule) *fault.Plan {
	t.Helper()
	p, err := fault.New(7, rules...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestARuleHitsTheCallsItNames(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		rule fault.Rule
		want []int
	}{
		"the nth call":               {fault.Rule{Nth: 3}, []int{3}},
		"every so many":              {fault.Rule{Every: 4}, []int{4, 8}},
		"every so many, within":      {fault.Rule{Every: 2, From: 3, To: 7}, []int{4, 6}},
		"from one number to another": {fault.Rule{From: 2, To: 4}, []int{2, 3, 4}},
		"from one number on":         {fault.Rule{From: 9}, []int{9, 10}},
		"so many times":              {fault.Rule{From: 2, Times: 2}, []int{2, 3}},
		"every call":                 {fault.Rule{}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}},
		"certainly":                  {fault.Rule{Probability: 1, To: 2}, []int{1, 2}},
		"another operation":          {fault.Rule{Op: "GET /object/create"}, nil},
		"a longer route":             {fault.Rule{Op: "POST /object"}, nil},
		"any method":                 {fault.Rule{Op: "* /object/create", Nth: 1}, []int{1}},
		"any route":                  {fault.Rule{Op: "POST /object/*", Nth: 1}, []int{1}},
		"several stars":              {fault.Rule{Op: "P* /*/cr*te", Nth: 1}, nil}, // refused, see below
		"stars that do not match":    {fault.Rule{Op: "* /*/object", Nth: 1}, nil},
		"anything":                   {fault.Rule{Op: "*", Nth: 1}, []int{1}},
		"another site":               {fault.Rule{Site: "globex"}, nil},
		"this site":                  {fault.Rule{Site: "acme", Nth: 2}, []int{2}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if name == "several stars" {
				tc.rule.Op, tc.want = "* /*/cr*te", []int{1}
			}
			if tc.rule.Op == "" {
				tc.rule.Op = "POST /object/create"
			}
			tc.rule.Status = 500
			p := plan(t, tc.rule)
			if diff := cmp.Diff(tc.want, calls(t, p, "acme", "POST /object/create", 10)); diff != "" {
				t.Errorf("calls hit (-want +got):\n%s", diff)
			}
			if got, want := p.Hits()[0], len(tc.want); got != want {
				t.Errorf("%d hits counted, want %d", got, want)
			}
			if got, want := len(p.Unhit()) == 1, len(tc.want) == 0; got != want {
				t.Errorf("unhit: %v, want %v", got, want)
			}
		})
	}
}

func TestACoinFallsTheSameForTheSameSeed(t *testing.T) {
	t.Parallel()
	flip := func(seed, own uint64) []int {
		p, err := fault.New(seed, fault.Rule{Op: "*", Probability: 0.05, Seed: own, Status: 500})
		if err != nil {
			t.Fatal(err)
		}
		return calls(t, p, "", "GET /x", 10_000)
	}
	first := flip(1, 2)
	if diff := cmp.Diff(first, flip(1, 2)); diff != "" {
		t.Errorf("the same seeds chose other calls:\n%s", diff)
	}
	if n := len(first); n < 400 || n > 600 {
		t.Errorf("a probability of 5 %% hit %d of 10000 calls", n)
	}
	if cmp.Equal(first, flip(2, 2)) || cmp.Equal(first, flip(1, 3)) {
		t.Error("another seed chose the same calls")
	}
}

func TestTheFirstRuleThatEndsACallHasIt(t *testing.T) {
	t.Parallel()
	p := plan(t,
		fault.Rule{Op: "*", Nth: 2, Status: 500},
		fault.Rule{Op: "*", Nth: 2, Status: 501},
		fault.Rule{Op: "*", Every: 2, Reset: fault.Before, To: 3})
	h := p.Wrap(func(*http.Request) string { return "GET /x" }, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for n, want := range []int{200, 500, 200} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		if w.Code != want {
			t.Errorf("call %d: status %d, want %d", n+1, w.Code, want)
		}
	}
	if diff := cmp.Diff([]int{1, 0, 0}, p.Hits()); diff != "" {
		t.Errorf("hits (-want +got):\n%s", diff)
	}
}

func TestAPlanIsReadFromAFile(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	p, err := fault.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	// Writing the rules gives the file again, so that no member is lost in between.
	var want, got any
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"seed": 7, "rules": p.Rules()})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-file +plan):\n%s", diff)
	}
	if err := p.Check([]string{"POST /object/create", "POST /object/aql", "GET /objectschema/{id}"}, []string{"acme"}); err != nil {
		t.Errorf("check: %v", err)
	}
	err = p.Check([]string{"POST /object/create"}, []string{"globex"})
	for _, want := range []string{`no operation is called "POST /object/aql"`, `no site is called "acme"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check = %v, want %s", err, want)
		}
	}
}

func TestAPlanThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"not JSON":                         `{`,
		"no rules":                         `{}`,
		"something after the plan":         `{"rules":[{"op":"*","status":500}]} {}`,
		"an unknown member of the plan":    `{"rulez":[]}`,
		"an unknown member of a rule":      `{"rules":[{"op":"*","status":500,"nht":3}]}`,
		"no operation":                     `{"rules":[{"status":500}]}`,
		"a route without method":           `{"rules":[{"op":"/object/create","status":500}]}`,
		"an unknown method":                `{"rules":[{"op":"FETCH /object/create","status":500}]}`,
		"no action":                        `{"rules":[{"op":"*","nth":1}]}`,
		"a negative number of a call":      `{"rules":[{"op":"*","nth":-1,"status":500}]}`,
		"nth and every":                    `{"rules":[{"op":"*","nth":1,"every":2,"status":500}]}`,
		"an empty range":                   `{"rules":[{"op":"*","from":5,"to":4,"status":500}]}`,
		"no multiple in the range":         `{"rules":[{"op":"*","every":10,"from":11,"to":19,"status":500}]}`,
		"a probability above 1":            `{"rules":[{"op":"*","probability":2,"status":500}]}`,
		"a probability below 0":            `{"rules":[{"op":"*","probability":-1,"status":500}]}`,
		"every and probability":            `{"rules":[{"op":"*","every":2,"probability":0.5,"status":500}]}`,
		"a seed without probability":       `{"rules":[{"op":"*","seed":2,"status":500}]}`,
		"two answers":                      `{"rules":[{"op":"*","status":500,"reset":"after"}]}`,
		"a status that is no failure":      `{"rules":[{"op":"*","status":200}]}`,
		"a body without status":            `{"rules":[{"op":"*","body":"x","delay":"1s"}]}`,
		"retryAfter of another status":     `{"rules":[{"op":"*","status":500,"retryAfter":1}]}`,
		"a negative retryAfter":            `{"rules":[{"op":"*","status":429,"retryAfter":-1}]}`,
		"a reason of another status":       `{"rules":[{"op":"*","status":500,"reason":"x"}]}`,
		"a reset at no known time":         `{"rules":[{"op":"*","reset":"during"}]}`,
		"a negative length":                `{"rules":[{"op":"*","truncate":-1}]}`,
		"a delay without unit":             `{"rules":[{"op":"*","delay":"5"}]}`,
		"a delay that is a number":         `{"rules":[{"op":"*","delay":5}]}`,
		"a negative delay":                 `{"rules":[{"op":"*","delay":"-5s"}]}`,
		"a delay after nothing":            `{"rules":[{"op":"*","status":500,"delayAfter":"5s"}]}`,
		"a share above 1":                  `{"rules":[{"op":"*","mutate":1.5}]}`,
		"a mutation of an unanswered call": `{"rules":[{"op":"*","mutate":0.5,"status":500}]}`,
	} {
		if p, err := fault.Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted as %v", name, p.Rules())
		} else if !strings.HasPrefix(err.Error(), "fault plan: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"rules":[{"op":"*","status":500,"every":3,"from":2,"to":7}]}`))
	f.Add([]byte(`{"seed":1,"rules":[{"op":"GET /x","probability":0.5,"seed":3,"truncate":4,"delay":"1s"}]}`))
	f.Add([]byte(`{"rules":[{"op":"* /*a*b*","times":2,"searchLag":"0s"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := fault.Parse(data)
		if err != nil {
			return
		}
		b, err := json.Marshal(map[string]any{"rules": p.Rules()})
		if err != nil {
			t.Fatal(err)
		}
		again, err := fault.Parse(b)
		if err != nil {
			t.Fatalf("what was read is refused when written: %v\n%s", err, b)
		}
		if diff := cmp.Diff(p.Rules(), again.Rules()); diff != "" {
			t.Fatalf("rules change when written and read:\n%s", diff)
		}
	})
}
