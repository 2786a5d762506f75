// Package runstate is the state machine of a run: which states there are, what may happen in each, and where it leads.
// It is one table; whoever changes the state of a run asks it, and docs/STATES.md is drawn from it.
package runstate

import (
	"fmt"
	"slices"
)

// State says where a run stands.
type State string

// The states of a run.
const (
	// Queued runs wait for a worker.
	Queued State = "queued"
	// Running runs are worked on by the holder of their lease.
	Running State = "running"
	// Stopping runs are still worked on, by somebody who has been asked to stop.
	Stopping State = "stopping"
	// Stopped runs were interrupted; the same command goes on with them.
	Stopped State = "stopped"
	// Terminated runs were stopped by a user. They end there unless somebody asks to resume them.
	Terminated State = "terminated"
	// Succeeded runs did all they were to do.
	Succeeded State = "succeeded"
	// Partial runs came to their end, and some items failed.
	Partial State = "partial"
	// Failed runs came to no good end.
	Failed State = "failed"
)

// Event is what happens to a run.
type Event string

// The events in the life of a run.
const (
	// Claim takes the lease: of a run that waits, or of one whose holder is gone.
	Claim Event = "claim"
	// Requeue gives the lease back before the work is done: the slice ended, the site throttles, the process stops.
	Requeue Event = "requeue"
	// Stop is a user's wish that the run ends.
	Stop Event = "stop"
	// Succeed ends a run that did everything. A run that was asked to stop may have come to its end meanwhile.
	Succeed Event = "succeed"
	// SucceedPartly ends a run of which some items failed.
	SucceedPartly Event = "succeed partly"
	// Fail ends a run that cannot go on.
	Fail Event = "fail"
	// Terminate ends a run that was asked to stop.
	Terminate Event = "terminate"
	// Interrupt leaves a run to the same command.
	Interrupt Event = "interrupt"
	// Resume queues a run again that had ended early.
	Resume Event = "resume"
	// Reopen makes a finished run available to the same command again, with what it remembers.
	Reopen Event = "reopen"
)

// Change is one line of the table.
type Change struct {
	From  State
	Event Event
	To    State
}

// table holds every change there is. What is not in it is refused.
var table = []Change{
	{Queued, Claim, Running},
	{Queued, Stop, Terminated},

	{Running, Claim, Running},
	{Running, Requeue, Queued},
	{Running, Stop, Stopping},
	{Running, Succeed, Succeeded},
	{Running, SucceedPartly, Partial},
	{Running, Fail, Failed},
	{Running, Terminate, Terminated},
	{Running, Interrupt, Stopped},

	{Stopping, Claim, Stopping},
	{Stopping, Succeed, Succeeded},
	{Stopping, SucceedPartly, Partial},
	{Stopping, Fail, Failed},
	{Stopping, Terminate, Terminated},
	{Stopping, Interrupt, Terminated},

	{Stopped, Claim, Running},
	{Stopped, Stop, Terminated},
	{Stopped, Resume, Queued},

	{Terminated, Resume, Queued},

	{Succeeded, Reopen, Stopped},

	{Partial, Reopen, Stopped},

	{Failed, Resume, Queued},
}

// IllegalError says that an event may not happen in a state.
type IllegalError struct {
	State State
	Event Event
}

// Error names both.
func (e *IllegalError) Error() string {
	return fmt.Sprintf("a run that is %s cannot %s", e.State, e.Event)
}

// Next is the state an event leads to. It fails with an *IllegalError for an event that may not happen.
func Next(s State, e Event) (State, error) {
	for _, c := range table {
		if c.From == s && c.Event == e {
			return c.To, nil
		}
	}
	return "", &IllegalError{State: s, Event: e}
}

// From lists the states in which an event may happen.
func From(e Event) []State {
	var states []State
	for _, c := range table {
		if c.Event == e {
			states = append(states, c.From)
		}
	}
	return states
}

// Changes lists the whole table.
func Changes() []Change { return slices.Clone(table) }

// States lists every state, in the order of a run's life.
func States() []State {
	return []State{Queued, Running, Stopping, Stopped, Terminated, Succeeded, Partial, Failed}
}

// Final says whether a run in this state is at its end. Some of these can be resumed or reopened on request.
func (s State) Final() bool {
	switch s {
	case Terminated, Succeeded, Partial, Failed:
		return true
	case Queued, Running, Stopping, Stopped:
	}
	return false
}

// Leased says whether somebody works on a run in this state, or did when its process died.
func (s State) Leased() bool { return s == Running || s == Stopping }
