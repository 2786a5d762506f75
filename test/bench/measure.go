package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// measureCommand is the first argument with which this program runs another one and notes what it used.
//
// A process inherits the peak of the memory of the one that starts it, until it becomes another program, and on Linux the larger
// of the two is what is reported of it. So the program to measure is not started by this one, which holds simulated sites, but by
// a small process in between.
const measureCommand = "measure"

// used is what a program that ended has used.
type used struct {
	Exit    int     `json:"exit"`
	Peak    int64   `json:"peak"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"`
}

// waitForEnd is how long a program may take to end when it is asked to.
const waitForEnd = 30 * time.Second

// polite makes a command that is asked to end before it is made to.
func polite(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // To run the program it is given is what it is for.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = waitForEnd
	return cmd
}

// measure runs a program and writes what it used to a file: measure FILE PROGRAM [ARGUMENT…].
func measure(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) < 2 {
		return complain(stderr, 2, errors.New("measure FILE PROGRAM [ARGUMENT…]"))
	}
	cmd := polite(ctx, args[1], args[2:]...)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	begun := time.Now()
	err := cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		return complain(stderr, 1, err)
	}
	u := used{
		Exit: cmd.ProcessState.ExitCode(), Peak: peakMemory(cmd.ProcessState), Seconds: time.Since(begun).Seconds(),
		CPU: (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds(),
	}
	text, err := json.Marshal(u)
	if err == nil {
		err = os.WriteFile(args[0], text, 0o600) //nolint:gosec // The file is the one named by this program itself.
	}
	if err != nil {
		return complain(stderr, 1, err)
	}
	return 0
}
