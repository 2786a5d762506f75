// Command stowage backs up, restores and migrates schemas of Jira Assets. `stowage --help` lists what it can do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		// The first signal asks for a checkpoint and an orderly end, the second ends the process.
		<-signals
		stop(errStopped)
		<-signals
		os.Exit(exitStopped)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
