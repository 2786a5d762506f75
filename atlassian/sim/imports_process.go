package sim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stowage/atlassian/sim/world"
)

// concatenator separates several values in one text.
const concatenator = "||"

// importResult is what became of the data of an execution.
type importResult struct {
	entries   int
	populated []string
	types     []*wireTypeResult
}

// importEntry is one object in the data.
type importEntry struct {
	mapping *objectTypeMapping
	count   *wireTypeResult
	data    map[string]any
	object  world.ID
}

// process works the data of an execution into objects: first all objects with their plain
// values, then the references between them.
func (s *Site) process(ctx context.Context, source *importSource, x *importExecution) {
	now := s.now()
	x.state, x.ended, x.shownDone = executionDone, now, now.Add(source.ProcessingTime)
	p := &importProcess{ctx: ctx, site: s, source: source, actor: x.actor, result: &importResult{populated: []string{}}}
	x.result = p.result
	var documents []map[string]any
	for _, chunk := range x.chunks {
		d := json.NewDecoder(bytes.NewReader(chunk))
		d.UseNumber()
		var document map[string]any
		if d.Decode(&document) == nil {
			documents = append(documents, document)
		}
	}
	x.chunks = nil
	began := s.now()
	var entries []*importEntry
	for _, m := range source.mapping.ObjectTypeMappings {
		entries = append(entries, p.read(m, documents)...)
	}
	// Objects that cannot be without a reference wait until the others are there.
	var waiting []*importEntry
	for _, e := range entries {
		if p.needsReference(e.mapping) {
			waiting = append(waiting, e)
		} else {
			p.write(e, false)
		}
	}
	for _, e := range waiting {
		p.write(e, true)
	}
	for _, e := range entries {
		p.refer(e)
	}
	p.dropMissing(entries)
	took := s.now().Sub(began).Milliseconds()
	for _, t := range p.result.types {
		t.WriteTime, t.ExecutionTime = took, took
		if t.Created+t.Updated > 0 {
			p.result.populated = append(p.result.populated, t.Name)
		}
	}
}

// importProcess is the working of one execution's data.
type importProcess struct {
	ctx    context.Context //nolint:containedctx // lives as long as one call of process
	site   *Site
	source *importSource
	actor  string
	result *importResult
}

// read finds the entries of a mapping and sorts out those that cannot become objects.
func (p *importProcess) read(m *objectTypeMapping, documents []map[string]any) []*importEntry {
	count := &wireTypeResult{Name: m.ObjectTypeName, TypeID: int(m.typeID)}
	p.result.types = append(p.result.types, count)
	label := p.labelMapping(m)
	seen := map[string]bool{}
	var out []*importEntry
	for _, document := range documents {
		for _, data := range selected(document, m.Selector) {
			e := &importEntry{mapping: m, count: count, data: data}
			count.Entries++
			p.result.entries++
			key, complete := e.externalKey()
			switch {
			case !complete:
				count.EmptyExternalIDs++
			case label != nil && len(e.values(*label)) == 0:
				count.EmptyLabels++
			case key != "" && seen[key]:
				count.Duplicates++
			default:
				seen[key] = true
				out = append(out, e)
			}
		}
	}
	return out
}

// labelMapping is the mapping of the label of the type's objects, if it is mapped.
func (p *importProcess) labelMapping(m *objectTypeMapping) *attributeMapping {
	for i, a := range m.AttributesMapping {
		if attribute, ok := p.attribute(a.attribute); ok && attribute.Label {
			return &m.AttributesMapping[i]
		}
	}
	return nil
}

func (p *importProcess) attribute(id world.ID) (a world.Attribute, ok bool) {
	p.site.world.View(func(v *world.View) { a, ok = v.Attribute(id) })
	return a, ok
}

// selected walks the names of a selector through objects and arrays. The empty selector
// is the document itself.
func selected(document map[string]any, selector string) []map[string]any {
	at := []map[string]any{document}
	if selector == "" {
		return at
	}
	for name := range strings.SplitSeq(selector, ".") {
		var next []map[string]any
		for _, o := range at {
			next = append(next, objectsIn(o[name])...)
		}
		at = next
	}
	return at
}

func objectsIn(v any) []map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return []map[string]any{v}
	case []any:
		var out []map[string]any
		for _, e := range v {
			out = append(out, objectsIn(e)...)
		}
		return out
	default:
		return nil
	}
}

// located finds the values a locator names: scalars as text, arrays as several.
func located(data map[string]any, locator string) []string {
	var at any = data
	if v, ok := data[locator]; ok {
		at = v
	} else {
		for name := range strings.SplitSeq(locator, ".") {
			o, ok := at.(map[string]any)
			if !ok {
				return nil
			}
			at = o[name]
		}
	}
	return scalars(at)
}

func scalars(v any) []string {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case bool:
		return []string{strconv.FormatBool(v)}
	case []any:
		var out []string
		for _, e := range v {
			out = append(out, scalars(e)...)
		}
		return out
	default:
		return nil
	}
}

