package main

// demoCmd shows the product without anything that has to be set up first.
type demoCmd struct {
	Terminal bool   `help:"Show the command line at work instead of the app in a browser."`
	Once     bool   `help:"With --terminal: end when everything is shown, instead of leaving the simulated sites open."`
	Objects  int    `help:"Number of objects in the largest schema." default:"5000" placeholder:"N"`
	Seed     uint64 `help:"Seed of the data." default:"1" placeholder:"N"`
	Addr     string `help:"Address of the simulated sites; a free one is taken when it is in use." default:"127.0.0.1:9090" placeholder:"HOST:PORT"`
}

// Run implements the command.
func (c *demoCmd) Run(a *app) error {
	if c.Objects < 1 {
		return usage("--objects must be at least 1")
	}
	return c.inTerminal(a)
}
