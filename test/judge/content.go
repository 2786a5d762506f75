// Package judge says whether two states are the same: of backups, and of simulated sites after a restore. It looks into the
// sites themselves and not at what the product says of its work.
package judge

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"stowage/assets"
	"stowage/snapshot"
)

// Facts are what is the case, by what it is about. Two states are the same when their facts are.
type Facts map[string]string

// Differences names what is not the same, in order.
func (want Facts) Differences(got Facts) []string {
	var out []string
	for k, v := range want {
		switch other, ok := got[k]; {
		case !ok:
			out = append(out, "lost: "+k)
		case other != v:
			out = append(out, "changed: "+k+" ("+parting(v, other)+")")
		}
	}
	for k := range got {
		if _, ok := want[k]; !ok {
			out = append(out, "added: "+k)
		}
	}
	slices.Sort(out)
	return out
}

// parting shows where two texts part.
func parting(want, got string) string {
	const around = 40
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	at := max(0, i-around)
	return fmt.Sprintf("…%s… became …%s…", want[at:min(len(want), i+around)], got[at:min(len(got), i+around)])
}

// Objects counts the objects.
func (want Facts) Objects() int {
	n := 0
	for k := range want {
		if strings.HasPrefix(k, "objects ") {
			n++
		}
	}
	return n
}

// Restrict keeps the facts about some kinds.
func (want Facts) Restrict(kinds ...string) Facts {
	out := Facts{}
	for k, v := range want {
		kind, _, _ := strings.Cut(k, " ")
		if slices.Contains(kinds, kind) {
			out[k] = v
		}
	}
	return out
}

// Digest is a short name of the whole.
func (want Facts) Digest() string {
	h := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(want)) {
		fmt.Fprintf(h, "%q %q\n", k, want[k])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

var loopback = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// DocumentKinds are the kinds of record that hold documents. The report is not compared: it tells of the run, not of the
// schema.
func DocumentKinds() []snapshot.Kind {
	return []snapshot.Kind{
		snapshot.KindSchema, snapshot.KindProperties, snapshot.KindStatusTypes, snapshot.KindReferenceTypes, snapshot.KindIcons,
		snapshot.KindObjectTypes, snapshot.KindAttributes, snapshot.KindHistory, snapshot.KindComments, snapshot.KindAttachments,
		snapshot.KindIssueObjects,
	}
}

// DefinitionKinds are those that, with the objects, are read before the backup is committed for the first time.
func DefinitionKinds() []string {
	return []string{"schema", "properties", "statusTypes", "referenceTypes", "icons", "objectTypes", "attributes", "objects", "iconImages"}
}

// Content reads everything that a backup holds.
func Content(ctx context.Context, b *snapshot.Backup) (Facts, error) {
	out := Facts{}
	objects, err := objectFacts(ctx, b, out)
	if err != nil {
		return nil, fmt.Errorf("objects: %w", err)
	}
	var icons, files []string
	for _, kind := range DocumentKinds() {
		seen := map[string]int{}
		for doc, err := range snapshot.Records[json.RawMessage](ctx, b, kind, "") {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", kind, err)
			}
			// The simulator of another run has another port.
			doc = loopback.ReplaceAll(doc, []byte("http://simulated"))
			sum := hash(doc)
			seen[sum]++
			out[fmt.Sprintf("%s %s#%d", kind, sum, seen[sum])] = string(doc)
			if kind == snapshot.KindIcons {
				icons = append(icons, idsIn(doc)...)
			}
			if kind == snapshot.KindAttachments {
				files = append(files, idsIn(doc)...)
			}
		}
	}
	for kind, ids := range map[snapshot.Kind][]string{
		snapshot.KindIconImages: icons, snapshot.KindAttachmentData: files, snapshot.KindAvatars: objects,
	} {
		if err := payloadFacts(ctx, b, kind, ids, out); err != nil {
			return nil, err
		}
	}
	return out, manifestFacts(b, out)
}

// objectFacts adds the objects and returns their ids.
func objectFacts(ctx context.Context, b *snapshot.Backup, out Facts) ([]string, error) {
	var ids []string
	for o, err := range b.Objects(ctx, "") {
		if err != nil {
			return nil, err
		}
		if err := out.Object(&o); err != nil {
			return nil, err
		}
		ids = append(ids, o.ID)
	}
	return ids, nil
}

// Object adds an object.
func (want Facts) Object(o *assets.Object) error {
	line, err := assets.AppendObject(nil, o)
	if err != nil {
		return err
	}
	name := "objects " + o.ID
	if _, twice := want[name]; twice {
		name += " again"
	}
	want[name] = string(line)
	return nil
}

func payloadFacts(ctx context.Context, b *snapshot.Backup, kind snapshot.Kind, ids []string, out Facts) error {
	if b.Manifest().Counts[kind] == 0 {
		return nil
	}
	for _, id := range ids {
		p, err := b.OpenBytes(ctx, kind, "", id)
		if errors.Is(err, snapshot.ErrNoRecord) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", kind, id, err)
		}
		data, err := io.ReadAll(p)
		if err := errors.Join(err, p.Close()); err != nil {
			return fmt.Errorf("%s %s: %w", kind, id, err)
		}
		out[fmt.Sprintf("%s %s", kind, id)] = hash(data)
	}
	return nil
}

// manifestFacts adds what the manifest says of the content.
func manifestFacts(b *snapshot.Backup, out Facts) error {
	m := b.Manifest()
	delete(m.Counts, snapshot.KindReport)
	for name, v := range map[string]any{"counts": m.Counts, "types": m.Types, "phases": m.Phases} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		out["manifest "+name] = string(text)
	}
	return nil
}

// idsIn reads the ids of a document, which is one thing or a list of things.
func idsIn(doc []byte) []string {
	type thing struct {
		ID string `json:"id"`
	}
	var one thing
	var many []thing
	if bytes.HasPrefix(bytes.TrimSpace(doc), []byte("[")) {
		if json.Unmarshal(doc, &many) != nil {
			return nil
		}
	} else {
		if json.Unmarshal(doc, &one) != nil {
			return nil
		}
		many = []thing{one}
	}
	var ids []string
	for _, t := range many {
		if t.ID != "" {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
