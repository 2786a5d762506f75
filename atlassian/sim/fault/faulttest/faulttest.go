// Package faulttest holds tests to the faults they plan.
package faulttest

import (
	"testing"

	"stowage/atlassian/sim/fault"
)

// Plan makes a plan of rules and fails the test at its end if a rule has hit
// nothing: a test that plans a fault which never happens proves less than it says.
func Plan(tb testing.TB, seed uint64, rules ...fault.Rule) *fault.Plan {
	tb.Helper()
	p, err := fault.New(seed, rules...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		tb.Helper()
		// A test that was skipped has proved nothing, and says so itself.
		if !tb.Skipped() {
			AllHit(tb, p)
		}
	})
	return p
}

// AllHit fails the test for each rule of the plan that has hit nothing so far.
func AllHit(tb testing.TB, p *fault.Plan) {
	tb.Helper()
	for _, r := range p.Unhit() {
		tb.Errorf("planned fault was never hit: %s", r)
	}
}
