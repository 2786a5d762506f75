package restore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stowage/assets"
	"stowage/report"
)

// The stages of a restore, in their order and in the words of the product.
const (
	StageIcons            = "Restoring Icons"
	StageSchema           = "Restoring Schema"
	StageConfig           = "Restoring global config"
	StageGlobalStatuses   = "Restoring global status types"
	StageSchemaStatuses   = "Restoring schema status types"
	StageReferences       = "Restoring reference types"
	StageGlobalReferences = "Restoring global reference types"
	StageTypes            = "Restoring object types"
	StageAttributes       = "Restoring attributes"
	StageObjects          = "Restoring object entries"
	StageObjectReferences = "Restoring object references"
)

// NewPlan decides everything a restore of b to target is going to do. It reads the backup and the target and writes
// nothing. A name or key that is in use, options that make no sense and a backup that cannot be restored are errors that
// answer to ErrPlan or ErrOptions; what will only go wrong for some objects is found in Plan.Findings.
func NewPlan(ctx context.Context, b Backup, target Target, o Options) (*Plan, error) {
	p, _, err := makePlan(ctx, b, target, o)
	return p, err
}

// planner carries what is read while a plan is made.
type planner struct {
	b        Backup
	target   Target
	plan     *Plan
	findings findings
	calls    counter

	types      []assets.ObjectType
	attributes map[string][]assets.Attribute // by type
	statuses   []assets.StatusType
	references []assets.ReferenceType
}

// makePlan also returns the survey of the objects, for a restore that begins at once.
func makePlan(ctx context.Context, b Backup, target Target, o Options) (*Plan, *survey, error) {
	o, err := o.normal()
	if err != nil {
		return nil, nil, err
	}
	pl := &planner{
		b: b, target: target, calls: make(counter),
		plan: &Plan{Version: PlanVersion, Backup: b.ID(), Options: o},
	}
	for _, step := range []func(context.Context) error{pl.schema, pl.structure, pl.icons} {
		if err := step(ctx); err != nil {
			return nil, nil, err
		}
	}
	c := newCatalog(pl.plan)
	predict := newPredictor(c, &pl.findings)
	s, err := newSurvey(ctx, b, c, pl.plan.Source.SchemaKey, predict)
	if err != nil {
		return nil, nil, err
	}
	predict.s, s.check = s, nil
	if err := pl.statusTypes(ctx, s); err != nil {
		return nil, nil, err
	}
	if err := pl.referenceTypes(ctx); err != nil {
		return nil, nil, err
	}
	if err := pl.plan.meet(ctx, target, c, s, pl.calls); err != nil {
		return nil, nil, err
	}
	predict.people(newDirectory(pl.plan, s.people), o.Users)
	predict.duplicates()
	pl.count(s, predict)
	pl.kept()
	pl.plan.Findings = pl.findings.sorted()
	pl.cost()
	pl.plan.Hash, err = pl.plan.sum()
	return pl.plan, s, err
}

// kept says what of the backup will not be restored.
func (pl *planner) kept() {
	for what, n := range pl.b.Kept() {
		if n > 0 {
			pl.findings.count(Finding{
				Severity: SeverityWarning, Cause: report.CauseKeptInBackup, Kind: "schema", Message: what + " stay in the backup and are not restored",
			}, n)
		}
	}
}

