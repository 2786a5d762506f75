// Command stowage backs up, restores and migrates schemas of Jira Assets. `stowage --help` lists what it can do.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		// The first signal asks for a checkpoint and an orderly end, another one ends the process: if it is meant, and not the
		// same one that came by way of make or a supervisor as well.
		<-signals
		stop(errStopped)
		<-time.After(time.Second)
		for len(signals) > 0 {
			<-signals
		}
		<-signals
		os.Exit(exitStopped)
	}()
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