// values are those of all locators of an attribute, one after the other.
func (e *importEntry) values(a attributeMapping) []string {
	var out []string
	for _, locator := range a.AttributeLocators {
		for _, v := range located(e.data, locator) {
			for part := range strings.SplitSeq(v, concatenator) {
				if part != "" {
					out = append(out, part)
				}
			}
		}
	}
	return out
}

// externalKey joins the values that identify the object; it is not complete if one of
// them is missing. Without any part there is no key.
func (e *importEntry) externalKey() (key string, complete bool) {
	var parts []string
	for _, a := range e.mapping.AttributesMapping {
		if !a.ExternalIDPart {
			continue
		}
		values := e.values(a)
		if len(values) == 0 {
			return "", false
		}
		parts = append(parts, strings.Join(values, concatenator))
	}
	return strings.Join(parts, "\x00"), true
}

// needsReference tells whether objects of a type must have a reference from the start.
func (p *importProcess) needsReference(m *objectTypeMapping) bool {
	return slices.ContainsFunc(m.AttributesMapping, func(am attributeMapping) bool {
		a, ok := p.attribute(am.attribute)
		return ok && a.Type == world.TypeReference && a.Min > 0
	})
}

func (e *importEntry) fail(format string, args ...any) {
	const most = 100
	if len(e.count.ErrorMessages) < most {
		e.count.ErrorMessages = append(e.count.ErrorMessages, fmt.Sprintf(format, args...))
	}
}

// write creates the object of an entry, or changes the one that is there.
func (p *importProcess) write(e *importEntry, references bool) {
	in := world.ObjectInput{TypeID: e.mapping.typeID}
	for _, am := range e.mapping.AttributesMapping {
		a, ok := p.attribute(am.attribute)
		switch {
		case !ok:
			e.fail("The attribute %s is gone", am.AttributeName)
			return
		case a.Type == world.TypeReference:
			if references && a.Min > 0 {
				found, err := p.referenced(e, am, a)
				if err != nil {
					e.fail("%s: %v", am.AttributeName, err)
					return
				}
				in.Attributes = append(in.Attributes, world.AttributeValues{Attribute: a.ID, Values: idTexts(found)})
			}
			continue
		}
		values := e.values(am)
		if len(values) == 0 {
			continue // empty values are ignored
		}
		if a.Default == world.DefaultSelect {
			p.addOptions(a, values)
		}
		in.Attributes = append(in.Attributes, world.AttributeValues{Attribute: a.ID, Values: values})
	}
	there, err := p.match(e)
	if err != nil {
		e.fail("%v", err)
		return
	}
	if there == 0 {
		made, err := p.site.world.CreateObject(p.actor, in)
		if err != nil {
			e.fail("%v", err)
			return
		}
		e.object, e.count.Created = made.ID, e.count.Created+1
		return
	}
	before, err := p.site.world.Object(there)
	if err != nil {
		e.fail("%v", err)
		return
	}
	after, err := p.site.world.UpdateObject(p.actor, there, world.ObjectInput{Attributes: in.Attributes})
	switch {
	case err != nil:
		e.fail("%v", err)
		return
	case p.sameObject(before, after):
		e.count.Identical++
	default:
		e.count.Updated++
	}
	e.object = there
}

// sameObject compares what an import can have changed.
func (p *importProcess) sameObject(a, b world.Object) bool {
	stored := func(o world.Object) []world.ObjectAttribute {
		return slices.DeleteFunc(slices.Clone(o.Attributes), func(oa world.ObjectAttribute) bool {
			at, ok := p.attribute(oa.Attribute)
			return ok && at.System
		})
	}
	return slices.EqualFunc(stored(a), stored(b), func(x, y world.ObjectAttribute) bool {
		return x.Attribute == y.Attribute && slices.Equal(x.Values, y.Values)
	})
}

// addOptions gives a select attribute the options that the data brings.
func (p *importProcess) addOptions(a world.Attribute, values []string) {
	options := strings.Split(a.Options, ",")
	if a.Options == noOption {
		options = nil
	}
	had := len(options)
	for _, v := range values {
		if v = strings.TrimSpace(v); !slices.Contains(options, v) {
			options = append(options, v)
		}
	}
	if len(options) > had {
		joined := strings.Join(options, ",")
		// If it is refused, so is the value, and that is told.
		_, _ = p.site.world.UpdateAttribute(a.TypeID, a.ID, world.AttributeInput{Options: &joined})
	}
}