// schema reads the schema and refuses a name or key that is taken.
func (pl *planner) schema(ctx context.Context) error {
	source, err := pl.b.Schema(ctx)
	if err != nil {
		return fmt.Errorf("read the schema of backup %s: %w", pl.b.ID(), err)
	}
	p := pl.plan
	p.Source = PlannedSource{SchemaID: source.ID, SchemaKey: source.Key, SchemaName: source.Name}
	p.Schema = PlannedSchema{Name: p.Options.NewSchema.Name, Key: p.Options.NewSchema.Key, Description: source.Description}
	properties, err := pl.b.Properties(ctx)
	switch {
	case err == nil:
		p.Schema.Properties, p.Schema.SetProperties = properties, true
	case !errors.Is(err, assets.ErrNotFound):
		return fmt.Errorf("read the schema properties of backup %s: %w", pl.b.ID(), err)
	}
	existing, err := pl.target.Schemas(ctx)
	if err != nil {
		return fmt.Errorf("list the schemas of the target: %w", err)
	}
	pl.calls.add(opSchemas, 1)
	for _, s := range existing {
		if strings.EqualFold(s.Key, p.Schema.Key) {
			return fmt.Errorf("%w: the schema key %s is in use on the target; choose another key", ErrPlan, s.Key)
		}
		if strings.EqualFold(s.Name, p.Schema.Name) {
			return fmt.Errorf("%w: the schema name %q is in use on the target; choose another name", ErrPlan, s.Name)
		}
	}
	return nil
}

// structure reads object types and attributes and decides which are restored.
func (pl *planner) structure(ctx context.Context) error {
	var err error
	if pl.types, err = pl.b.ObjectTypes(ctx); err != nil {
		return fmt.Errorf("read the object types of backup %s: %w", pl.b.ID(), err)
	}
	attributes, err := pl.b.Attributes(ctx)
	if err != nil {
		return fmt.Errorf("read the attributes of backup %s: %w", pl.b.ID(), err)
	}
	if pl.references, err = pl.b.ReferenceTypes(ctx); err != nil {
		return fmt.Errorf("read the reference types of backup %s: %w", pl.b.ID(), err)
	}
	if pl.statuses, err = pl.b.StatusTypes(ctx); err != nil {
		return fmt.Errorf("read the status types of backup %s: %w", pl.b.ID(), err)
	}
	pl.attributes = make(map[string][]assets.Attribute)
	for _, a := range attributes {
		pl.attributes[a.TypeID] = append(pl.attributes[a.TypeID], a)
	}
	selected, err := pl.selectTypes()
	if err != nil {
		return err
	}
	names := make(map[string]bool)
	for _, t := range pl.types {
		names[strings.ToLower(t.Name)] = true
	}
	for _, t := range parentsFirst(pl.types) {
		if !selected[t.ID] {
			pl.plan.Unselected = append(pl.plan.Unselected, t.ID)
			continue
		}
		planned := PlannedType{
			Source: t.ID, Name: pl.allowedName(t.Name, names), Description: t.Description, Parent: t.ParentID, Icon: t.IconID,
			Inherited: t.Inherited, Abstract: t.Abstract, Position: t.Position,
		}
		if !selected[t.ParentID] {
			planned.Parent = ""
		}
		planned.Attributes = pl.typeAttributes(t, selected)
		pl.plan.ObjectTypes = append(pl.plan.ObjectTypes, planned)
	}
	slices.Sort(pl.plan.Unselected)
	return nil
}

// selectTypes finds the chosen object types and their ancestors.
func (pl *planner) selectTypes() (map[string]bool, error) {
	selected := make(map[string]bool)
	byID := make(map[string]*assets.ObjectType)
	for i := range pl.types {
		byID[pl.types[i].ID] = &pl.types[i]
	}
	chosen := pl.plan.Options.ObjectTypes
	if len(chosen) == 0 {
		for id := range byID {
			selected[id] = true
		}
		return selected, nil
	}
	for _, wanted := range chosen {
		t := byID[wanted]
		for i := range pl.types {
			if t == nil && pl.types[i].Name == wanted {
				t = &pl.types[i]
			}
		}
		if t == nil {
			return nil, fmt.Errorf("%w: the backup holds no object type %q", ErrOptions, wanted)
		}
		for ; t != nil && !selected[t.ID]; t = byID[t.ParentID] {
			selected[t.ID] = true
		}
	}
	return selected, nil
}

