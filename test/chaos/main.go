package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Exit codes.
const (
	exitOK     = 0
	exitMissed = 1
	exitUsage  = 2
)

// bench is what every scenario is given.
type bench struct {
	binary string
	dir    string
	root   string
	seed   uint64
	kills  int
	quick  bool
	log    io.Writer
}

// note tells how a scenario gets on.
func (b *bench) note(format string, args ...any) {
	fmt.Fprintf(b.log, format+"\n", args...)
}

// folder makes a folder of the bench.
func (b *bench) folder(name string) (string, error) {
	return os.MkdirTemp(b.dir, name+"-")
}

// row is one line of the table.
type row struct {
	id, done, result, bar string
	met                   bool
}

// scenario is one row of what good means, or several.
type scenario struct {
	id  string
	run func(ctx context.Context, b *bench) ([]row, error)
}

func scenarios() []scenario {
	return []scenario{
		{"R1", kills},
		{"R2", everyCall},
		{"R3", storm},
		{"R6", damage},
		{"R7", moving},
		{"R8", full},
		{"R9", versions},
		{"R10", twice},
	}
}

// run is the whole program without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "rows to run, such as R1,R3; all where it is empty")
	seed := flags.Uint64("seed", 1, "seed of the data and of the faults")
	count := flags.Int("kills", 200, "how often R1 kills a process at the least")
	quick := flags.Bool("quick", false, "sample where everything is tried otherwise")
	markdown := flags.Bool("markdown", false, "print the table as Markdown")
	binary := flags.String("binary", filepath.Join("bin", "stowage"), "the program to run")
	fixture := flags.Bool("write-fixture", false, "write the store of the current format version into testdata, where there is none yet")
	keep := flags.Bool("keep", false, "keep the working folder")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	chosen, err := choose(*only)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	if err == nil && *count < 1 {
		err = errors.New("--kills must be at least 1")
	}
	if err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return exitUsage
	}
	b := &bench{seed: *seed, kills: *count, quick: *quick, log: stderr}
	clean, err := b.prepare(*binary)
	if err != nil {
		fmt.Fprintf(stderr, "chaos: %v\n", err)
		return exitMissed
	}
	if *keep {
		fmt.Fprintf(stderr, "Working in %s.\n", b.dir)
	} else {
		defer clean()
	}
	if *fixture {
		if err := writeFixture(ctx, b); err != nil {
			fmt.Fprintf(stderr, "chaos: %v\n", err)
			return exitMissed
		}
		return exitOK
	}
	rows, missed := b.runAll(ctx, chosen)
	if *markdown {
		printMarkdown(stdout, rows)
	} else {
		printTable(stdout, rows)
	}
	if missed {
		return exitMissed
	}
	return exitOK
}

// choose picks the scenarios.
func choose(only string) ([]scenario, error) {
	all := scenarios()
	if only == "" {
		return all, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(all, func(s scenario) bool { return strings.EqualFold(s.id, strings.TrimSpace(name)) })
		if i < 0 {
			return nil, fmt.Errorf("--only: there is no row %q", name)
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// prepare makes the working folder and copies the binary into it, so that the one under test stays the same whatever is
// built meanwhile.
func (b *bench) prepare(binary string) (clean func(), err error) {
	if b.root, err = os.Getwd(); err != nil {
		return nil, err
	}
	if b.dir, err = os.MkdirTemp("", "stowage-chaos-"); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(binary) //nolint:gosec // Whoever runs the tests names the program.
	if err != nil {
		return nil, fmt.Errorf("the program to test: %w; make build builds it", err)
	}
	b.binary = filepath.Join(b.dir, "stowage")
	if err := os.WriteFile(b.binary, program, 0o700); err != nil { //nolint:gosec // It is to be run.
		return nil, err
	}
	return func() {
		if err := os.RemoveAll(b.dir); err != nil {
			b.note("chaos: %v", err)
		}
	}, nil
}

// runAll runs the scenarios one after the other.
func (b *bench) runAll(ctx context.Context, chosen []scenario) (rows []row, missed bool) {
	for _, s := range chosen {
		if ctx.Err() != nil {
			rows = append(rows, row{id: s.id, done: "not run", result: "stopped"})
			missed = true
			continue
		}
		b.note("%s …", s.id)
		begun := time.Now()
		got, err := s.run(ctx, b)
		if err != nil {
			got = append(got, row{id: s.id, done: "the scenario itself", result: err.Error(), bar: "runs"})
		}
		for i := range got {
			got[i].id = s.id
			missed = missed || !got[i].met
		}
		rows = append(rows, got...)
		b.note("%s took %s.", s.id, time.Since(begun).Round(time.Second))
	}
	return rows, missed
}