// match finds the object that has the same values in all parts of the external id; by its
// label if there is no such part. Zero is none.
func (p *importProcess) match(e *importEntry) (world.ID, error) {
	terms := []string{"objectTypeId = " + e.mapping.typeID.String()}
	add := func(a attributeMapping) {
		for _, v := range e.values(a) {
			terms = append(terms, aqlQuote(a.name(p))+" == "+aqlQuote(v))
		}
	}
	for _, a := range e.mapping.AttributesMapping {
		if a.ExternalIDPart {
			add(a)
		}
	}
	if len(terms) == 1 {
		label := p.labelMapping(e.mapping)
		if label == nil {
			return 0, nil
		}
		add(*label)
	}
	found, err := p.site.world.Find(p.ctx, strings.Join(terms, " AND "))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	return found[0], nil
}

// name is what the attribute is called now.
func (a attributeMapping) name(p *importProcess) string {
	if at, ok := p.attribute(a.attribute); ok {
		return at.Name
	}
	return a.AttributeName
}

func aqlQuote(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
}

// refer sets the references of an object, now that all are there.
func (p *importProcess) refer(e *importEntry) {
	if e.object == 0 {
		return
	}
	in := world.ObjectInput{}
	for _, am := range e.mapping.AttributesMapping {
		a, ok := p.attribute(am.attribute)
		if !ok || a.Type != world.TypeReference {
			continue
		}
		found, err := p.referenced(e, am, a)
		if err != nil {
			e.fail("%s: %v", am.AttributeName, err)
			continue
		}
		if len(found) > 0 {
			in.Attributes = append(in.Attributes, world.AttributeValues{Attribute: a.ID, Values: idTexts(found)})
		}
	}
	if len(in.Attributes) == 0 {
		return
	}
	before, err := p.site.world.Object(e.object)
	if err != nil {
		e.fail("%v", err)
		return
	}
	after, err := p.site.world.UpdateObject(p.actor, e.object, in)
	switch {
	case err != nil:
		e.fail("%v", err)
	case !p.sameObject(before, after):
		e.count.UpdatedReferences++
	}
}

// referenced finds the objects that the mapped query names, each of the values of the
// entry put in its place in turn.
func (p *importProcess) referenced(e *importEntry, am attributeMapping, a world.Attribute) ([]world.ID, error) {
	query := am.ObjectMappingIQL
	values := e.values(am)
	if query == "" {
		query = "label = ${" + am.AttributeLocators[0] + "}"
	}
	rounds := len(values)
	for _, locator := range locatorsOf(query) {
		rounds = max(rounds, len(located(e.data, locator)))
	}
	var types []string
	p.site.world.View(func(v *world.View) {
		types = familyOf(v, a.RefType)
	})
	var out []world.ID
	for round := range rounds {
		missing := false
		filled := interpolate(query, func(locator string) string {
			found := located(e.data, locator)
			if len(found) == 0 {
				missing = true
				return ""
			}
			return found[min(round, len(found)-1)]
		})
		if missing {
			continue
		}
		found, err := p.site.world.Find(p.ctx, "objectTypeId IN ("+strings.Join(types, ",")+") AND ("+filled+")")
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			if !slices.Contains(out, id) && (a.Max == world.Unlimited || len(out) < a.Max) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// familyOf is a type with all below it.
func familyOf(v *world.View, id world.ID) []string {
	out := []string{id.String()}
	for _, child := range v.Children(id) {
		out = append(out, familyOf(v, child)...)
	}
	return out
}

func idTexts(ids []world.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// locatorsOf are the names in ${…}.
func locatorsOf(query string) []string {
	var out []string
	interpolate(query, func(locator string) string {
		out = append(out, locator)
		return ""
	})
	return out
}

// interpolate puts values in the place of ${locator}, quoted unless the query does so.
func interpolate(query string, value func(locator string) string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(query, "${")
		locator, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			b.WriteString(query)
			return b.String()
		}
		b.WriteString(before)
		quoted := aqlQuote(value(locator))
		if insideQuotes(b.String()) {
			quoted = quoted[1 : len(quoted)-1]
		}
		b.WriteString(quoted)
		query = after
	}
}

// insideQuotes tells whether a text ends within a quotation.
func insideQuotes(s string) bool {
	inside := false
	for i := 0; i < len(s); i++ {
		switch {
		case inside && s[i] == '\\':
			i++
		case s[i] == '"':
			inside = !inside
		}
	}
	return inside
}

// dropMissing deletes the objects of the mapped types that the data did not have, if the
// source is set to do so.
func (p *importProcess) dropMissing(entries []*importEntry) {
	if !p.source.DeleteMissing {
		return
	}
	kept := map[world.ID]bool{}
	failed := map[*wireTypeResult]bool{}
	for _, e := range entries {
		kept[e.object] = true
		failed[e.count] = failed[e.count] || e.object == 0
	}
	for _, t := range p.result.types {
		if failed[t] {
			continue // what could not be written may be what seems to be missing
		}
		there, err := p.site.world.Find(p.ctx, fmt.Sprintf("objectTypeId = %d", t.TypeID))
		if err != nil {
			continue
		}
		for _, id := range there {
			if !kept[id] && p.site.world.DeleteObject(p.actor, id) == nil {
				t.MissingDeleted++
			}
		}
	}
}
