package main

// demoCmd shows the product without anything that has to be set up first.
type demoCmd struct {
	Terminal bool   `help:"Show the command line at work instead of the app in a browser."`
	Once     bool   `help:"With --terminal: end when everything is shown, instead of leaving the simulated sites open."`
	Objects  int    `help:"Number of objects in the largest schema." default:"5000" placeholder:"N"`
	Seed     uint64 `help:"Seed of the data." default:"1" placeholder:"N"`
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
		return c.inTerminal(a)
	}
	if c.Once {
		return usage("--once belongs to --terminal")
	}
	return c.inBrowser(a)
}
