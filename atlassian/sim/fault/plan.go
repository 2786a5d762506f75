package fault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// A Plan is a list of faults with the count of what has happened to it. It may be
// used by many goroutines. A nil Plan has no faults.
type Plan struct {
	mu    sync.Mutex
	rules []*planned
}

// planned is a rule with its state.
type planned struct {
	Rule
	calls int
	hits  int
	coin  *rand.Rand
}

// New makes a plan of rules. The seed decides the coins of rules with a
// probability, so that two runs with the same calls have the same faults.
func New(seed uint64, rules ...Rule) (*Plan, error) {
	p := &Plan{}
	var errs []error
	for i, r := range rules {
		if err := r.validate(); err != nil {
			errs = append(errs, fmt.Errorf("fault plan: rule %d (%s): %w", i+1, r.Op, err))
		}
		p.rules = append(p.rules, &planned{
			Rule: r,
			coin: rand.New(rand.NewPCG(seed^r.Seed, uint64(i))),
		})
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return p, nil
}

// file is the form of a plan in a file.
type file struct {
	Seed  uint64 `json:"seed"`
	Rules []Rule `json:"rules"`
}

// Parse reads a plan from its JSON form. Unknown members, anything after the plan
// and a plan without rules are refused.
func Parse(data []byte) (*Plan, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	var f file
	if err := d.Decode(&f); err != nil {
		return nil, fmt.Errorf("fault plan: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("fault plan: something follows the plan")
	}
	if len(f.Rules) == 0 {
		return nil, errors.New("fault plan: it has no rules")
	}
	return New(f.Seed, f.Rules...)
}

// Check refuses a plan with a rule that matches none of the known operations or
// names none of the known sites.
func (p *Plan) Check(ops, sites []string) error {
	if p == nil {
		return nil
	}
	var errs []error
	for i, r := range p.rules {
		if !slices.ContainsFunc(ops, r.matchesOp) {
			errs = append(errs, fmt.Errorf("fault plan: rule %d: no operation is called %q", i+1, r.Op))
		}
		if r.Site != "" && !slices.Contains(sites, r.Site) {
			errs = append(errs, fmt.Errorf("fault plan: rule %d: no site is called %q", i+1, r.Site))
		}
	}
	return errors.Join(errs...)
}

// Rules answers the rules of the plan in their order.
func (p *Plan) Rules() []Rule {
	if p == nil {
		return nil
	}
	out := make([]Rule, len(p.rules))
	for i, r := range p.rules {
		out[i] = r.Rule
	}
	return out
}

// Hits answers how often each rule has hit, in the order of Rules.
func (p *Plan) Hits() []int {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]int, len(p.rules))
	for i, r := range p.rules {
		out[i] = r.hits
	}
	return out
}

// Unhit answers the rules that have hit nothing so far.
func (p *Plan) Unhit() []Rule {
	var out []Rule
	rules := p.Rules()
	for i, n := range p.Hits() {
		if n == 0 {
			out = append(out, rules[i])
		}
	}
	return out
}

// A strike is a rule that hits a call.
type strike struct {
	*Rule
	seed uint64 // decides which objects a mutation changes
}

// next counts one call and answers the rules that hit it: any number that let it
// go on, and at most one that ends it, which then stands last.
func (p *Plan) next(site, op string) []strike {
	p.mu.Lock()
	defer p.mu.Unlock()
	var hit []strike
	var end *planned
	for _, r := range p.rules {
		if r.Site != "" && r.Site != site || !r.matchesOp(op) {
			continue
		}
		r.calls++
		if !r.chooses() || end != nil && r.ends() {
			continue
		}
		r.hits++
		if r.ends() {
			end = r
			continue
		}
		s := strike{Rule: &r.Rule}
		if r.Mutate > 0 {
			s.seed = r.coin.Uint64()
		}
		hit = append(hit, s)
	}
	if end != nil {
		hit = append(hit, strike{Rule: &end.Rule})
	}
	return hit
}

// chooses decides about the call that has just been counted.
func (r *planned) chooses() bool {
	if r.Nth > 0 {
		return r.calls == r.Nth
	}
	// The coin is thrown for every call, so that what it says about a call does
	// not depend on the other members of the rule.
	coin := r.Probability == 0 || r.coin.Float64() < r.Probability
	switch {
	case r.calls < r.From, r.To > 0 && r.calls > r.To, r.Times > 0 && r.hits >= r.Times:
		return false
	case r.Every > 0:
		return r.calls%r.Every == 0
	}
	return coin
}

func (r *Rule) matchesOp(op string) bool { return glob(r.Op, op) }

// glob matches a text with a pattern in which a star stands for any text.
func glob(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, head)
	if !ok {
		return false
	}
	for {
		head, more, star := strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(text, head)
		}
		i := strings.Index(text, head)
		if i < 0 {
			return false
		}
		text, rest = text[i+len(head):], more
	}
}
