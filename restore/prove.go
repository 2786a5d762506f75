package restore

import (
	"context"
	"fmt"
	"slices"

	"stowage/assets"
)

// StageProof is the stage in which a restore is read back.
const StageProof = "Proving"

// Proof is the result of reading a restored schema back and comparing it with the backup.
type Proof struct {
	// Proved says that nothing differs but what the restore had reported, and that nothing is left to be done.
	Proved bool `json:"proved"`
	// Remaining counts what planning again would find to be done.
	Remaining int `json:"remaining"`
	// Compared counts objects; Explained the attributes of objects that differ as the restore had reported.
	Compared  int `json:"compared"`
	Explained int `json:"explained"`
	// References counts references that were followed in the target.
	References int         `json:"references"`
	Types      []TypeCount `json:"types"`
	// Total is the number of differences, Differences the first of them.
	Total       int          `json:"total"`
	Differences []Difference `json:"differences"`
}

// TypeCount compares the number of objects of one type.
type TypeCount struct {
	Type    string `json:"objectType"`
	Planned int    `json:"planned"`
	// Refused is the number of objects the target had refused, and Found what is there.
	Refused int `json:"refused"`
	Found   int `json:"found"`
}

// Difference is something that is not as the backup has it and was not reported.
type Difference struct {
	Kind      string `json:"kind"`
	Key       string `json:"key,omitempty"`
	ID        string `json:"id,omitempty"`
	Attribute string `json:"attribute,omitempty"`
	Message   string `json:"message"`
}

// listedDifferences is how many differences a proof lists.
const listedDifferences = 200

// Prove reads the target of an applied plan back and compares it with the backup: schema, types, attributes, the number of
// objects, and every value and reference of every object, up to ids. Values are compared by what they mean on the target,
// not by what was sent, so that a mistake in sending is seen.
func Prove(ctx context.Context, p *Plan, b Backup, target Target, j Journal, set Settings) (Proof, error) {
	if err := p.check(); err != nil {
		return Proof{}, err
	}
	pr := &prover{run: newRun(p, b, target, j, set), known: make(map[spot]struct{})}
	pr.writing = func(ctx context.Context) context.Context { return ctx }
	if err := pr.recall(ctx); err != nil {
		return Proof{}, err
	}
	pr.set.Progress.Stage(StageProof, int64(p.Objects.Planned))
	if err := pr.structure(ctx); err != nil {
		return Proof{}, err
	}
	if err := pr.compareObjects(ctx); err != nil {
		return Proof{}, err
	}
	pr.proof.Proved = pr.proof.Total == 0 && pr.proof.Remaining == 0
	return pr.proof, nil
}

type prover struct {
	*run
	proof Proof
	// known are the attributes of objects that the restore reported to differ; an attribute of none stands for all.
	known map[spot]struct{}
	seen  []bool
}

func (pr *prover) differ(d Difference) {
	pr.proof.Total++
	if len(pr.proof.Differences) < listedDifferences {
		pr.proof.Differences = append(pr.proof.Differences, d)
	}
}

// recall restores from plan and journal what a run knows when it is done.
func (pr *prover) recall(ctx context.Context) error {
	if err := pr.ledger.load(ctx); err != nil {
		return err
	}
	if entry, begun := pr.ledger.entry(kindPlan, pr.plan.Hash); !begun {
		return fmt.Errorf("%w: the plan was not applied with this journal", ErrPlan)
	} else if !entry.done {
		pr.proof.Remaining++
	}
	pr.c = newCatalog(pr.plan)
	var err error
	if pr.s, err = newSurvey(ctx, pr.b, pr.c, pr.plan.Source.SchemaKey, nil); err != nil {
		return err
	}
	pr.s.uses, pr.s.personOf = nil, nil
	pr.d = newDirectory(pr.plan, pr.s.people)
	target := func(kind, source, planned string) string {
		if planned != "" {
			return planned
		}
		entry, _ := pr.ledger.entry(kind, source)
		return entry.target
	}
	pr.schemaID = target(kindSchema, pr.plan.Source.SchemaID, "")
	for _, icon := range pr.plan.Icons {
		pr.icons[icon.Source] = target(kindIcon, icon.Source, icon.Target)
	}
	for _, st := range pr.plan.StatusTypes {
		pr.statuses[st.Source] = target(kindStatus, st.Source, st.Target)
	}
	for _, rt := range pr.plan.ReferenceTypes {
		pr.references[rt.Source] = target(kindReference, rt.Source, rt.Target)
	}
	pr.types = make([]string, len(pr.c.types))
	for i := range pr.c.types {
		pr.types[i] = target(kindType, pr.c.types[i].Source, "")
	}
	pr.attrs = make([]string, len(pr.c.attrs))
	for i := range pr.c.attrs {
		if pr.c.attrs[i].Dropped == "" {
			pr.attrs[i] = target(kindAttribute, pr.attributeSource(int32(i)), "")
		}
	}
	graph := assets.NewGraph(pr.s.len(), pr.s.from, pr.s.to)
	pr.order = graph.Order()
	return pr.loadObjects(ctx, pr.remember)
}

