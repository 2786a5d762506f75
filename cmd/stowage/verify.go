package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"stowage/snapshot"
)

// verifyCmd reads a backup back.
type verifyCmd struct {
	storeFlags
	outputFlags
	Schema string `help:"Key of the schema whose newest backup is meant." placeholder:"KEY"`
	Backup string `help:"Id of the backup (default: the newest)." placeholder:"ID"`
}

// verifyResult is the result of verify as JSON.
type verifyResult struct {
	Backup   string             `json:"backup"`
	OK       bool               `json:"ok"`
	Segments int                `json:"segments"`
	Records  int64              `json:"records"`
	Problems []snapshot.Problem `json:"problems"`
}

// Run implements the command.
func (c *verifyCmd) Run(a *app) (err error) {
	v, err := openVault(a.ctx, c.storeFlags, a.env, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	id, err := c.which(a, v)
	if err != nil {
		return err
	}
	show := newDisplay(a.stderr)
	result, err := snapshot.Verify(a.ctx, v.store, v.keys, id, show)
	show.Close()
	if err != nil {
		if errors.Is(err, snapshot.ErrNoBackup) {
			return fmt.Errorf("there is no backup %s in this store; stowage inspect lists what there is", id)
		}
		return err
	}
	if c.JSON {
		out := verifyResult{Backup: result.Backup, OK: result.OK, Segments: result.Segments, Records: result.Records, Problems: result.Problems}
		if out.Problems == nil {
			out.Problems = []snapshot.Problem{}
		}
		if err := json.NewEncoder(a.stdout).Encode(out); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "Backup %s: %s in %s read.\n", result.Backup, counted(int(result.Records), "record"), counted(result.Segments, "segment"))
		for _, p := range result.Problems {
			fmt.Fprintf(a.stdout, "  %s: %s%s\n", p.Name, p.Error, lost(p))
		}
	}
	if !result.OK {
		return fmt.Errorf("backup %s is damaged: %s; everything else in it can still be restored", result.Backup, counted(len(result.Problems), "problem"))
	}
	if !c.JSON {
		fmt.Fprintln(a.stdout, "Every byte is as it was written.")
	}
	return nil
}

// which finds the backup to verify. A backup that is named is verified even when its manifest cannot be read: that is what
// verify is for. So is the newest, if nothing is named and it is the one that is damaged.
func (c *verifyCmd) which(a *app, v *vault) (string, error) {
	if c.Backup != "" {
		return c.Backup, nil
	}
	if c.Schema == "" {
		for m, err := range snapshot.List(a.ctx, v.store, v.keys) {
			if m.Backup == "" && err != nil {
				return "", err
			}
			return m.Backup, nil
		}
	}
	m, err := v.find(a.ctx, "", c.Schema)
	return m.Backup, err
}

// lost tells what a problem makes unreadable.
func lost(p snapshot.Problem) string {
	if p.Records == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s of kind %s cannot be read)", counted(p.Records, "record"), p.Kind)
}
