package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/limit"
)

// simulateCmd serves a simulated Atlassian until it is stopped.
type simulateCmd struct {
	Addr    string   `help:"Address to listen on; only loopback addresses are accepted." default:"127.0.0.1:9090" placeholder:"HOST:PORT"`
	Sites   []string `help:"Names of the sites." default:"acme,globex" placeholder:"NAME"`
	Profile []string `help:"Data of the first site: ${profiles}; several separated by commas; none for no data." default:"itsm" placeholder:"NAME"`
	Objects int      `help:"Number of objects of each profile." default:"5000" placeholder:"N"`
	Seed    uint64   `help:"Seed of the data and of the faults: the same seed gives the same data." default:"1" placeholder:"N"`
	Limits  string   `help:"Rate limits: documented, off, or xN for N times the documented ones." default:"documented" placeholder:"LIMITS"`
	Faults  string   `help:"File with a plan of faults, as JSON." placeholder:"FILE"`
	Without []string `help:"Undocumented features that the sites lack: ${features}." placeholder:"NAME"`
	JSON    bool     `name:"json" help:"Write the sites as one JSON object on the first line of standard output."`
}

// Run implements the command.
func (c *simulateCmd) Run(a *app) error {
	limits, err := limit.Parse(c.Limits)
	if err != nil {
		return usage("--limits: %w", err)
	}
	plan, err := c.plan()
	if err != nil {
		return err
	}
	s, err := c.build(limits, plan)
	if err != nil {
		return err
	}
	server, err := serve(a.ctx, c.Addr, s)
	if err != nil {
		return err
	}
	if err := c.announce(a, server.base, s); err != nil {
		return err
	}
	if err := server.wait(a.ctx); err != nil {
		return err
	}
	if unhit := plan.Unhit(); len(unhit) > 0 {
		fmt.Fprintf(a.stderr, "stowage: %s of the plan never happened\n", counted(len(unhit), "fault"))
	}
	return nil
}

func (c *simulateCmd) plan() (*fault.Plan, error) {
	if c.Faults == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.Faults)
	if err != nil {
		return nil, usage("--faults: %w", err)
	}
	plan, err := fault.Parse(text)
	if err != nil {
		return nil, usage("--faults %s: %w", c.Faults, err)
	}
	return plan, nil
}

// build makes the sites and fills the first one. The others have people, and whatever the first one has not.
func (c *simulateCmd) build(limits limit.Options, plan *fault.Plan) (*sim.Sim, error) {
	if c.Objects < 0 {
		return nil, usage("--objects must not be negative")
	}
	options := sim.Options{Limits: limits, Faults: plan}
	var without []sim.Feature
	for _, name := range c.Without {
		if !slices.Contains(sim.Undocumented(), sim.Feature(name)) {
			return nil, usage("--without: unknown feature %q", name)
		}
		without = append(without, sim.Feature(name))
	}
	for _, name := range c.Sites {
		options.Sites = append(options.Sites, sim.SiteOptions{Name: name, Without: without})
	}
	s, err := sim.New(options)
	if err != nil {
		return nil, usage("%w", err)
	}
	for _, site := range s.Sites() {
		if err := gen.Site(site.World(), site.Name()); err != nil {
			return nil, err
		}
	}
	for _, name := range c.Profile {
		if name == "none" {
			continue
		}
		if !slices.Contains(gen.Profiles(), name) {
			return nil, usage("--profile: unknown profile %q; known are %s", name, strings.Join(gen.Profiles(), ", "))
		}
		if _, err := gen.Fill(s.Sites()[0].World(), gen.Profile{Name: name}, c.Objects, c.Seed); err != nil {
			return nil, fmt.Errorf("fill the site: %w", err)
		}
	}
	return s, nil
}

// announced is a site as it is announced as JSON.
type announced struct {
	sim.Info
	// ImportSources are external imports, one per schema: the API cannot make them.
	ImportSources []announcedImport `json:"importSources"`
}

type announcedImport struct {
	ID     string `json:"id"`
	Schema string `json:"schema"`
}

func (c *simulateCmd) announce(a *app, base string, s *sim.Sim) error {
	var infos []announced
	for _, site := range s.Sites() {
		info := announced{Info: site.Info(base), ImportSources: []announcedImport{}}
		for _, schema := range site.World().Schemas() {
			if !schema.CanManage {
				continue
			}
			id, err := site.CreateImportSource(sim.ImportSourceInput{Name: "External import", SchemaID: schema.ID})
			if err != nil {
				return err
			}
			info.ImportSources = append(info.ImportSources, announcedImport{ID: id, Schema: schema.Key})
		}
		infos = append(infos, info)
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"sites": infos})
	}
	fmt.Fprintf(a.stdout, "A simulated Atlassian is at %s (limits: %s). Ctrl-C stops it.\n", base, c.Limits)
	for _, info := range infos {
		fmt.Fprintf(a.stdout, "\n%s\n  --site %s --api %s --email %s\n  token %s\n", info.Name, info.BaseURL, info.APIBaseURL, info.Email, info.Token)
		for _, source := range info.ImportSources {
			fmt.Fprintf(a.stdout, "  import source %s of %s\n", source.ID, source.Schema)
		}
	}
	return nil
}

// server is an HTTP server on a loopback address.
type server struct {
	base string
	http *http.Server
	done chan error
}

// serve listens on a loopback address and answers with h.
func serve(ctx context.Context, addr string, h http.Handler) (*server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, usage("--addr %s: write it as 127.0.0.1:9090", addr)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usage("--addr %s: the simulator knows no secrets to keep and listens on loopback addresses only", addr)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	s := &server{
		base: "http://" + listener.Addr().String(),
		http: &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second},
		done: make(chan error, 1),
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

// serveAnywhere listens on addr, or on any free port of this machine where that is in use.
func serveAnywhere(ctx context.Context, addr string, h http.Handler) (*server, error) {
	s, err := serve(ctx, addr, h)
	if errors.Is(err, syscall.EADDRINUSE) {
		return serve(ctx, "127.0.0.1:0", h)
	}
	return s, err
}

// wait serves until the context ends.
func (s *server) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return s.close(ctx)
	case err := <-s.done:
		return err
	}
}

// close ends the server, giving answers under way a moment.
func (s *server) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	return err
}