// remember keeps which attributes of an object are reported to differ.
func (pr *prover) remember(n int32, text string) error {
	have, err := parseNote(text)
	if err != nil {
		return err
	}
	if have.Error != "" {
		pr.known[spotOf(n, none)] = struct{}{}
	}
	for _, d := range have.Dropped {
		if at := pr.noted(n, d); at != none {
			pr.known[spotOf(n, at)] = struct{}{}
		}
	}
	return nil
}

// noted finds the attribute of a note.
func (pr *prover) noted(n int32, d droppedValue) int32 {
	if at := pr.c.attribute(d.AttributeID); at != none {
		return at
	}
	if t := pr.s.types[n]; t != none && d.AttributeID == assets.AttributeObjectHistory {
		return pr.c.types[t].history
	}
	return none
}

// structure compares everything but objects.
func (pr *prover) structure(ctx context.Context) error {
	schemas, err := pr.target.Schemas(ctx)
	if err != nil {
		return fmt.Errorf("list the schemas of the target: %w", err)
	}
	at := slices.IndexFunc(schemas, func(s assets.Schema) bool { return s.ID == pr.schemaID })
	if at < 0 {
		pr.differ(Difference{Kind: "schema", ID: pr.schemaID, Message: "the schema is not there"})
		return nil
	}
	if s := schemas[at]; s.Name != pr.plan.Schema.Name || s.Key != pr.plan.Schema.Key {
		pr.differ(Difference{Kind: "schema", ID: s.ID, Message: fmt.Sprintf("it is called %q with the key %s", s.Name, s.Key)})
	}
	types, err := pr.target.ObjectTypes(ctx, pr.schemaID)
	if err != nil {
		return fmt.Errorf("list the object types of the new schema: %w", err)
	}
	byID := make(map[string]*assets.ObjectType)
	for i := range types {
		byID[types[i].ID] = &types[i]
	}
	for i := range pr.c.types {
		if err := pr.compareType(ctx, int32(i), byID); err != nil {
			return err
		}
	}
	return nil
}

func (pr *prover) compareType(ctx context.Context, t int32, there map[string]*assets.ObjectType) error {
	want := &pr.c.types[t]
	if pr.types[t] == "" {
		// It was refused, which the report tells, or never sent.
		return nil
	}
	have := there[pr.types[t]]
	if have == nil {
		pr.differ(Difference{Kind: "object type", ID: pr.types[t], Key: want.Name, Message: "the object type is not there"})
		return nil
	}
	parent, name := "", want.Name
	if want.parent != none {
		parent = pr.types[want.parent]
	}
	if entry, _ := pr.ledger.entry(kindType, want.Source); entry.note != "" {
		name = entry.note // it was renamed, which the report tells
	}
	for _, c := range []struct {
		what   string
		differ bool
	}{
		{"name", have.Name != name},
		{"description", have.Description != want.Description},
		{"parent", have.ParentID != parent},
		{"inheritance", have.Inherited != want.Inherited},
		{"being abstract", have.Abstract != want.Abstract},
	} {
		if c.differ {
			pr.differ(Difference{Kind: "object type", ID: have.ID, Key: want.Name, Message: "its " + c.what + " differs"})
		}
	}
	attributes, err := pr.target.Attributes(ctx, have.ID)
	if err != nil {
		return fmt.Errorf("list the attributes of object type %s: %w", have.ID, err)
	}
	for _, at := range want.attrs {
		pr.compareAttribute(at, attributes)
	}
	return nil
}

