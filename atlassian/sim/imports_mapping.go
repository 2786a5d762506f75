package sim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"stowage/atlassian/sim/world"
)

func (s *Site) putMapping(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		if source.mapping != nil {
			refuseImport(w, http.StatusConflict, "MAPPING_EXISTS", "A mapping already exists for this import")
			return
		}
		s.takeMapping(w, r, source, true)
	})
}

func (s *Site) patchMapping(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) { s.takeMapping(w, r, source, source.mapping == nil) })
}

// takeMapping checks and applies a document; a whole one has both schema and mapping.
func (s *Site) takeMapping(w http.ResponseWriter, r *http.Request, source *importSource, whole bool) {
	var doc importDocument
	if err := readJSON(r, &doc); err != nil {
		writeError(w, err)
		return
	}
	_, wrong := s.checkDocument(source, &doc, whole)
	refused := importRefusal{Result: "error", ErrorCode: "DATA_VALIDATION_ERROR", Invalid: wrong}
	if len(wrong) == 0 {
		if err := s.applyDocument(source, &doc); err != nil {
			wrong = []invalidDocument{{Code: "REFUSED", Message: err.Error()}}
			refused.Messages, refused.Invalid = []string{err.Error()}, wrong
		}
	}
	if !queryBool(r, "async", false) {
		if len(wrong) > 0 {
			writeJSON(w, http.StatusBadRequest, refused)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	run := mappingRun{Status: "FINISHED", Result: "OK", Message: "Schema and mapping successfully created"}
	if len(wrong) > 0 {
		run.Result, run.Message = "FAILED", wrong[0].Code+": "+wrong[0].Message
	}
	id := uuid.NewString()
	source.mappingRuns[id] = run
	w.Header().Set("Location", s.assetsURL(r)+"/importsource/"+source.id+"/mapping/progress/"+id)
	w.WriteHeader(http.StatusSeeOther)
}

// typeExternalID is the external id a mapping gave to a type, or one that follows from it.
func (s *Site) typeExternalID(id world.ID) string {
	if given := s.imports.types[id]; given != "" {
		return given
	}
	return s.generatedExternalID("object-type", id)
}

func (s *Site) attributeExternalID(id world.ID) string {
	if given := s.imports.attributes[id]; given != "" {
		return given
	}
	return s.generatedExternalID("object-type-attribute", id)
}

func (s *Site) generatedExternalID(kind string, id world.ID) string {
	return uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%s/%d", s.workspaceID, kind, id)).String()
}

// applyDocument writes what a document that has been checked asks for.
func (s *Site) applyDocument(source *importSource, doc *importDocument) error {
	if doc.Schema != nil {
		if err := s.applySchema(source, doc.Schema); err != nil {
			return err
		}
	}
	if doc.Mapping == nil {
		return nil
	}
	known, err := s.knownTypes(source.SchemaID)
	if err != nil {
		return err
	}
	for _, m := range doc.Mapping.ObjectTypeMappings {
		t := known.find(m.ObjectTypeExternalID, m.ObjectTypeName)
		m.typeID = t.id
		for i := range m.AttributesMapping {
			a := &m.AttributesMapping[i]
			a.attribute = t.attribute(a.AttributeExternalID, a.AttributeName).id
		}
	}
	source.mapping, source.updated = doc.Mapping, s.now()
	return nil
}

func (s *Site) applySchema(source *importSource, schema *importSchema) error {
	if schema.IconSchema != nil {
		for _, icon := range schema.IconSchema.Icons {
			raw, err := base64.StdEncoding.DecodeString(icon.PNG48)
			if err != nil {
				return fmt.Errorf("icon %s: %w", icon.Key, err)
			}
			if known := s.imports.icons[icon.Key]; known != 0 {
				if _, err := s.world.UpdateIcon(known, &icon.Name, raw); err == nil {
					continue
				}
			}
			made, err := s.world.CreateIcon(source.SchemaID, icon.Name, raw)
			if err != nil {
				return fmt.Errorf("icon %s: %w", icon.Key, err)
			}
			s.imports.icons[icon.Key] = made.ID
		}
	}
	if schema.StatusSchema != nil {
		for _, status := range schema.StatusSchema.Statuses {
			if err := s.applyStatus(source.SchemaID, status); err != nil {
				return fmt.Errorf("status %s: %w", status.Name, err)
			}
		}
	}
	if schema.ObjectSchema == nil {
		return nil
	}
	// References come last, when all types are there.
	if err := s.applyTypes(source.SchemaID, 0, schema.ObjectSchema.ObjectTypes); err != nil {
		return err
	}
	for _, references := range []bool{false, true} {
		known, err := s.knownTypes(source.SchemaID)
		if err != nil {
			return err
		}
		if err := s.applyAttributes(schema.ObjectSchema.ObjectTypes, known, references); err != nil {
			return err
		}
	}
	return nil
}

// applyStatus makes a status unless the schema or the site has one of that name.
func (s *Site) applyStatus(schemaID world.ID, status importStatus) error {
	for _, of := range []world.ID{schemaID, 0} {
		there, err := s.world.StatusTypes(of)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(o world.StatusType) bool { return strings.EqualFold(o.Name, status.Name) }) {
			return nil
		}
	}
	_, err := s.world.CreateStatusType(world.StatusInput{
		SchemaID: schemaID, Name: status.Name, Description: *status.Description, Category: statusCategories[status.Category],
	})
	return err
}

func (s *Site) applyTypes(schemaID, parent world.ID, types []importType) error {
	for _, t := range types {
		known, err := s.knownTypes(schemaID)
		if err != nil {
			return err
		}
		k := known.find(t.ExternalID, t.Name)
		if k == nil {
			k = known.find("", t.Name)
		}
		icon := s.imports.icons[t.IconKey]
		if k == nil {
			if icon == 0 {
				icon = s.world.Icons(0)[0].ID
			}
			made, err := s.world.CreateType(world.TypeInput{SchemaID: schemaID, ParentID: parent, IconID: icon, Name: t.Name, Description: *t.Description})
			if err != nil {
				return fmt.Errorf("object type %s: %w", t.Name, err)
			}
			k = &knownType{id: made.ID}
		} else {
			patch := world.TypePatch{Description: t.Description}
			if icon != 0 {
				patch.IconID = &icon
			}
			if _, err := s.world.UpdateType(k.id, patch); err != nil {
				return fmt.Errorf("object type %s: %w", t.Name, err)
			}
		}
		if t.ExternalID != "" {
			s.imports.types[k.id] = t.ExternalID
		}
		if err := s.applyTypes(schemaID, k.id, t.Children); err != nil {
			return err
		}
	}
	return nil
}

func (s *Site) applyAttributes(types []importType, known knownTypes, references bool) error {
	for _, t := range types {
		k := known.find("", t.Name)
		for _, a := range t.Attributes {
			if (a.Type == "referenced_object") != references {
				continue
			}
			if err := s.applyAttribute(k, a, known); err != nil {
				return fmt.Errorf("attribute %s of object type %s: %w", a.Name, t.Name, err)
			}
		}
		if !references {
			s.dropBornName(k, t)
		}
		if err := s.applyAttributes(t.Children, known, references); err != nil {
			return err
		}
	}
	return nil
}

// dropBornName removes the attribute Name with which a type is born if the document has
// another label and does not want it.
func (s *Site) dropBornName(k *knownType, t importType) {
	label := false
	for _, a := range t.Attributes {
		if strings.EqualFold(a.Name, "Name") {
			return
		}
		label = label || a.Label
	}
	objects, err := s.world.ObjectType(k.id)
	if name := k.attribute("", "Name"); label && name != nil && err == nil && objects.ObjectCount == 0 {
		// If it must stay, it stays; the label has moved already.
		_, _ = s.world.DeleteAttribute(name.id)
	}
}

func (s *Site) applyAttribute(of *knownType, a importAttribute, known knownTypes) error {
	in := world.AttributeInput{Name: &a.Name, Description: a.Description, Min: a.MinimumCardinality, Max: a.MaximumCardinality, Unique: &a.Unique}
	if a.Label {
		in.Label = &a.Label
	}
	for _, kind := range importKinds {
		if kind.name == a.Type {
			in.Type, in.Default = &kind.kind, &kind.def
		}
	}
	k := of.attribute(a.ExternalID, a.Name)
	if k == nil {
		k = of.attribute("", a.Name)
	}
	switch {
	case a.Type == "status" && len(a.TypeValues) > 0:
		values := slices.Clone(a.TypeValues)
		in.TypeValueMulti = &values
	case a.Type == "select" && k == nil:
		in.Options = new(noOption)
	case a.Type == "referenced_object":
		target, kind := known.find(a.ReferenceTypeExternalID, a.ReferenceTypeName).id.String(), s.referenceKind()
		in.TypeValue, in.AdditionalValue, in.IncludeChildren = &target, &kind, new(true)
	}
	if k != nil {
		in.Type, in.Default = nil, nil
		if _, err := s.world.UpdateAttribute(of.id, k.id, in); err != nil {
			return err
		}
		s.nameAttribute(k.id, a)
		return nil
	}
	made, err := s.world.CreateAttribute(of.id, in)
	if err != nil {
		return err
	}
	s.nameAttribute(made.ID, a)
	return nil
}

func (s *Site) nameAttribute(id world.ID, a importAttribute) {
	if a.ExternalID != "" {
		s.imports.attributes[id] = a.ExternalID
	}
}

// noOption stands in a select attribute until data brings its options.
const noOption = "-"

// referenceKind is the reference type of references that a document makes.
func (s *Site) referenceKind() string {
	kinds, err := s.world.ReferenceTypes(0, false)
	if err != nil || len(kinds) == 0 {
		return ""
	}
	for _, k := range kinds {
		if k.Name == "Reference" {
			return k.ID.String()
		}
	}
	return kinds[0].ID.String()
}

func (s *Site) getSchemaAndMapping(w http.ResponseWriter, r *http.Request) {
	s.withSource(w, r, func(source *importSource) {
		if source.ModuleKey != externalImport {
			refuseImport(w, http.StatusBadRequest, "INVALID_IMPORT_MODULE_KEY", "Only external imports have a schema and mapping")
			return
		}
		doc, err := s.documentOf(source)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, doc)
	})
}

