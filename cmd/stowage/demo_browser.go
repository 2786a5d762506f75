package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/term"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/host"
	"stowage/cmd/stowage/service"
)

// The shares of the smaller schemas of the demo in the size of the largest.
const (
	shareOfHR         = 10
	shareOfFacilities = 5
)

// inBrowser runs simulated sites and the service beside each other, with the app installed on both sites.
func (c *demoCmd) inBrowser(a *app) (err error) {
	s, err := c.sites()
	if err != nil {
		return err
	}
	jira, err := host.New(s, host.Options{})
	if err != nil {
		return err
	}
	web, err := serveAnywhere(a.ctx, c.Addr, jira)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.close(a.ctx)) }()
	if err := jira.SetBaseURL(web.base); err != nil {
		return err
	}
	dir, clean, err := c.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, clean()) }()
	app, err := c.service(a, jira, dir)
	if err != nil {
		return explainFull(err)
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	base := "http://" + app.Addr()
	for _, site := range jira.Sites() {
		if _, err := site.Install(a.ctx, base+"/atlassian-connect.json"); err != nil {
			return fmt.Errorf("install the app on %s: %w", site.Name(), err)
		}
	}
	if err := c.announce(a, s, jira, web.base, base); err != nil {
		return err
	}
	select {
	case <-app.Done():
		return app.Err()
	case err := <-web.done:
		return fmt.Errorf("serve the simulated sites: %w", err)
	case <-a.ctx.Done():
		return nil
	}
}

// sites makes acme, with three schemas, and globex, with none.
func (c *demoCmd) sites() (*sim.Sim, error) {
	s, err := c.simulated()
	if err != nil {
		return nil, err
	}
	for name, share := range map[string]int{gen.HR: shareOfHR, gen.Facilities: shareOfFacilities} {
		if _, err := gen.Fill(s.Site("acme").World(), gen.Profile{Name: name}, max(c.Objects/share, 1), c.Seed); err != nil {
			return nil, fmt.Errorf("fill the site: %w", err)
		}
	}
	return s, nil
}

// directory is where the app keeps its data.
func (c *demoCmd) directory() (dir string, clean func() error, err error) {
	if c.Data != "" {
		dir, err = filepath.Abs(c.Data)
		return dir, func() error { return nil }, err
	}
	dir, err = os.MkdirTemp("", "stowage-demo-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// service starts the app beside the simulated sites.
func (c *demoCmd) service(a *app, jira *host.Host, dir string) (*service.Service, error) {
	log := slog.New(slog.DiscardHandler)
	if c.Verbose {
		log = slog.New(slog.NewTextHandler(a.stderr, nil))
	}
	key, _, err := masterKey(filepath.Join(dir, "key"), dir, func(string) string { return "" }, true)
	if err != nil {
		return nil, err
	}
	cfg := service.Config{
		Role: service.RoleAll, Database: service.Database{Path: filepath.Join(dir, "stowage.db")}, Store: filepath.Join(dir, "store"),
		Master: key, Slots: 4, Grace: 30 * 24 * time.Hour, StorageLabel: "This demo's own folder",
		ConnectKeys: jira.KeysURL(), ConnectScript: jira.ScriptURL(), Migrate: true, AllowLoopback: true, Version: version(), Log: log,
	}
	// The app has to know its own address before it starts.
	if cfg.Listener, err = listenAnywhere(a.ctx, c.AppAddr); err != nil {
		return nil, err
	}
	cfg.BaseURL = "http://" + cfg.Listener.Addr().String()
	s, err := service.Start(a.ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, cfg.Listener.Close())
	}
	return s, nil
}

// listenAnywhere listens on addr, or on any free port of this machine where that is in use.
func listenAnywhere(ctx context.Context, addr string) (net.Listener, error) {
	hostName, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, usage("--app-addr %s: write it as 127.0.0.1:9091", addr)
	}
	if ip := net.ParseIP(hostName); hostName != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usage("--app-addr %s: the demo listens on loopback addresses only", addr)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(hostName, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("listen for the app: %w", err)
	}
	return listener, nil
}

// demoSite is a site of the demo as it is announced as JSON.
type demoSite struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	Email       string `json:"email"`
	Token       string `json:"token"`
	WorkspaceID string `json:"workspaceId"`
}

// announce says where everything is, and opens a browser where there is a screen.
func (c *demoCmd) announce(a *app, s *sim.Sim, jira *host.Host, base, app string) error {
	var sites []demoSite
	for _, site := range jira.Sites() {
		info := s.Site(site.Name()).Info(base)
		sites = append(sites, demoSite{site.Name(), site.Address(), info.Email, info.Token, info.WorkspaceID})
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"sim": base, "app": app, "sites": sites})
	}
	fmt.Fprintf(a.stdout, "A small Jira is open at %s. Stowage is installed there: choose it in the Apps menu.\n", sites[0].URL)
	fmt.Fprintln(a.stdout, "Its set-up asks for an account of the site; these are simulated:")
	for _, site := range sites {
		fmt.Fprintf(a.stdout, "\n  %s  %s\n    e-mail     %s\n    API token  %s\n    workspace  %s\n", site.Name, site.URL, site.Email, site.Token, site.WorkspaceID)
	}
	fmt.Fprintln(a.stdout, "\nCtrl-C ends the demo.")
	if !c.NoOpen {
		openBrowser(a.ctx, sites[0].URL)
	}
	return nil
}

// openBrowser shows an address where somebody sits in front of the screen. That it could not is no error: the address was
// printed.
func openBrowser(ctx context.Context, address string) {
	if !term.IsTerminal(int(os.Stdout.Fd())) {
		return
	}
	program := "xdg-open"
	switch {
	case runtime.GOOS == "darwin":
		program = "open"
	case runtime.GOOS != "linux" || os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return
	}
	_ = exec.CommandContext(ctx, program, address).Start() //nolint:gosec // The address is our own.
}