// parentsFirst sorts object types so that parents stand before their children, siblings by position.
func parentsFirst(types []assets.ObjectType) []assets.ObjectType {
	children := make(map[string][]assets.ObjectType)
	known := make(map[string]bool)
	for _, t := range types {
		known[t.ID] = true
	}
	for _, t := range types {
		parent := t.ParentID
		if !known[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], t)
	}
	for _, siblings := range children {
		slices.SortStableFunc(siblings, func(a, b assets.ObjectType) int { return cmp.Compare(a.Position, b.Position) })
	}
	// Breadth first, so that a tree of any depth needs no recursion. What is not reached is on a cycle, which no site has.
	sorted := slices.Clone(children[""])
	for i := 0; i < len(sorted); i++ {
		sorted = append(sorted, children[sorted[i].ID]...)
	}
	return sorted
}

// allowedName replaces characters that the API refuses in names, which older schemas may hold.
func (pl *planner) allowedName(name string, taken map[string]bool) string {
	if !strings.ContainsAny(name, forbidden) {
		return name
	}
	allowed := strings.Map(func(r rune) rune {
		if strings.ContainsRune(forbidden, r) {
			return '_'
		}
		return r
	}, name)
	for taken[strings.ToLower(allowed)] {
		allowed += "_"
	}
	taken[strings.ToLower(allowed)] = true
	pl.findings.add(Finding{
		Severity: SeverityWarning, Cause: report.CauseNameForbidden, Kind: "object type", Type: name,
		Message: "the name holds a character the API refuses; the object type is restored under another name",
	}, "", fmt.Sprintf("%q is restored as %q", name, allowed))
	return allowed
}

// typeAttributes plans the attributes of one type, in their order, and those that Stowage adds.
func (pl *planner) typeAttributes(t assets.ObjectType, selected map[string]bool) []PlannedAttribute {
	var list []PlannedAttribute
	source := slices.Clone(pl.attributes[t.ID])
	slices.SortStableFunc(source, func(a, b assets.Attribute) int { return cmp.Compare(a.Position, b.Position) })
	have := make(map[string]bool)
	for i := range source {
		a := &source[i]
		if !a.Writable() {
			continue
		}
		have[a.Name] = true
		planned := PlannedAttribute{
			Source: a.ID, Name: a.Name, Description: a.Description, Kind: a.Kind, Default: a.Default,
			TypeValue: a.TypeValue, TypeValueMulti: a.TypeValueMulti, AdditionalValue: a.AdditionalValue,
			Min: a.MinCardinality, Max: a.MaxCardinality, Label: a.Label, Hidden: a.Hidden, Unique: a.Unique, Summable: a.Summable,
			IncludeChildren: a.IncludeChildren, Regex: a.Regex, Query: a.Query, Suffix: a.Suffix, Options: a.Options,
		}
		planned.Dropped = pl.dropped(a, selected)
		if a.Kind == assets.KindReference {
			planned.TypeValue, planned.AdditionalValue = a.ReferenceObjectTypeID, pl.referenceType(a)
		}
		if planned.Dropped != "" {
			pl.findings.add(Finding{
				Severity: SeverityWarning, Cause: planned.Dropped, Kind: "attribute", Type: t.Name, Attribute: a.Name,
				Message: droppedSentence(planned.Dropped),
			}, "", "the attribute is not restored")
		}
		list = append(list, planned)
	}
	added := []string{assets.AttributeOriginalID, assets.AttributeOriginalKey}
	if pl.plan.Options.History {
		added = append(added, assets.AttributeObjectHistory)
	}
	for _, name := range added {
		if have[name] {
			continue
		}
		a := PlannedAttribute{Source: name, Name: name, Default: assets.DefaultText, Max: 1}
		if name == assets.AttributeObjectHistory {
			a.Default = assets.DefaultTextarea
		}
		list = append(list, a)
	}
	return list
}

