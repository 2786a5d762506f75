package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/gen"
	"stowage/atlassian/sim/world"
	"stowage/jobs/worker/site"
)

// schemaObjects is the size of the schema that P1, P3 and P8 are taken of.
const schemaObjects = 100_000

// pageSize is what the client asks for and the simulated site gives.
const pageSize = sim.DefaultMaxPage

// takeSchema backs a schema up and restores it beside itself: P3 and P8 are of the backup, P1 is of the restore.
func takeSchema(ctx context.Context, b *bench) (rows []row, err error) {
	objects := b.scaled(schemaObjects)
	dir, err := b.folder("schema")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b.log.Say("P1, P3, P8: making a site with %s objects", thousands(objects))
	s, err := newSim(sim.SiteOptions{Name: "acme"})
	if err != nil {
		return nil, err
	}
	acme := s.Site("acme")
	made, err := gen.Fill(acme.World(), gen.Profile{Name: gen.ITSM}, objects, 1)
	if err != nil {
		return nil, err
	}
	count := &pageCounter{next: sim.Transport(s), pages: map[string]int{}}
	client, err := connect(acme, count, unpaced())
	if err != nil {
		return nil, err
	}
	v, err := openVault(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	result, err := v.backup(ctx, client, made.Key, b.log)
	if err != nil {
		return nil, err
	}
	if result.Objects != int64(made.Objects) || result.Failed != 0 {
		return nil, fmt.Errorf("the backup holds %d of %d objects, %d failed", result.Objects, made.Objects, result.Failed)
	}
	stored, err := folderSize(v.dir)
	if err != nil {
		return nil, err
	}
	rows = append(rows, pagesRow(count, typeSizes(acme.World(), made.Schema)), storedRow(stored, count.bytes, made.Objects))
	if !b.wants("P1") {
		return rows, nil
	}
	s.Stats().Zero()
	restored, err := v.restore(ctx, site.NewTarget(client), result.Backup, "BACK", true, b.log)
	if err != nil {
		return nil, err
	}
	if restored.Created != made.Objects || restored.Failed != 0 || !restored.Proved {
		return nil, fmt.Errorf("the restore made %d of %d objects, %d failed, proved: %t", restored.Created, made.Objects, restored.Failed, restored.Proved)
	}
	return append(rows, writesRow(s.Stats().Snapshot().Calls, made.Objects)), nil
}

// writesRow is P1: the calls that write objects, by the count of the site.
func writesRow(calls map[string]int64, objects int) row {
	created, updated := calls["POST /object/create"], calls["PUT /object/{id}"]
	deleted := calls["DELETE /object/{id}"]
	ratio := float64(created+updated+deleted) / float64(objects)
	return row{
		ID: "P1", What: "restore, writes per object", Figure: fmt.Sprintf("%.4f", ratio), Value: ratio, Bar: "≤ 1.02", Met: ratio <= 1.02,
		How: fmt.Sprintf("%s objects: %s creates, %s second writes, %s deletes counted by the site; proved", thousands(objects), thousands(created),
			thousands(updated), thousands(deleted)),
	}
}

// pagesRow is P3: of the object type that does worst, the pages fetched beside the least that could do.
func pagesRow(count *pageCounter, sizes map[string]int) row {
	worst, with, sum, floor, void := 0.0, 0, 0, 0, 0
	for id, objects := range sizes {
		if objects == 0 {
			void += count.pages[id]
			continue
		}
		least := (objects + pageSize - 1) / pageSize
		with, sum, floor = with+1, sum+count.pages[id], floor+least
		worst = max(worst, float64(count.pages[id])/float64(least))
	}
	for id, n := range count.pages {
		if _, known := sizes[id]; !known {
			void += n
		}
	}
	return row{
		ID: "P3", What: "backup, pages per full page", Figure: fmt.Sprintf("%.4f", worst), Value: worst, Bar: "≤ 1.02", Met: worst <= 1.02,
		How: fmt.Sprintf("worst of %d object types; in all %d pages of %s for a floor of %d, and %d for types without objects; every object found though the site's total stops at %s",
			with, sum, thousands(pageSize), floor, void, thousands(sim.DefaultTotalCap)),
	}
}

// storedRow is P8: everything in the store, keys and manifest included.
func storedRow(stored, raw int64, objects int) row {
	each := float64(stored) / float64(objects)
	return row{
		ID: "P8", What: "stored bytes per object", Figure: fmt.Sprintf("%.0f B", each), Value: each, Bar: "≤ 500 B", Met: each <= 500,
		How: fmt.Sprintf("all files of the store for %s objects; %s B raw per object as the site sends them", thousands(objects), thousands(raw/int64(objects))),
	}
}

// typeSizes counts the objects of each object type behind the back of the API.
func typeSizes(w *world.World, schema world.ID) map[string]int {
	sizes := map[string]int{}
	w.View(func(v *world.View) {
		for _, id := range v.TypeIDs(schema) {
			sizes[id.String()] = v.CountType(id)
		}
	})
	return sizes
}

// pageCounter counts the pages of objects that a client asks for, by object type.
type pageCounter struct {
	next http.RoundTripper

	mu    sync.Mutex
	pages map[string]int
	bytes int64
}

var typeOfQuery = regexp.MustCompile(`objectTypeId = (\d+)`)

// RoundTrip implements http.RoundTripper.
func (c *pageCounter) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/object/aql") {
		return c.next.RoundTrip(r)
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	var query struct {
		Text string `json:"qlQuery"`
	}
	if err := json.Unmarshal(text, &query); err != nil {
		return nil, err
	}
	of := "another query"
	if found := typeOfQuery.FindStringSubmatch(query.Text); found != nil {
		of = found[1]
	}
	resp, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[of]++
	c.bytes += max(0, resp.ContentLength)
	return resp, nil
}
