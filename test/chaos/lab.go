package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"stowage/atlassian"
	"stowage/atlassian/sim"
	"stowage/atlassian/sim/fault"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/internal/redact"
)

// The two simulated sites. The schema is in the first.
const (
	source = "acme"
	other  = "globex"
)

// schemaKey is the key of the schema in the simulated site.
const schemaKey = "ITSM"

// lab is two simulated sites behind a gate.
type lab struct {
	sim  *sim.Sim
	gate *gate
	made gen.Report
	// base is where they are served; stop ends that.
	base string
	stop func() error
}

// labOptions describe a lab.
type labOptions struct {
	objects int
	seed    uint64
	maxPage int
	lag     time.Duration
	faults  *fault.Plan
}

// newLab makes the sites. The same options make the same sites.
func newLab(o labOptions) (*lab, error) {
	s, err := sim.New(sim.Options{
		Sites: []sim.SiteOptions{
			{Name: source, MaxPage: o.maxPage, SearchLag: o.lag},
			{Name: other, MaxPage: o.maxPage, SearchLag: o.lag},
		},
		Faults: o.faults,
	})
	if err != nil {
		return nil, err
	}
	for _, site := range s.Sites() {
		if err := gen.Site(site.World(), site.Name()); err != nil {
			return nil, err
		}
	}
	l := &lab{sim: s, gate: &gate{next: s}}
	l.made, err = gen.Fill(l.world(source), gen.Profile{Name: gen.ITSM, SchemaKey: schemaKey}, o.objects, o.seed)
	if err != nil {
		return nil, err
	}
	return l, l.tieKnot()
}

// tieKnot makes sure that some references form a cycle, however small the schema is: two applications that depend on each
// other.
func (l *lab) tieKnot() error {
	if l.made.InCycles > 0 {
		return nil
	}
	w := l.world(source)
	attributes, err := w.SchemaAttributes(l.made.Schema)
	if err != nil {
		return err
	}
	for _, a := range attributes {
		if a.Type != world.TypeReference || a.RefType != a.TypeID || a.InheritedFrom != 0 {
			continue
		}
		var pair []world.ID
		w.View(func(v *world.View) {
			for _, o := range v.ObjectIDs(nil, a.TypeID) {
				if len(pair) < 2 {
					pair = append(pair, o)
				}
			}
		})
		if len(pair) < 2 {
			continue
		}
		for i, id := range pair {
			o, err := w.Object(pair[1-i])
			if err != nil {
				return err
			}
			in := world.ObjectInput{Attributes: []world.AttributeValues{{Attribute: a.ID, Values: []string{o.Key}}}}
			if _, err := w.UpdateObject("", id, in); err != nil {
				return fmt.Errorf("tie a cycle: %w", err)
			}
		}
		l.made.InCycles = 2
		return nil
	}
	return errors.New("the schema has no type whose objects could form a cycle")
}

func (l *lab) world(site string) *world.World { return l.sim.Site(site).World() }

// serve opens a loopback port.
func (l *lab) serve(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: l.gate, ReadHeaderTimeout: 30 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	l.base = "http://" + listener.Addr().String()
	l.stop = func() error {
		err := server.Close()
		if e := <-done; !errors.Is(e, http.ErrServerClosed) {
			err = errors.Join(err, e)
		}
		return err
	}
	return nil
}

// inProcessAPI is where the simulated API answers in process; no socket is involved.
const inProcessAPI = "https://api.atlassian.example"

// client is the real client, in process. A direct one goes past the gate. Its patience is that of somebody who has a
// thousand runs to wait for.
func (l *lab) client(site string, direct bool) (*atlassian.Client, error) {
	info := l.sim.Site(site).Info(inProcessAPI)
	var handler http.Handler = l.gate
	if direct {
		handler = l.sim
	}
	return atlassian.New(atlassian.Config{
		SiteURL: info.BaseURL, APIURL: info.APIBaseURL, Email: info.Email, Token: redact.New(info.Token),
		HTTP: sim.Transport(handler), Rate: atlassian.RatePolicy{Mode: atlassian.RateOff},
		Retry: atlassian.RetryPolicy{Tries: 4, Base: time.Millisecond, Cap: 4 * time.Millisecond, TryTimeout: tryTimeout},
	})
}

// tryTimeout is how long the client in process waits for an answer.
const tryTimeout = 400 * time.Millisecond
