// Package service tests the whole service: the built program as processes of its own, on SQLite with the Redis inside it and
// on a real Postgres with a real Redis, against simulated sites on which the app is installed. The processes are killed,
// stopped and cut off from what they need, and the sites are looked into afterwards.
package service

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"stowage/test/rig"
)

// kills is how often each kind of run is killed; the figures in docs/BENCHMARKS.md are taken with 200 in all.
var kills = flag.Int("kills", 4, "how often runs of each kind are killed, on each kind of database")

// outage is how long Redis and the database are away; the figures in docs/BENCHMARKS.md are taken with 30 s.
var outage = flag.Duration("outage", 3*time.Second, "how long Redis and the database are away in the middle of a restore")

// binary is the program under test.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	// These tests wait more than they work, so that more of them than there are processors go on at the same time.
	if most := flag.Lookup("test.parallel"); most.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := most.Value.Set("8"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	dir, err := os.MkdirTemp("", "stowage-service-")
	if err == nil {
		binary, err = rig.BuildService(context.Background(), dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(filepath.Clean(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}
