package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"stowage/atlassian/sim"
)

// demoTokenVar prefixes the variables in which the demo hands tokens to the commands.
const demoTokenVar = "STOWAGE_DEMO_TOKEN_" //nolint:gosec // The name of a variable, not what is in it.

// demo is one showing.
type demo struct {
	app  *app
	sim  *sim.Sim
	base string
	dir  string
	rows []demoRow
	// short says that something was left out or not proved.
	short bool
}

// demoRow is one line of the table at the end.
type demoRow struct {
	step, outcome string
	calls         int64
	took          time.Duration
}

// inTerminal goes the whole way with the very commands a user would type.
func (c *demoCmd) inTerminal(a *app) (err error) {
	dir, err := os.MkdirTemp("", "stowage-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintf(a.stderr, "Making two simulated sites, acme and globex, with an ITSM schema of %s in acme.\n", counted(c.Objects, "object"))
	s, err := c.simulated()
	if err != nil {
		return err
	}
	web, err := serveAnywhere(a.ctx, c.Addr, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, web.close(a.ctx)) }()
	d := &demo{app: a, sim: s, base: web.base, dir: dir}
	if err := d.show(); err != nil {
		return err
	}
	if d.short {
		err = partial("not everything was restored, see above")
	}
	if c.Once {
		return err
	}
	fmt.Fprintf(a.stdout, "\nLook at the result: %s (Ctrl-C ends the demo)\n", d.base)
	return web.wait(a.ctx)
}

// show goes the whole way and prints what happened.
func (d *demo) show() error {
	var back struct {
		Backup  string `json:"backup"`
		Objects int64  `json:"objects"`
		Bytes   int64  `json:"bytesStored"`
		Pages   int64  `json:"pages"`
	}
	if err := d.step("Back up ITSM from acme", &back, append([]string{"backup", "--schema", "ITSM"}, d.site("acme", "")...)); err != nil {
		return err
	}
	d.tell("%s in %s, %s stored", counted(int(back.Objects), "object"), counted(int(back.Pages), "page"), size(back.Bytes))

	again := []string{"--schema", "ITSM", "--new-schema-name", "ITSM restored", "--new-schema-key", "ITSMR"}
	var plan struct {
		Objects struct {
			Planned      int `json:"planned"`
			SecondWrites int `json:"secondWrites"`
		} `json:"objects"`
		Findings []any `json:"findings"`
	}
	if err := d.step("Plan its restore", &plan, append(append([]string{"plan"}, again...), d.site("acme", "")...)); err != nil {
		return err
	}
	d.tell("%s to create, %s to write twice, %s", counted(plan.Objects.Planned, "object"), thousands(int64(plan.Objects.SecondWrites)), counted(len(plan.Findings), "finding"))

	if err := d.restore("Restore it beside the old one", append(append([]string{"restore"}, again...), d.site("acme", "")...)); err != nil {
		return err
	}
	migrate := []string{"restore", "--schema", "ITSM", "--new-schema-name", "ITSM", "--new-schema-key", "ITSM", "--icons"}
	if err := d.restore("Migrate it to globex", append(migrate, d.site("globex", "target-")...)); err != nil {
		return err
	}

	var check struct {
		OK       bool  `json:"ok"`
		Segments int   `json:"segments"`
		Records  int64 `json:"records"`
	}
	if err := d.step("Verify the backup", &check, []string{"verify", "--schema", "ITSM"}); err != nil {
		return err
	}
	d.tell("%s in %s, every byte as written", counted(int(check.Records), "record"), counted(check.Segments, "segment"))
	return d.table()
}

// restore runs a restore and tells its result.
func (d *demo) restore(title string, args []string) error {
	var r struct {
		Created, Failed, SecondWrites int
		Proved                        bool
	}
	err := d.step(title, &r, args)
	if o, ok := errors.AsType[*outcome](err); ok && o.code == exitPartial {
		err = nil
	}
	if err != nil {
		return err
	}
	proof := "proved"
	if !r.Proved {
		proof = "NOT proved"
	}
	d.short = d.short || !r.Proved || r.Failed > 0
	d.tell("%s created, %s written twice, %s failed, %s", counted(r.Created, "object"), thousands(int64(r.SecondWrites)), thousands(int64(r.Failed)), proof)
	return nil
}

// step runs one command as a user would, and reads its result.
func (d *demo) step(title string, result any, args []string) error {
	fmt.Fprintf(d.app.stderr, "\n%s\n  $ stowage %s\n", title, strings.Join(quoted(args), " "))
	args = append(args, "--json", "--store", "file://"+filepath.ToSlash(filepath.Join(d.dir, "store")), "--data", filepath.Join(d.dir, "data"))
	env := func(name string) string {
		if site, ok := strings.CutPrefix(name, demoTokenVar); ok {
			if s := d.sim.Site(strings.ToLower(site)); s != nil {
				return s.Info(d.base).Token
			}
		}
		return ""
	}
	var out bytes.Buffer
	d.sim.Stats().Zero()
	begun := time.Now()
	code := run(d.app.ctx, args, env, &out, d.app.stderr)
	row := demoRow{step: title, took: time.Since(begun)}
	for _, n := range d.sim.Stats().Snapshot().Calls {
		row.calls += n
	}
	d.rows = append(d.rows, row)
	if code != exitOK && code != exitPartial {
		return &outcome{code, fmt.Errorf("the demo ended at: %s", title)}
	}
	text := bytes.TrimSpace(out.Bytes())
	if err := json.Unmarshal(text[bytes.LastIndexByte(text, '\n')+1:], result); err != nil {
		return fmt.Errorf("result of %s: %w", args[0], err)
	}
	if code == exitPartial {
		return &outcome{code, errors.New("done in part")}
	}
	return nil
}

// tell fills in the outcome of the last step.
func (d *demo) tell(format string, args ...any) {
	d.rows[len(d.rows)-1].outcome = fmt.Sprintf(format, args...)
}

// site are the flags that name a site of the demo.
func (d *demo) site(name, prefix string) []string {
	info := d.sim.Site(name).Info(d.base)
	return []string{
		"--" + prefix + "site", info.BaseURL, "--" + prefix + "api", info.APIBaseURL,
		"--" + prefix + "email", info.Email, "--" + prefix + "token-env", demoTokenVar + strings.ToUpper(name),
	}
}

func (d *demo) table() error {
	fmt.Fprintln(d.app.stdout)
	w := tabwriter.NewWriter(d.app.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tOUTCOME\tCALLS\tTIME")
	for _, r := range d.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.step, r.outcome, thousands(r.calls), r.took.Round(10*time.Millisecond))
	}
	return w.Flush()
}

// quoted writes arguments as a shell would want them.
func quoted(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if strings.ContainsAny(a, " \"'$&") {
			a = strconv.Quote(a)
		}
		out[i] = a
	}
	return out
}
