package models

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// process identifies the holder of a lease, so that another process of the same machine can see that it is gone.
type process struct {
	// machine is the same for processes that see each other's ids: one boot of one kernel and one pid namespace. It is
	// empty where that cannot be told; then only time ends a lease.
	machine string
	pid     int
	// started tells a process from a later one that was given the same id.
	started string
}

// self describes this process.
var self = sync.OnceValue(func() process {
	p := process{pid: os.Getpid()}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return p
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return p
	}
	_, started, ok := processStat(p.pid)
	if !ok {
		return p
	}
	p.machine, p.started = strings.TrimSpace(string(boot))+"/"+namespace, started
	return p
})

// String is the form kept in the row: pid, start and machine.
func (p process) String() string {
	return strconv.Itoa(p.pid) + " " + p.started + " " + p.machine
}

func parseProcess(text string) process {
	var p process
	parts := strings.SplitN(text, " ", 3)
	p.pid, _ = strconv.Atoi(parts[0])
	if len(parts) == 3 {
		p.started, p.machine = parts[1], parts[2]
	}
	return p
}

// gone says that the process certainly runs no more. False means that it may be running.
func (p process) gone() bool {
	if p.pid <= 0 || p.machine == "" || p.machine != self().machine {
		return false
	}
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return false
	}
	err = handle.Signal(syscall.Signal(0))
	_ = handle.Release()
	if errors.Is(err, os.ErrProcessDone) || errors.Is(err, syscall.ESRCH) {
		return true
	}
	state, started, ok := processStat(p.pid)
	return ok && (state == "Z" || started != p.started)
}

// processStat reads the state of a process and the tick of the clock at which it started.
func processStat(pid int) (state, started string, ok bool) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", "", false
	}
	// The name of the program stands in brackets and may hold anything; the fields after it are plain.
	end := strings.LastIndexByte(string(raw), ')')
	if end < 0 {
		return "", "", false
	}
	fields := strings.Fields(string(raw[end+1:]))
	if len(fields) < 20 {
		return "", "", false
	}
	return fields[0], fields[19], true // fields 3 and 22 of proc(5)
}