// dropped is why an attribute cannot be restored, or empty.
func (pl *planner) dropped(a *assets.Attribute, selected map[string]bool) report.Cause {
	switch a.Kind {
	case assets.KindDefault, assets.KindUser, assets.KindGroup, assets.KindStatus, assets.KindProject, assets.KindVersion:
		return ""
	case assets.KindReference:
		if selected[a.ReferenceObjectTypeID] {
			return ""
		}
		if slices.ContainsFunc(pl.types, func(t assets.ObjectType) bool { return t.ID == a.ReferenceObjectTypeID }) {
			return report.CauseTypeNotSelected
		}
		return report.CauseReferenceOutside
	case assets.KindConfluence, assets.KindBitbucket, assets.KindOpsgenie:
	}
	return report.CauseKindUnsupported
}

func droppedSentence(cause report.Cause) string {
	switch cause {
	case report.CauseTypeNotSelected:
		return "the attribute refers to an object type that is not restored, so it is left out"
	case report.CauseReferenceOutside:
		return "the attribute refers to an object type of another schema, so it is left out"
	default:
		return "attributes of this kind cannot be written through the API, so it is left out"
	}
}

// referenceType returns the id of the reference type of a, making one up for a type that the backup only names.
func (pl *planner) referenceType(a *assets.Attribute) string {
	for _, r := range pl.references {
		if r.ID == a.ReferenceTypeID {
			return r.ID
		}
	}
	r := assets.ReferenceType{ID: a.ReferenceTypeID, Name: a.ReferenceTypeName}
	if r.Name == "" {
		r.Name = "Reference"
	}
	if r.ID == "" {
		r.ID = "name " + r.Name
		for _, known := range pl.references {
			if known.ID == r.ID {
				return r.ID
			}
		}
	}
	pl.references = append(pl.references, r)
	return r.ID
}

// icons maps the icons of the restored types by name.
func (pl *planner) icons(ctx context.Context) error {
	there, err := pl.target.Icons(ctx)
	if err != nil {
		return fmt.Errorf("list the icons of the target: %w", err)
	}
	pl.calls.add(opIcons, 1)
	if len(there) == 0 {
		return fmt.Errorf("%w: the target shows no icon, and object types cannot be created without one", ErrPlan)
	}
	pl.plan.DefaultIcon = there[0].ID
	for _, icon := range there {
		if icon.Name == "Object" {
			pl.plan.DefaultIcon = icon.ID
			break
		}
	}
	here, err := pl.b.Icons(ctx)
	if err != nil {
		return fmt.Errorf("read the icons of backup %s: %w", pl.b.ID(), err)
	}
	names := make(map[string]string)
	for _, t := range pl.types {
		names[t.IconID] = t.IconName
	}
	for _, icon := range here {
		names[icon.ID] = icon.Name
	}
	planned := make(map[string]bool)
	for i := range pl.plan.ObjectTypes {
		id := pl.plan.ObjectTypes[i].Icon
		if id == "" || planned[id] {
			continue
		}
		planned[id] = true
		icon := PlannedIcon{Source: id, Name: names[id], Target: matchIcon(there, id, names[id])}
		if icon.Target == "" {
			if err := pl.missingIcon(ctx, &icon); err != nil {
				return err
			}
		}
		pl.plan.Icons = append(pl.plan.Icons, icon)
	}
	return nil
}

func matchIcon(there []assets.Icon, id, name string) string {
	found := ""
	for _, icon := range there {
		if icon.Name != name || name == "" {
			continue
		}
		if icon.ID == id {
			return id
		}
		if found == "" {
			found = icon.ID
		}
	}
	return found
}

