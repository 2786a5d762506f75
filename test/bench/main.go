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
	"runtime/pprof"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// measurement takes some of the figures.
type measurement struct {
	rows []string
	take func(ctx context.Context, b *bench) ([]row, error)
}

// measurements are in the order in which they run. P6 comes first, while the heap of this process is small.
func measurements() []measurement {
	return []measurement{
		{[]string{"P6"}, takePipeline},
		{[]string{"P2"}, takeShare},
		{[]string{"P1", "P3", "P8"}, takeSchema},
		{[]string{"P7"}, takeMemory},
		{[]string{"P9"}, takeAPI},
		{[]string{"P10"}, takeFirstPage},
	}
}

// bench is one run of this program.
type bench struct {
	// scale multiplies the sizes, wanted are the rows to print.
	scale  float64
	wanted []string
	// binary is the stowage to measure, profiles a folder for profiles; either may be empty.
	binary   string
	profiles string
	// dir is removed when the run ends.
	dir string
	log *teller
}

// scaled is a size of the reference data, scaled.
func (b *bench) scaled(n int) int { return max(1000, int(float64(n)*b.scale)) }

// wants says whether a row is to be printed.
func (b *bench) wants(id string) bool { return len(b.wanted) == 0 || slices.Contains(b.wanted, id) }

// errUsage is in the chain of errors about the arguments.
var errUsage = errors.New("see --help")

// run is the whole program without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == measureCommand {
		return measure(ctx, args[1:], stdout, stderr)
	}
	err := measureAll(ctx, args, stdout, stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return complain(stderr, 2, err)
	}
	return complain(stderr, 1, err)
}

// complain says what is wrong and returns the exit code.
func complain(stderr io.Writer, code int, err error) int {
	if _, lost := fmt.Fprintf(stderr, "bench: %v\n", err); lost != nil {
		return max(1, code) // there is nobody left to tell
	}
	return code
}

// measureAll takes the figures that the arguments ask for and prints them.
func measureAll(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	b := &bench{log: newTeller(stderr)}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("only", "", "rows to measure, such as P1,P3; all by default")
	flags.Float64Var(&b.scale, "scale", 1, "multiplies the sizes, for a quick run whose figures mean little")
	markdown := flags.Bool("markdown", false, "print a Markdown table")
	asJSON := flags.Bool("json", false, "print JSON")
	flags.StringVar(&b.binary, "binary", "", "the stowage whose memory is measured; it is built by default")
	flags.StringVar(&b.profiles, "profiles", "", "folder for CPU profiles of the rows")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return err
		}
		return errors.Join(err, errUsage)
	}
	if flags.NArg() > 0 || b.scale <= 0 || b.scale > 1 || *markdown && *asJSON {
		return fmt.Errorf("no arguments are taken, the scale is above 0 and at most 1, and the table has one form: %w", errUsage)
	}
	if b.binary != "" {
		// It is started in folders of its own.
		if b.binary, err = filepath.Abs(b.binary); err != nil {
			return err
		}
	}
	known := measurements()
	if b.wanted, err = wanted(*only, known); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "stowage-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.dir)) }()
	t := newTable(b.scale)
	for _, m := range known {
		if !slices.ContainsFunc(m.rows, b.wants) {
			continue
		}
		rows, err := b.profiled(strings.Join(m.rows, "-"), func() ([]row, error) { return m.take(ctx, b) })
		if err != nil {
			return fmt.Errorf("%s: %w", strings.Join(m.rows, ", "), err)
		}
		t.add(slices.DeleteFunc(rows, func(r row) bool { return !b.wants(r.ID) })...)
	}
	switch {
	case *markdown:
		return t.markdown(stdout)
	case *asJSON:
		return t.json(stdout)
	}
	return t.text(stdout)
}

// wanted reads the list of rows. What it does not know it refuses.
func wanted(only string, known []measurement) ([]string, error) {
	if only == "" {
		return nil, nil
	}
	var all []string
	for _, m := range known {
		all = append(all, m.rows...)
	}
	slices.Sort(all)
	list := strings.Split(strings.ToUpper(only), ",")
	for _, id := range list {
		if !slices.Contains(all, id) {
			return nil, fmt.Errorf("--only: there is no row %q, there are %s: %w", id, strings.Join(all, ", "), errUsage)
		}
	}
	return list, nil
}

// profiled runs a measurement, with a CPU profile if one is wanted.
func (b *bench) profiled(name string, take func() ([]row, error)) (rows []row, err error) {
	if b.profiles == "" {
		return take()
	}
	if err := os.MkdirAll(b.profiles, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(b.profiles)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	f, err := root.Create(name + ".pprof")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	defer pprof.StopCPUProfile()
	return take()
}