// documentOf describes the schema of a source as a document. What imports do not know is
// left out.
func (s *Site) documentOf(source *importSource) (importDocument, error) {
	schema, err := s.world.Schema(source.SchemaID)
	if err != nil {
		return importDocument{}, err
	}
	types, err := s.world.ObjectTypes(source.SchemaID)
	if err != nil {
		return importDocument{}, err
	}
	names := map[world.ID]string{}
	for _, t := range types {
		names[t.ID] = t.Name
	}
	var children func(parent world.ID) ([]importType, error)
	children = func(parent world.ID) ([]importType, error) {
		var out []importType
		for _, t := range types {
			if t.ParentID != parent {
				continue
			}
			it := importType{ExternalID: s.typeExternalID(t.ID), Name: t.Name, Description: new(t.Description)}
			attributes, err := s.world.Attributes(t.ID)
			if err != nil {
				return nil, err
			}
			for _, a := range attributes {
				if kind := importKind(a); kind != "" && !a.System {
					it.Attributes = append(it.Attributes, s.importAttributeOf(a, kind, names))
				}
			}
			if it.Children, err = children(t.ID); err != nil {
				return nil, err
			}
			out = append(out, it)
		}
		return out, nil
	}
	roots, err := children(0)
	if err != nil {
		return importDocument{}, err
	}
	statuses, err := s.world.StatusTypes(source.SchemaID)
	if err != nil {
		return importDocument{}, err
	}
	doc := importDocument{
		Schema: &importSchema{
			ObjectSchema: &importObjectSchema{Name: &schema.Name, Description: &schema.Description, ObjectTypes: roots},
			IconSchema:   &importIcons{Icons: []importIcon{}},
		},
		Mapping: &objectTypeMappings{ObjectTypeMappings: []*objectTypeMapping{}},
	}
	for _, st := range statuses {
		if doc.Schema.StatusSchema == nil {
			doc.Schema.StatusSchema = &importStatuses{}
		}
		doc.Schema.StatusSchema.Statuses = append(doc.Schema.StatusSchema.Statuses, importStatus{
			Name: st.Name, Description: new(st.Description), Category: []string{"inactive", "active", "pending"}[st.Category],
		})
	}
	if source.mapping != nil {
		doc.Mapping = source.mapping
	}
	return doc, nil
}

func (s *Site) importAttributeOf(a world.Attribute, kind string, names map[world.ID]string) importAttribute {
	out := importAttribute{
		ExternalID: s.attributeExternalID(a.ID), Name: a.Name, Description: new(a.Description), Type: kind, Label: a.Label,
		MinimumCardinality: new(a.Min), MaximumCardinality: new(a.Max), Unique: a.Unique,
	}
	switch kind {
	case "referenced_object":
		out.ReferenceTypeName, out.ReferenceTypeExternalID = names[a.RefType], s.typeExternalID(a.RefType)
	case "status":
		for _, v := range a.TypeValueMulti {
			if id, ok := world.ParseID(v); ok {
				if st, err := s.world.StatusType(id); err == nil {
					out.TypeValues = append(out.TypeValues, st.Name)
				}
			}
		}
	}
	return out
}
