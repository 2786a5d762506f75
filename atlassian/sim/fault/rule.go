package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// When a reset happens.
const (
	// Before drops the connection before the operation is done.
	Before = "before"
	// After drops the connection when the operation is done.
	After = "after"
)

// A Rule is one planned fault. The package comment explains its members.
type Rule struct {
	Op   string `json:"op"`
	Site string `json:"site,omitempty"`

	Nth         int     `json:"nth,omitempty"`
	Every       int     `json:"every,omitempty"`
	From        int     `json:"from,omitempty"`
	To          int     `json:"to,omitempty"`
	Times       int     `json:"times,omitempty"`
	Probability float64 `json:"probability,omitempty"`
	// Seed decides the coin of this rule together with the seed of the plan.
	Seed uint64 `json:"seed,omitempty"`

	Status int    `json:"status,omitempty"`
	Body   string `json:"body,omitempty"`
	// RetryAfter is sent with a 429 or 503, in seconds.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Reason is sent with a 429 as RateLimit-Reason.
	Reason     string   `json:"reason,omitempty"`
	Reset      string   `json:"reset,omitempty"`
	Truncate   *int     `json:"truncate,omitempty"`
	Delay      Duration `json:"delay,omitempty"`
	DelayAfter Duration `json:"delayAfter,omitempty"`
	// SearchLag sets the lag of searches; zero takes it away again.
	SearchLag   *Duration `json:"searchLag,omitempty"`
	Mutate      float64   `json:"mutate,omitempty"`
	RevokeToken bool      `json:"revokeToken,omitempty"`
}

// A Duration is a time.Duration written as "1.5s" in a file.
type Duration time.Duration

// MarshalJSON writes the duration as text.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// UnmarshalJSON reads a duration written as text.
func (d *Duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("duration %s: want text such as \"1.5s\"", b)
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("duration %q: want a number with a unit, such as 1.5s", s)
	}
	*d = Duration(v)
	return nil
}

// String says the rule in one line.
func (r Rule) String() string {
	b, err := json.Marshal(r)
	if err != nil {
		return r.Op
	}
	return string(b)
}

// ends reports whether the rule keeps the handler's answer from the caller, so
// that no second rule can have the call.
func (r *Rule) ends() bool { return r.Status != 0 || r.Reset != "" || r.Truncate != nil }

func (r *Rule) acts() bool {
	return r.ends() || r.Delay != 0 || r.DelayAfter != 0 || r.SearchLag != nil || r.Mutate != 0 || r.RevokeToken
}

// validate refuses what could never hit, never act, or means two things at once.
func (r *Rule) validate() error {
	return errors.Join(r.validateOp(), r.validateCalls(), r.validateAnswer(), r.validateRest())
}

func (r *Rule) validateOp() error {
	if r.Op == "*" {
		return nil
	}
	method, route, ok := strings.Cut(r.Op, " ")
	switch {
	case r.Op == "":
		return errors.New("op is missing: name an operation such as \"POST /object/create\", or \"*\"")
	case !ok || !strings.HasPrefix(route, "/") && !strings.HasPrefix(route, "*"):
		return fmt.Errorf("op %q is not a method and a route such as \"POST /object/create\"", r.Op)
	}
	switch method {
	case "*", http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodHead:
		return nil
	}
	return fmt.Errorf("op %q begins with no known method", r.Op)
}

func (r *Rule) validateCalls() error {
	switch {
	case r.Nth < 0 || r.Every < 0 || r.From < 0 || r.To < 0 || r.Times < 0:
		return errors.New("nth, every, from, to and times count from 1")
	case r.Nth > 0 && (r.Every > 0 || r.From > 0 || r.To > 0 || r.Times > 0 || r.Probability != 0):
		return errors.New("nth names one call and goes with none of every, from, to, times and probability")
	case r.To > 0 && r.To < max(1, r.From):
		return fmt.Errorf("no call is from %d to %d", r.From, r.To)
	case r.Every > 0 && r.To > 0 && r.To/r.Every == (max(1, r.From)-1)/r.Every:
		return fmt.Errorf("no multiple of %d lies between call %d and call %d", r.Every, max(1, r.From), r.To)
	case !(r.Probability >= 0 && r.Probability <= 1):
		return errors.New("probability lies between 0 and 1")
	case r.Probability > 0 && r.Every > 0:
		return errors.New("every and probability choose calls in two ways; give one")
	case r.Seed != 0 && r.Probability == 0:
		return errors.New("seed means nothing without probability")
	}
	return nil
}

func (r *Rule) validateAnswer() error {
	answers := 0
	for _, given := range []bool{r.Status != 0, r.Reset != "", r.Truncate != nil} {
		if given {
			answers++
		}
	}
	switch {
	case answers > 1:
		return errors.New("status, reset and truncate end a call in different ways; give one")
	case r.Status != 0 && (r.Status < 400 || r.Status > 599):
		return fmt.Errorf("status %d is no failure; want 400 to 599", r.Status)
	case r.Body != "" && r.Status == 0:
		return errors.New("body means nothing without status")
	case r.RetryAfter < 0:
		return errors.New("retryAfter is a number of seconds")
	case r.RetryAfter > 0 && r.Status != http.StatusTooManyRequests && r.Status != http.StatusServiceUnavailable:
		return errors.New("retryAfter goes with status 429 or 503")
	case r.Reason != "" && r.Status != http.StatusTooManyRequests:
		return errors.New("reason goes with status 429")
	case r.Reset != "" && r.Reset != Before && r.Reset != After:
		return fmt.Errorf("reset %q: want before or after", r.Reset)
	case r.Truncate != nil && *r.Truncate < 0:
		return errors.New("truncate is a number of bytes")
	}
	return nil
}

func (r *Rule) validateRest() error {
	switch {
	case r.Delay < 0 || r.DelayAfter < 0 || r.SearchLag != nil && *r.SearchLag < 0:
		return errors.New("a duration is negative")
	case !(r.Mutate >= 0 && r.Mutate <= 1):
		return errors.New("mutate is a share between 0 and 1")
	case r.DelayAfter > 0 && (r.Status != 0 || r.Reset == Before):
		return errors.New("delayAfter needs the operation to be done, which status and reset before prevent")
	case r.Mutate > 0 && r.ends() || r.RevokeToken && r.ends():
		return errors.New("mutate and revokeToken let the call go on, so they stand in a rule without status, reset and truncate")
	case !r.acts():
		return errors.New("the rule does nothing: give status, reset, truncate, delay, delayAfter, searchLag, mutate or revokeToken")
	}
	return nil
}