// missingIcon decides between uploading an icon and using the default one.
func (pl *planner) missingIcon(ctx context.Context, icon *PlannedIcon) error {
	warning := Finding{Severity: SeverityWarning, Cause: report.CauseIconMissing, Kind: "icon"}
	if pl.plan.Options.Icons && icon.Name != "" {
		switch _, err := pl.b.IconImage(ctx, icon.Source); {
		case err == nil:
			return nil
		case !errors.Is(err, assets.ErrNotFound):
			return fmt.Errorf("read icon %s of backup %s: %w", icon.Source, pl.b.ID(), err)
		}
		warning.Message = "the backup does not hold the picture, so object types get the default icon"
	} else {
		warning.Message = "the target has no icon of this name, so object types get the default icon"
	}
	pl.findings.add(warning, "", fmt.Sprintf("icon %q", icon.Name))
	icon.Target, icon.Fallback = pl.plan.DefaultIcon, true
	return nil
}

// statusTypes maps the status types of the schema, and the global ones in use, by name.
func (pl *planner) statusTypes(ctx context.Context, s *survey) error {
	used := make(map[string]bool)
	for _, t := range pl.plan.ObjectTypes {
		for _, a := range t.Attributes {
			if a.Kind == assets.KindStatus {
				for _, id := range a.TypeValueMulti {
					used[id] = true
				}
			}
		}
	}
	known := make(map[string]bool)
	for _, st := range pl.statuses {
		known[st.ID] = true
	}
	for id, v := range s.statuses {
		used[id] = true
		if !known[id] {
			pl.statuses = append(pl.statuses, assets.StatusType{ID: id, Name: v.Name, Category: v.Category})
		}
	}
	there, err := pl.target.StatusTypes(ctx, "")
	if err != nil {
		return fmt.Errorf("list the status types of the target: %w", err)
	}
	pl.calls.add(opStatuses, 1)
	for _, st := range pl.statuses {
		global := st.SchemaID == ""
		if st.Name == "" || global && !used[st.ID] {
			continue
		}
		planned := PlannedStatus{Source: st.ID, Name: st.Name, Description: st.Description, Category: st.Category, Global: global}
		for _, have := range there {
			if global && have.SchemaID == "" && have.Name == st.Name {
				planned.Target = have.ID
				if have.Category != st.Category {
					pl.findings.add(Finding{
						Severity: SeverityWarning, Kind: "status type",
						Message: "a status of the same name has another category on the target; it is used as it is there",
					}, "", fmt.Sprintf("status %q", st.Name))
				}
			}
		}
		pl.plan.StatusTypes = append(pl.plan.StatusTypes, planned)
	}
	slices.SortFunc(pl.plan.StatusTypes, func(a, b PlannedStatus) int { return compareStrings(a.Name, b.Name, a.Source, b.Source) })
	return nil
}

// referenceTypes maps the reference types of the schema, and the global ones in use, by name.
func (pl *planner) referenceTypes(ctx context.Context) error {
	used := make(map[string]bool)
	for _, t := range pl.plan.ObjectTypes {
		for _, a := range t.Attributes {
			if a.Kind == assets.KindReference && a.Dropped == "" {
				used[a.AdditionalValue] = true
			}
		}
	}
	there, err := pl.target.ReferenceTypes(ctx, "")
	if err != nil {
		return fmt.Errorf("list the reference types of the target: %w", err)
	}
	pl.calls.add(opReferences, 1)
	for _, r := range pl.references {
		global := r.SchemaID == ""
		if r.Name == "" || global && !used[r.ID] {
			continue
		}
		planned := PlannedReference{Source: r.ID, Name: r.Name, Description: r.Description, Color: r.Color, Global: global}
		for _, have := range there {
			if global && have.SchemaID == "" && have.Name == r.Name {
				planned.Target = have.ID
			}
		}
		pl.plan.ReferenceTypes = append(pl.plan.ReferenceTypes, planned)
	}
	slices.SortFunc(pl.plan.ReferenceTypes, func(a, b PlannedReference) int { return compareStrings(a.Name, b.Name, a.Source, b.Source) })
	return nil
}