func (pr *prover) compareAttribute(at int32, there []assets.Attribute) {
	a := &pr.c.attrs[at]
	if a.Dropped != "" {
		return
	}
	entry, _ := pr.ledger.entry(kindAttribute, pr.attributeSource(at))
	name := pr.c.types[a.typ].Name
	if !entry.done {
		pr.proof.Remaining++
		return
	}
	if entry.note != "" {
		return // reported when it happened
	}
	for i := range there {
		if there[i].ID != pr.attrs[at] {
			continue
		}
		back, _ := pr.ledger.entry(kindPutBack, pr.attributeSource(at))
		if a.Relaxed != nil && !back.done {
			pr.proof.Remaining++
		}
		for _, setting := range differences(pr.attributeSpec(at, a.Relaxed != nil && back.note != ""), specOf(&there[i])) {
			pr.differ(Difference{Kind: "attribute", ID: there[i].ID, Key: name, Attribute: a.Name, Message: "its " + setting + " differs"})
		}
		return
	}
	pr.differ(Difference{Kind: "attribute", ID: pr.attrs[at], Key: name, Attribute: a.Name, Message: "the attribute is not there"})
}

// compareObjects reads the objects of the target type by type.
func (pr *prover) compareObjects(ctx context.Context) error {
	pr.seen = make([]bool, pr.s.len())
	index, _ := newIDIndex(pr.objects.ids)
	for t := range int32(len(pr.c.types)) {
		count := TypeCount{Type: pr.c.types[t].Name, Planned: pr.s.counts[t]}
		if pr.types[t] != "" {
			for o, err := range pr.target.Objects(ctx, pr.types[t]) {
				if err != nil {
					return fmt.Errorf("read the objects of type %s: %w", pr.types[t], err)
				}
				count.Found++
				n := none
				if id, ok := pr.objects.pool.lookup(o.ID); ok {
					n = index.find(id)
				}
				if n == none {
					pr.differ(Difference{Kind: "object", ID: o.ID, Key: o.Key, Message: "this restore did not make the object"})
					continue
				}
				if err := pr.compareObject(ctx, n, &o); err != nil {
					return err
				}
			}
		}
		pr.proof.Types = append(pr.proof.Types, count)
	}
	return pr.unseen(ctx)
}

// unseen looks at the objects that the search did not show: its index may be behind.
func (pr *prover) unseen(ctx context.Context) error {
	for n := range int32(pr.s.len()) {
		state, id := pr.objects.get(n)
		switch state {
		case stateOutside:
		case stateFailed:
			pr.proof.Types[pr.s.types[n]].Refused++
		case stateOpen, stateDoubt:
			pr.proof.Remaining++
		case stateDone:
			if pr.seen[n] {
				continue
			}
			o, err := pr.target.Object(ctx, id)
			if isNotFound(err) {
				pr.differ(Difference{Kind: "object", ID: id, Key: pr.s.key(n), Message: "the object is not there"})
				continue
			}
			if err != nil {
				return fmt.Errorf("read object %s: %w", id, err)
			}
			pr.proof.Types[pr.s.types[n]].Found++
			if err := pr.compareObject(ctx, n, &o); err != nil {
				return err
			}
		}
	}
	return nil
}

// compareObject compares one object. What the search shows may be older than the last write, so an object that seems to
// differ is read once more by its id.
func (pr *prover) compareObject(ctx context.Context, n int32, o *assets.Object) error {
	pr.seen[n] = true
	pr.proof.Compared++
	pr.set.Progress.Advance(1)
	source, err := pr.source(ctx, n)
	if err != nil {
		return err
	}
	found, err := pr.compare(ctx, n, source, o)
	if err != nil {
		return err
	}
	if len(found.differences) > 0 {
		now, err := pr.target.Object(ctx, o.ID)
		if err != nil && !isNotFound(err) {
			return fmt.Errorf("read object %s: %w", o.ID, err)
		}
		if err == nil {
			if found, err = pr.compare(ctx, n, source, &now); err != nil {
				return err
			}
		}
	}
	pr.proof.Explained += found.explained
	pr.proof.References += found.references
	for _, d := range found.differences {
		pr.differ(d)
	}
	return nil
}
