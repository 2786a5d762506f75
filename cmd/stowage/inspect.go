package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"unicode"

	"stowage/assets"
	"stowage/snapshot"
)

// inspectCmd lists backups, or looks into one.
type inspectCmd struct {
	storeFlags
	outputFlags
	Schema string `help:"Key of a schema: list its backups only." placeholder:"KEY"`
	Backup string `help:"Id of a backup: show what is in it; newest stands for the newest." placeholder:"ID"`
	Object string `help:"Id or key of an object: show it as it is in the backup." placeholder:"ID|KEY"`
}

// Run implements the command.
func (c *inspectCmd) Run(a *app) (err error) {
	v, err := openVault(a.ctx, c.storeFlags, a.env, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	if c.Backup == "" && c.Object == "" {
		return c.list(a, v)
	}
	id := c.Backup
	if id == "newest" {
		id = ""
	}
	m, err := v.find(a.ctx, id, c.Schema)
	if err != nil {
		return err
	}
	b, err := v.Open(a.ctx, m.Backup)
	if err != nil {
		return err
	}
	if c.Object != "" {
		return c.object(a, b)
	}
	return c.content(a, b)
}

// listed is one backup in the list as JSON.
type listed struct {
	Backup     string           `json:"backup"`
	Schema     string           `json:"schema,omitempty"`
	SchemaName string           `json:"schemaName,omitempty"`
	Site       string           `json:"site,omitempty"`
	Started    string           `json:"started,omitempty"`
	Objects    int64            `json:"objects"`
	Stored     int64            `json:"bytes"`
	Phases     []snapshot.Phase `json:"phases,omitempty"`
	Error      string           `json:"error,omitempty"`
}

func (c *inspectCmd) list(a *app, v *vault) error {
	out := []listed{}
	for m, err := range snapshot.List(a.ctx, v.store, v.keys) {
		if err != nil && m.Backup == "" {
			return err
		}
		if c.Schema != "" && !strings.EqualFold(m.SchemaKey, c.Schema) && err == nil {
			continue
		}
		l := listed{
			Backup: m.Backup, Schema: m.SchemaKey, SchemaName: m.SchemaName, Site: m.Site,
			Objects: m.Counts[snapshot.KindObjects], Stored: m.Stored, Phases: m.Phases,
		}
		if err != nil {
			l.Error = err.Error()
		} else {
			l.Started = when(m.Started)
		}
		out = append(out, l)
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"backups": out})
	}
	if len(out) == 0 {
		fmt.Fprintln(a.stdout, "There are no backups yet.")
		return nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "BACKUP\tSCHEMA\tOBJECTS\tSIZE\tSTARTED\tSITE")
	for _, l := range out {
		if l.Error != "" {
			fmt.Fprintf(w, "%s\t%s\n", l.Backup, l.Error)
			continue
		}
		fmt.Fprintf(w, "%s\t%s (%s)\t%s\t%s\t%s\t%s\n", l.Backup, l.Schema, l.SchemaName, thousands(l.Objects), size(l.Stored), l.Started, l.Site)
	}
	return w.Flush()
}

// content shows what is in one backup.
func (c *inspectCmd) content(a *app, b *snapshot.Backup) error {
	m := b.Manifest()
	var types []assets.ObjectType
	for t, err := range snapshot.Records[assets.ObjectType](a.ctx, b, snapshot.KindObjectTypes, "") {
		if err != nil {
			return err
		}
		types = append(types, t)
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(map[string]any{"manifest": m, "objectTypes": types, "bytes": m.Bytes, "stored": m.Stored, "segments": m.Segments})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "Backup\t%s\n", m.Backup)
	fmt.Fprintf(w, "Schema\t%s (%s)\n", m.SchemaName, m.SchemaKey)
	fmt.Fprintf(w, "Site\t%s\n", m.Site)
	fmt.Fprintf(w, "Started\t%s\n", when(m.Started))
	fmt.Fprintf(w, "Finished\t%s\n", when(m.Finished))
	if m.Description != "" {
		fmt.Fprintf(w, "Description\t%s\n", m.Description)
	}
	fmt.Fprintf(w, "Size\t%s stored, %s before compression, %s\n", size(m.Stored), size(m.Bytes), counted(m.Segments, "segment"))
	for _, p := range m.Phases {
		fmt.Fprintf(w, "Phase\t%s: %s%s\n", p.Name, p.State, phaseCounts(p))
	}
	fmt.Fprintln(w, "\nOBJECT TYPE\tOBJECTS")
	depth := make(map[string]int, len(types))
	for _, t := range types {
		if t.ParentID != "" {
			depth[t.ID] = depth[t.ParentID] + 1
		}
		fmt.Fprintf(w, "%s%s\t%s\n", strings.Repeat("  ", min(depth[t.ID], 20)), t.Name, thousands(m.Types[t.ID]))
	}
	return w.Flush()
}

func phaseCounts(p snapshot.Phase) string {
	var parts []string
	if p.Done > 0 {
		parts = append(parts, thousands(p.Done)+" done")
	}
	if p.Failed > 0 {
		parts = append(parts, thousands(p.Failed)+" failed")
	}
	if p.Skipped > 0 {
		parts = append(parts, thousands(p.Skipped)+" skipped")
	}
	if p.Note != "" {
		parts = append(parts, p.Note)
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + sentence(parts...) + ")"
}

// object shows one object, with the names of its attributes.
func (c *inspectCmd) object(a *app, b *snapshot.Backup) error {
	o, err := b.FindByKey(a.ctx, c.Object)
	if errors.Is(err, snapshot.ErrNoRecord) {
		o, err = b.FindObject(a.ctx, c.Object)
	}
	if errors.Is(err, snapshot.ErrNoRecord) {
		return fmt.Errorf("backup %s holds no object %s", b.Manifest().Backup, c.Object)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(a.stdout).Encode(o)
	}
	names := make(map[string]string)
	for at, err := range snapshot.Records[assets.Attribute](a.ctx, b, snapshot.KindAttributes, "") {
		if err != nil {
			return err
		}
		names[at.ID] = at.Name
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\n", o.Key, o.Label)
	for _, av := range o.Values {
		var texts []string
		for _, v := range av.Values {
			texts = append(texts, valueText(v))
		}
		fmt.Fprintf(w, "%s\t%s\n", names[av.AttributeID], strings.Join(texts, ", "))
	}
	if o.Extra != nil {
		fmt.Fprintf(w, "(more)\t%s\n", oneLine(o.Extra))
	}
	return w.Flush()
}

// valueText writes a value for people.
func valueText(v assets.Value) string {
	switch v.Kind {
	case assets.ValueLiteral:
		return string(oneLine([]byte(v.Text)))
	case assets.ValueObject:
		return fmt.Sprintf("%s (%s)", v.Name, v.Key)
	default:
		if v.Name != "" {
			return v.Name
		}
		return v.ID
	}
}

// oneLine keeps a foreign text from breaking a table or steering the terminal.
func oneLine(text []byte) []byte {
	const most = 200
	text = bytes.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text[:min(len(text), 4*most)])
	if runes := []rune(string(text)); len(runes) > most {
		text = []byte(string(runes[:most]) + "…")
	}
	return text
}

// size writes bytes for people.
func size(n int64) string {
	const unit = 1000
	if n < unit {
		return fmt.Sprintf("%d B", n)
	}
	value, names := float64(n), []string{"kB", "MB", "GB", "TB"}
	for i, name := range names {
		value /= unit
		if value < unit || i == len(names)-1 {
			return fmt.Sprintf("%.1f %s", value, name)
		}
	}
	return ""
}
