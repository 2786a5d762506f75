package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"stowage/atlassian/sim/world"
)

// attributeRow is an attribute as a person reads it.
type attributeRow struct{ Name, Type, Target, Href, Cardinality, Notes string }

func (s *Site) showType(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object type")
	if err != nil {
		s.showProblem(w, err)
		return
	}
	t, err := s.world.ObjectType(id)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	schema, err := s.world.Schema(t.SchemaID)
	if err != nil {
		s.showProblem(w, err)
		return
	}
	list, err := s.list(r, "objectTypeId = "+id.String())
	if err != nil {
		s.showProblem(w, err)
		return
	}
	var rows []attributeRow
	s.world.View(func(v *world.View) {
		for a := range v.Attributes(id) {
			rows = append(rows, s.attributeRow(v, a))
		}
	})
	sendPage(w, http.StatusOK, s.pages, "type", struct {
		pageFrame
		Type       world.ObjectType
		Attributes []attributeRow
		List       objectList
	}{s.frame(t.Name, crumb{schema.Name, s.href("schemas", schema.ID)}, crumb{Text: t.Name}), t, rows, list})
}

func (s *Site) attributeRow(v *world.View, a *world.Attribute) attributeRow {
	row := attributeRow{Name: a.Name, Type: attributeTypeName(a), Cardinality: fmt.Sprintf("%d to %d", a.Min, a.Max)}
	if a.Max == world.Unlimited {
		row.Cardinality = fmt.Sprintf("%d or more", a.Min)
	}
	if target, ok := v.ObjectType(a.RefType); ok {
		row.Target, row.Href = target.Name, s.href("types", target.ID)
	}
	var notes []string
	for _, note := range []struct {
		on   bool
		text string
	}{
		{a.Label, "label"},
		{a.Unique, "unique"},
		{a.Hidden, "hidden"},
		{a.System, "system"},
		{a.InheritedFrom != 0, "inherited"},
		{a.Options != "", "options: " + a.Options},
		{a.Regex != "", "pattern: " + a.Regex},
		{a.Query != "", "filter: " + a.Query},
	} {
		if note.on {
			notes = append(notes, note.text)
		}
	}
	row.Notes = strings.Join(notes, ", ")
	return row
}

func attributeTypeName(a *world.Attribute) string {
	switch a.Type {
	case world.TypeDefault:
		return a.Default.String()
	case world.TypeReference:
		return "Reference to"
	case world.TypeUser:
		return "User"
	case world.TypeConfluence:
		return "Confluence"
	case world.TypeGroup:
		return "Group"
	case world.TypeVersion:
		return "Version"
	case world.TypeProject:
		return "Project"
	case world.TypeStatus:
		return "Status"
	case world.TypeBitbucket:
		return "Bitbucket repository"
	case world.TypeOpsgenie:
		return "Opsgenie team"
	}
	return "Type " + strconv.Itoa(int(a.Type))
}
