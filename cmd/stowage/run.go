package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"stowage/atlassian/connect"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/backup"
	"stowage/restore"
)

// The exit codes, documented in the README.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitPartial = 3
	exitStopped = 4
)

// errStopped is the cause of a context that a signal ended.
var errStopped = errors.New("stopped")

// commands is the grammar of the command line.
type commands struct {
	Backup   backupCmd   `cmd:"" help:"Back up one schema into a store."`
	Plan     planCmd     `cmd:"" help:"Show what a restore would do, and change nothing."`
	Restore  restoreCmd  `cmd:"" help:"Restore a backup into a new schema, on the same site or another."`
	Verify   verifyCmd   `cmd:"" help:"Read a backup back and check every byte of it."`
	Inspect  inspectCmd  `cmd:"" help:"List backups, or look into one."`
	Serve    serveCmd    `cmd:"" help:"Serve the app in Jira: pages, webhooks and runs."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database of the service to this version."`
	Audit    auditCmd    `cmd:"" help:"Look after the audit log of the service."`
	Simulate simulateCmd `cmd:"" help:"Serve a simulated Atlassian to try things against."`
	Demo     demoCmd     `cmd:"" help:"Open a small simulated Jira with the app installed."`
}

// app is what every command is given: where to write, what to read, and the context to obey.
type app struct {
	ctx    context.Context //nolint:containedctx // One app lives exactly as long as one command.
	env    func(string) string
	stdout io.Writer
	stderr io.Writer
}

// outcome is an error that chooses the exit code.
type outcome struct {
	code int
	err  error
}

func (o *outcome) Error() string { return o.err.Error() }
func (o *outcome) Unwrap() error { return o.err }

// usage makes an error of the command line itself.
func usage(format string, args ...any) error {
	return &outcome{exitUsage, fmt.Errorf(format, args...)}
}

// partial makes the error of a run that finished with something left undone.
func partial(format string, args ...any) error {
	return &outcome{exitPartial, fmt.Errorf(format, args...)}
}

// newParser makes the parser of the command line. exit is called when --help was printed.
func newParser(grammar *commands, stdout, stderr io.Writer, exit func(code int)) (*kong.Kong, error) {
	return kong.New(grammar,
		kong.Name("stowage"),
		kong.Description("Backup, restore and migration of Jira Assets.\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 4 stopped; the same command resumes."),
		kong.Vars{
			"profiles": strings.Join(gen.Profiles(), ", "), "features": features(), "phases": strings.Join(backup.LaterPhases(), ","),
			"sites": strings.Join(connect.DefaultSites(), ","),
		},
		kong.Writers(stdout, stderr),
		kong.Exit(exit),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.ValueFormatter(withDefault),
	)
}

// withDefault says of a flag what its value is unless it is given.
func withDefault(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.Flag == nil || v.Flag.PlaceHolder == "" || !v.HasDefault {
		return help
	}
	return strings.TrimSuffix(help, ".") + " (default: " + v.Default + ")."
}

// run is the whole program without the process around it. It returns the exit code.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	var grammar commands
	exited := -1
	parser, err := newParser(&grammar, stdout, stderr, func(code int) { exited = code })
	if err != nil {
		fmt.Fprintf(stderr, "stowage: %v\n", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		// --help has been printed.
		return exited
	}
	if err != nil {
		fmt.Fprintf(stderr, "stowage: %v. See stowage --help.\n", err)
		return exitUsage
	}
	err = parsed.Run(&app{ctx: ctx, env: env, stdout: stdout, stderr: stderr})
	return conclude(ctx, err, stderr)
}

// conclude tells the user how it ended, in one sentence, and returns the exit code.
func conclude(ctx context.Context, err error, stderr io.Writer) int {
	if err == nil {
		return exitOK
	}
	if o, ok := errors.AsType[*outcome](err); ok {
		fmt.Fprintf(stderr, "stowage: %v\n", o.err)
		return o.code
	}
	stopped := errors.Is(context.Cause(ctx), errStopped)
	begun, resumable := errors.AsType[*interrupted](err)
	switch {
	case stopped && resumable:
		fmt.Fprintf(stderr, "stowage: stopped; what is done is kept, and the same command goes on with %s\n", begun.what)
	case stopped:
		fmt.Fprintln(stderr, "stowage: stopped before anything was changed")
	case resumable:
		fmt.Fprintf(stderr, "stowage: %v\nstowage: what is done is kept; when that is mended, the same command goes on with %s\n", begun.err, begun.what)
	default:
		fmt.Fprintf(stderr, "stowage: %v\n", err)
	}
	if stopped {
		return exitStopped
	}
	if errors.Is(err, restore.ErrOptions) {
		return exitUsage
	}
	return exitFailed
}

// interrupted is the error of a run that the same command resumes.
type interrupted struct {
	what string
	err  error
}

func (i *interrupted) Error() string { return i.err.Error() }
func (i *interrupted) Unwrap() error { return i.err }

// features lists what a simulated site can be told to lack.
func features() string {
	var names []string
	for _, f := range sim.Undocumented() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
