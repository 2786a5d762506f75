package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/host"
	"stowage/atlassian/sim/world"
	"stowage/internal/porttest"
)

// The names of the simulated sites. The schemas are in the first.
const (
	Source = "acme"
	Other  = "globex"
)

// SitesOptions describe the simulated sites.
type SitesOptions struct {
	// Names are the sites; Source and Other where there are none.
	Names []string
	// Objects is the size of the schema ITSM of the first site.
	Objects int
	Seed    uint64
	// Wrap, when set, stands in front of the sites.
	Wrap func(http.Handler) http.Handler
	Sim  sim.Options
	// Apps, when set, carries what the sites tell apps.
	Apps *http.Client
}

// Sites are two simulated sites with their small Jira, on a loopback port.
type Sites struct {
	Sim  *sim.Sim
	Host *host.Host
	Made gen.Report
	Base string

	handler http.Handler

	mu     sync.Mutex
	server *http.Server
	done   chan error
}

// NewSites makes and serves them.
func NewSites(ctx context.Context, o SitesOptions) (*Sites, error) {
	if o.Names == nil {
		o.Names = []string{Source, Other}
	}
	for _, name := range o.Names {
		o.Sim.Sites = append(o.Sim.Sites, sim.SiteOptions{Name: name})
	}
	s, err := sim.New(o.Sim)
	if err != nil {
		return nil, err
	}
	for _, site := range s.Sites() {
		if err := gen.Site(site.World(), site.Name()); err != nil {
			return nil, err
		}
	}
	made, err := gen.Fill(s.Sites()[0].World(), gen.Profile{Name: gen.ITSM, SchemaKey: "ITSM"}, o.Objects, o.Seed)
	if err != nil {
		return nil, err
	}
	// They come back to it after they were away.
	addr, err := porttest.Addr(ctx)
	if err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	sites := &Sites{Sim: s, Made: made, Base: "http://" + addr}
	if sites.Host, err = host.New(s, host.Options{BaseURL: sites.Base, Client: o.Apps}); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	sites.handler = sites.Host
	if o.Wrap != nil {
		sites.handler = o.Wrap(sites.handler)
	}
	sites.serve(listener)
	return sites, nil
}

// serve serves the sites to a listener.
func (s *Sites) serve(listener net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	server, done := &http.Server{Handler: s.handler, ReadHeaderTimeout: 30 * time.Second}, make(chan error, 1)
	s.server, s.done = server, done
	go func() { done <- server.Serve(listener) }()
}

// Away ends the serving: connections break, and new ones are refused. Back ends that.
func (s *Sites) Away() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server == nil {
		return nil
	}
	err := s.server.Close()
	if end := <-s.done; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	s.server = nil
	return err
}

// Back serves the sites again where they were.
func (s *Sites) Back(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", strings.TrimPrefix(s.Base, "http://"))
	if err != nil {
		return err
	}
	s.serve(listener)
	return nil
}

// Close ends the serving. It may be called more than once.
func (s *Sites) Close() error { return s.Away() }

// World is the state of a site.
func (s *Sites) World(site string) *world.World { return s.Sim.Site(site).World() }

// Install installs the app of a service on a site and returns a client in the name of its administrator.
func (s *Sites) Install(ctx context.Context, site, app string) (*Client, error) {
	h := s.Host.Site(site)
	installed, err := h.Install(ctx, app+"/atlassian-connect.json")
	if err != nil {
		return nil, fmt.Errorf("install the app on %s: %w", site, err)
	}
	return s.Client(site, app, installed.Key, h.Administrator()), nil
}

// Client calls the service at app in the name of an account of a site.
func (s *Sites) Client(site, app, key, account string) *Client {
	h := s.Host.Site(site)
	return &Client{
		Base:  app,
		Token: func() (string, error) { return h.ContextToken(key, account) },
		HTTP:  &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}},
	}
}

// Connect sets the app up on a site, with the credentials of its administrator, and syncs its schemas.
func (s *Sites) Connect(ctx context.Context, c *Client, site string) error {
	info := s.Sim.Site(site).Info(s.Base)
	if err := c.Do(ctx, http.MethodPut, "/connection", map[string]any{"email": info.Email, "token": info.Token, "workspaceId": info.WorkspaceID}, nil); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if err := c.Do(ctx, http.MethodPut, "/connection/storage", map[string]any{"kind": "builtin"}, nil); err != nil {
		return fmt.Errorf("choose the storage: %w", err)
	}
	var run Run
	if err := c.Do(ctx, http.MethodPost, "/sync", nil, &run); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	_, err := c.Finish(ctx, run.ID)
	return err
}

// Schema finds a synced schema by its key.
func (c *Client) Schema(ctx context.Context, key string) (id string, err error) {
	var page struct {
		Items []struct{ ID, Key string } `json:"items"`
	}
	if err := c.Do(ctx, http.MethodGet, "/schemas?limit=100", nil, &page); err != nil {
		return "", err
	}
	for _, s := range page.Items {
		if s.Key == key {
			return s.ID, nil
		}
	}
	return "", fmt.Errorf("there is no schema %s among %v", key, page.Items)
}

// BackUp starts a backup and returns its run and its id.
func (c *Client) BackUp(ctx context.Context, schema string) (Run, string, error) {
	var out struct {
		Run      Run    `json:"run"`
		BackupID string `json:"backupId"`
	}
	err := c.Do(ctx, http.MethodPost, "/schemas/"+schema+"/backups", map[string]any{}, &out)
	return out.Run, out.BackupID, err
}

// Plan plans a restore of a backup as a new schema and waits for the plan.
func (c *Client) Plan(ctx context.Context, backup, target, name, key string) (string, error) {
	in := map[string]any{"backupId": backup, "destination": "current", "schemaName": name, "schemaKey": key}
	if target != "" {
		in["destination"], in["targetId"] = "instance", target
	}
	var out struct {
		PlanID string `json:"planId"`
		Run    Run    `json:"run"`
	}
	if err := c.Do(ctx, http.MethodPost, "/plans", in, &out); err != nil {
		return "", err
	}
	_, err := c.Finish(ctx, out.Run.ID)
	return out.PlanID, err
}

// Restore starts what was planned.
func (c *Client) Restore(ctx context.Context, plan string) (Run, string, error) {
	var out struct {
		Run     Run                 `json:"run"`
		Restore struct{ ID string } `json:"restore"`
	}
	err := c.Do(ctx, http.MethodPost, "/restores", map[string]any{"planId": plan}, &out)
	return out.Run, out.Restore.ID, err
}
