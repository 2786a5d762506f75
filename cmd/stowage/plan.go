package main

import (
	"encoding/json"
	"errors"

	"stowage/restore"
)

// planCmd shows what a restore would do.
type planCmd struct {
	wantedFlags
}

// Run implements the command.
func (c *planCmd) Run(a *app) (err error) {
	t, err := c.prepare(a.ctx, a.env)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.vault.Close()) }()
	p, err := restore.NewPlan(a.ctx, t.backup, t.target, t.options)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(p)
	}
	showPlan(a.stdout, p, t.conn.site)
	return nil
}