// count fills in the numbers of objects and what creating them demands of the attributes.
func (pl *planner) count(s *survey, predict *predictor) {
	order := assets.NewGraph(s.len(), s.from, s.to).Order()
	second, counts := predict.references(order)
	for t, n := range s.counts {
		pl.plan.ObjectTypes[t].Objects = n
		counts.Planned += n
	}
	for n, t := range s.types {
		if t == none {
			continue
		}
		if predict.failing[n] {
			counts.Fail++
		} else if second[n] {
			counts.SecondWrites++
			pl.plan.ObjectTypes[t].SecondWrites++
		}
	}
	pl.plan.Objects = counts
	for at, r := range predict.relaxed {
		a := predict.c.attrs[at]
		a.Relaxed = &Relaxation{Min: r.Min, Max: r.Max}
		pl.findings.add(Finding{
			Severity: SeverityWarning, Kind: "attribute", Type: predict.c.types[a.typ].Name, Attribute: a.Name,
			Message: "the cardinality is relaxed while objects are created and put back afterwards",
		}, "", fmt.Sprintf("minimum %d instead of %d, maximum %d instead of %d while objects are created", r.Min, a.Min, r.Max, a.Max))
	}
}

// cost counts the stages and the calls.
func (pl *planner) cost() {
	p := pl.plan
	stages := make(map[string]*PlannedStage)
	for _, name := range []string{
		StageIcons, StageSchema, StageConfig, StageGlobalStatuses, StageSchemaStatuses, StageReferences, StageGlobalReferences,
		StageTypes, StageAttributes, StageObjects, StageObjectReferences,
	} {
		p.Stages = append(p.Stages, PlannedStage{Name: name})
	}
	for i := range p.Stages {
		stages[p.Stages[i].Name] = &p.Stages[i]
	}
	count := func(stage, op, have string) {
		if have != "" {
			stages[stage].Keep++
			return
		}
		stages[stage].Create++
		pl.calls.add(op, 1)
	}
	for _, icon := range p.Icons {
		count(StageIcons, opCreateIcon, icon.Target)
	}
	count(StageSchema, opCreateSchema, "")
	if p.Schema.SetProperties {
		stages[StageConfig].Update = 1
		pl.calls.add(opProperties, 1)
	}
	for _, st := range p.StatusTypes {
		stage := StageSchemaStatuses
		if st.Global {
			stage = StageGlobalStatuses
		}
		count(stage, opCreateStatus, st.Target)
	}
	for _, r := range p.ReferenceTypes {
		stage := StageReferences
		if r.Global {
			stage = StageGlobalReferences
		}
		count(stage, opCreateReference, r.Target)
	}
	inherited := make(map[string]map[string]bool)
	for _, t := range p.ObjectTypes {
		count(StageTypes, opCreateType, "")
		pl.calls.add(opAttributes, 2)
		if t.Inherited {
			inherited[t.Source] = make(map[string]bool)
		}
		for _, a := range t.Attributes {
			switch {
			case a.Dropped != "":
				continue
			case a.Name == assets.AttributeName || inherited[t.Parent][a.Name]:
				stages[StageAttributes].Keep++
			default:
				count(StageAttributes, opCreateAttribute, "")
			}
			if a.Relaxed != nil {
				stages[StageAttributes].Update++
				pl.calls.add(opUpdateAttribute, 1)
			}
			if t.Inherited {
				inherited[t.Source][a.Name] = true
			}
		}
		pl.calls.add(opFind, t.Objects/proofPage+1)
	}
	pl.calls.add(opTypes, 2)
	stages[StageObjects].Create = p.Objects.Planned
	stages[StageObjectReferences].Update = p.Objects.SecondWrites
	pl.calls.add(opCreateObject, p.Objects.Planned)
	pl.calls.add(opUpdateObject, p.Objects.SecondWrites)
	p.Calls, p.Minutes = pl.calls, pl.calls.minutes()
}
