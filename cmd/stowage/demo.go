package main

import (
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/limit"
)

// demoCmd shows the product without anything that has to be set up first.
type demoCmd struct {
	Terminal bool   `help:"Show the command line at work instead of the app in a browser."`
	Once     bool   `help:"With --terminal: end when everything is shown, instead of leaving the simulated sites open."`
	Objects  int    `help:"Number of objects in the largest schema." default:"5000" placeholder:"N"`
	Seed     uint64 `help:"Seed of the data." default:"1" placeholder:"N"`
	Limits   string `help:"Rate limits of the simulated sites: documented, off, or xN for N times the documented ones." default:"off" placeholder:"LIMITS"`
	Faults   string `help:"File with a plan of faults of the simulated sites, as JSON." placeholder:"FILE"`
	Addr     string `help:"Address of the simulated sites; a free one is taken when it is in use." default:"127.0.0.1:9090" placeholder:"HOST:PORT"`
	AppAddr  string `name:"app-addr" help:"Address of the app; a free one is taken when it is in use." default:"127.0.0.1:9091" placeholder:"HOST:PORT"`
	Data     string `help:"Directory to keep the app's data in (default: a temporary one, removed at the end)." placeholder:"DIR"`
	NoOpen   bool   `help:"Do not open a browser."`
	JSON     bool   `name:"json" help:"Write the addresses as one JSON object on the first line of standard output."`
	Verbose  bool   `help:"Write the log of the app to standard error."`
}

// Run implements the command.
func (c *demoCmd) Run(a *app) error {
	if c.Objects < 1 {
		return usage("--objects must be at least 1")
	}
	if c.Terminal {
		if c.Data != "" || c.NoOpen || c.JSON || c.Verbose {
			return usage("--data, --no-open, --json and --verbose belong to the demo in a browser, without --terminal")
		}
		return c.inTerminal(a)
	}
	if c.Once {
		return usage("--once belongs to --terminal")
	}
	return c.inBrowser(a)
}

// simulated makes the two sites, acme with the largest schema and globex with none.
func (c *demoCmd) simulated() (*sim.Sim, error) {
	build := simulateCmd{Sites: []string{"acme", "globex"}, Profile: []string{gen.ITSM}, Objects: c.Objects, Seed: c.Seed, Faults: c.Faults}
	limits, err := limit.Parse(c.Limits)
	if err != nil {
		return nil, usage("--limits: %w", err)
	}
	plan, err := build.plan()
	if err != nil {
		return nil, err
	}
	return build.build(limits, plan)
}
