package sim

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"regexp"
	"slices"
	"strings"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

// importDocument is a schema with the mapping of data to it.
type importDocument struct {
	SchemaURL string              `json:"$schema,omitempty"`
	Schema    *importSchema       `json:"schema,omitempty"`
	Mapping   *objectTypeMappings `json:"mapping,omitempty"`
}

type importSchema struct {
	ObjectSchema *importObjectSchema `json:"objectSchema,omitempty"`
	IconSchema   *importIcons        `json:"iconSchema,omitempty"`
	StatusSchema *importStatuses     `json:"statusSchema,omitempty"`
}

type importObjectSchema struct {
	Name        *string      `json:"name"`
	Description *string      `json:"description"`
	ObjectTypes []importType `json:"objectTypes"`
}

type importType struct {
	ExternalID  string            `json:"externalId,omitempty"`
	Name        string            `json:"name"`
	Description *string           `json:"description"`
	IconKey     string            `json:"iconKey,omitempty"`
	Attributes  []importAttribute `json:"attributes,omitempty"`
	Children    []importType      `json:"children,omitempty"`
}

type importAttribute struct {
	ExternalID              string   `json:"externalId,omitempty"`
	Name                    string   `json:"name"`
	Description             *string  `json:"description"`
	Type                    string   `json:"type"`
	TypeValues              []string `json:"typeValues,omitempty"`
	Label                   bool     `json:"label,omitempty"`
	ReferenceTypeName       string   `json:"referenceObjectTypeName,omitempty"`
	ReferenceTypeExternalID string   `json:"referenceObjectTypeExternalId,omitempty"`
	MaximumCardinality      *int     `json:"maximumCardinality,omitempty"`
	MinimumCardinality      *int     `json:"minimumCardinality,omitempty"`
	Unique                  bool     `json:"unique,omitempty"`
}

type importIcons struct {
	Icons []importIcon `json:"icons"`
}

type importIcon struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	PNG48 string `json:"png48"`
}

type importStatuses struct {
	Statuses []importStatus `json:"statuses"`
}

type importStatus struct {
	Name        string  `json:"name"`
	Description *string `json:"description"`
	Category    string  `json:"category"`
}

type objectTypeMappings struct {
	ObjectTypeMappings []*objectTypeMapping `json:"objectTypeMappings"`
}

type objectTypeMapping struct {
	ObjectTypeExternalID string             `json:"objectTypeExternalId,omitempty"`
	ObjectTypeName       string             `json:"objectTypeName"`
	Selector             string             `json:"selector"`
	Description          *string            `json:"description"`
	AttributesMapping    []attributeMapping `json:"attributesMapping,omitempty"`

	typeID world.ID
}

type attributeMapping struct {
	AttributeExternalID string   `json:"attributeExternalId,omitempty"`
	AttributeName       string   `json:"attributeName"`
	ExternalIDPart      bool     `json:"externalIdPart,omitempty"`
	AttributeLocators   []string `json:"attributeLocators"`
	ObjectMappingIQL    string   `json:"objectMappingIQL,omitempty"`

	attribute world.ID
}

// importKinds are the types of attributes that imports know, with those of Assets. Users,
// groups, projects and versions are not among them.
var importKinds = []struct {
	name string
	kind world.AttributeType
	def  world.DefaultType
}{
	{"text", world.TypeDefault, world.DefaultText},
	{"integer", world.TypeDefault, world.DefaultInteger},
	{"boolean", world.TypeDefault, world.DefaultBoolean},
	{"double", world.TypeDefault, world.DefaultDouble},
	{"date", world.TypeDefault, world.DefaultDate},
	{"time", world.TypeDefault, world.DefaultTime},
	{"date_time", world.TypeDefault, world.DefaultDateTime},
	{"url", world.TypeDefault, world.DefaultURL},
	{"email", world.TypeDefault, world.DefaultEmail},
	{"textarea", world.TypeDefault, world.DefaultTextarea},
	{"select", world.TypeDefault, world.DefaultSelect},
	{"ipaddress", world.TypeDefault, world.DefaultIP},
	{"referenced_object", world.TypeReference, world.DefaultNone},
	{"status", world.TypeStatus, world.DefaultNone},
}

// importKind is the name of an attribute's type for imports, empty if they do not know it.
func importKind(a world.Attribute) string {
	for _, k := range importKinds {
		if k.kind == a.Type && (a.Type != world.TypeDefault || k.def == a.Default) {
			return k.name
		}
	}
	return ""
}

// knownType is a type that is there or would be with the document.
type knownType struct {
	id               world.ID
	name, externalID string
	attributes       []knownAttribute
}

type knownAttribute struct {
	id                     world.ID
	name, externalID, kind string
}

func (t *knownType) attribute(externalID, name string) *knownAttribute {
	for i, a := range t.attributes {
		if externalID != "" && a.externalID == externalID || externalID == "" && strings.EqualFold(a.name, name) {
			return &t.attributes[i]
		}
	}
	return nil
}

type knownTypes []*knownType

func (ts knownTypes) find(externalID, name string) *knownType {
	for _, t := range ts {
		if externalID != "" && t.externalID == externalID || externalID == "" && strings.EqualFold(t.name, name) {
			return t
		}
	}
	return nil
}

// documentCheck collects what is wrong with a document.
type documentCheck struct {
	wrong []invalidDocument
	// ids are the external ids in the document; places could have one, given of them do.
	ids           map[string]bool
	places, given int
}

func (c *documentCheck) add(code, path, format string, args ...any) {
	c.wrong = append(c.wrong, invalidDocument{Code: code, Path: path, Message: fmt.Sprintf(format, args...)})
}

func (c *documentCheck) required(path, member string, missing bool) {
	if missing {
		c.add("REQUIRED", path+"/"+member, "%s is required", member)
	}
}

// importName is the form of names of icons and statuses.
var importName = regexp.MustCompile(`^[a-zA-Z0-9 \-]{2,30}$`)

// checkDocument finds out what is wrong with a document before anything is written, and
// what types there would be with it. Under the lock of the imports.
func (s *Site) checkDocument(source *importSource, doc *importDocument, whole bool) (knownTypes, []invalidDocument) {
	c := &documentCheck{ids: map[string]bool{}}
	known, err := s.knownTypes(source.SchemaID)
	if err != nil {
		c.add("UNKNOWN_OBJECT_SCHEMA", "", "%v", err)
		return nil, c.wrong
	}
	if whole {
		c.required("", "schema", doc.Schema == nil)
		c.required("", "mapping", doc.Mapping == nil)
	}
	if doc.Schema != nil {
		c.checkIcons(doc.Schema.IconSchema)
		c.checkStatuses(doc.Schema.StatusSchema)
		if o := doc.Schema.ObjectSchema; o != nil {
			c.required("/schema/objectSchema", "name", o.Name == nil)
			c.required("/schema/objectSchema", "description", o.Description == nil)
			c.required("/schema/objectSchema", "objectTypes", len(o.ObjectTypes) == 0)
			for i := range o.ObjectTypes {
				known = c.checkType(&o.ObjectTypes[i], known, fmt.Sprintf("/schema/objectSchema/objectTypes/%d", i))
			}
			c.checkExternalIDs(s, known)
			s.checkReferences(c, doc.Schema, known)
		} else if whole {
			c.required("/schema", "objectSchema", true)
		}
	}
	if doc.Mapping != nil {
		for i, m := range doc.Mapping.ObjectTypeMappings {
			c.checkMapping(m, known, fmt.Sprintf("/mapping/objectTypeMappings/%d", i))
		}
	}
	return known, c.wrong
}

// knownTypes are the types of the schema with the attributes that imports can see.
func (s *Site) knownTypes(schemaID world.ID) (knownTypes, error) {
	types, err := s.world.ObjectTypes(schemaID)
	if err != nil {
		return nil, err
	}
	var out knownTypes
	for _, t := range types {
		k := &knownType{id: t.ID, name: t.Name, externalID: s.typeExternalID(t.ID)}
		attributes, err := s.world.Attributes(t.ID)
		if err != nil {
			return nil, err
		}
		for _, a := range attributes {
			if kind := importKind(a); kind != "" && !a.System {
				k.attributes = append(k.attributes, knownAttribute{id: a.ID, name: a.Name, externalID: s.attributeExternalID(a.ID), kind: kind})
			}
		}
		out = append(out, k)
	}
	return out, nil
}

func (c *documentCheck) checkIcons(icons *importIcons) {
	if icons == nil {
		return
	}
	if len(icons.Icons) == 0 {
		c.add("MIN_ITEMS", "/schema/iconSchema/icons", "there must be at least one icon")
	}
	for i, icon := range icons.Icons {
		path := fmt.Sprintf("/schema/iconSchema/icons/%d", i)
		c.required(path, "key", icon.Key == "")
		if !importName.MatchString(icon.Name) {
			c.add("PATTERN", path+"/name", "the name must be 2 to 30 letters, digits, spaces and dashes")
		}
		raw, err := base64.StdEncoding.DecodeString(icon.PNG48)
		if err != nil {
			c.add("INVALID_ICON", path+"/png48", "the picture is not encoded in base64")
			continue
		}
		if size, err := png.DecodeConfig(bytes.NewReader(raw)); err != nil || size.Width != 48 || size.Height != 48 {
			c.add("INVALID_ICON", path+"/png48", "the picture must be a PNG of 48 by 48 pixels")
		}
	}
}

func (c *documentCheck) checkStatuses(statuses *importStatuses) {
	if statuses == nil {
		return
	}
	if len(statuses.Statuses) == 0 {
		c.add("MIN_ITEMS", "/schema/statusSchema/statuses", "there must be at least one status")
	}
	for i, status := range statuses.Statuses {
		path := fmt.Sprintf("/schema/statusSchema/statuses/%d", i)
		if !importName.MatchString(status.Name) {
			c.add("PATTERN", path+"/name", "the name must be 2 to 30 letters, digits, spaces and dashes")
		}
		c.required(path, "description", status.Description == nil)
		if _, ok := statusCategories[status.Category]; !ok {
			c.add("ENUM", path+"/category", "the category must be active, inactive or pending")
		}
	}
}

var statusCategories = map[string]int{"inactive": 0, "active": 1, "pending": 2}

func (c *documentCheck) externalID(id, path string) {
	c.places++
	if id == "" {
		return
	}
	c.given++
	if c.ids[id] {
		c.add("DUPLICATE_EXTERNAL_ID", path+"/externalId", "the external id %s is there twice", id)
	}
	c.ids[id] = true
}

// checkType looks at a type with its attributes and children, and adds it to those known.
func (c *documentCheck) checkType(t *importType, known knownTypes, path string) knownTypes {
	c.required(path, "name", t.Name == "")
	c.required(path, "description", t.Description == nil)
	c.externalID(t.ExternalID, path)
	k := known.find(t.ExternalID, t.Name)
	if k == nil && t.ExternalID != "" {
		k = known.find("", t.Name)
	}
	switch {
	case k == nil:
		k = &knownType{name: t.Name, externalID: t.ExternalID}
		known = append(known, k)
	case !strings.EqualFold(k.name, t.Name):
		c.add("RENAMED_OBJECT_TYPE", path+"/name", "the object type %s cannot be renamed", k.name)
	case t.ExternalID != "":
		k.externalID = t.ExternalID
	}
	labels := 0
	for i := range t.Attributes {
		a := &t.Attributes[i]
		if a.Label {
			labels++
		}
		c.checkAttribute(a, k, fmt.Sprintf("%s/attributes/%d", path, i))
	}
	if labels > 1 {
		c.add("SEVERAL_LABELS", path+"/attributes", "only one attribute can be the label")
	}
	for i := range t.Children {
		known = c.checkType(&t.Children[i], known, fmt.Sprintf("%s/children/%d", path, i))
	}
	return known
}

func (c *documentCheck) checkAttribute(a *importAttribute, of *knownType, path string) {
	c.required(path, "name", a.Name == "")
	c.required(path, "description", a.Description == nil)
	c.externalID(a.ExternalID, path)
	if !slices.ContainsFunc(importKinds, func(k struct {
		name string
		kind world.AttributeType
		def  world.DefaultType
	},
	) bool {
		return k.name == a.Type
	}) {
		c.add("UNSUPPORTED_ATTRIBUTE_TYPE", path+"/type", "attributes of type %q cannot be imported", a.Type)
		return
	}
	if len(a.TypeValues) > 0 && a.Type != "status" {
		c.add("TYPE_VALUES", path+"/typeValues", "typeValues are for attributes of type status")
	}
	if a.Type == "referenced_object" && a.ReferenceTypeName == "" && a.ReferenceTypeExternalID == "" {
		c.required(path, "referenceObjectTypeExternalId", true)
	}
	k := of.attribute(a.ExternalID, a.Name)
	if k == nil && a.ExternalID != "" {
		k = of.attribute("", a.Name)
	}
	switch {
	case k == nil:
		of.attributes = append(of.attributes, knownAttribute{name: a.Name, externalID: a.ExternalID, kind: a.Type})
	case !strings.EqualFold(k.name, a.Name):
		c.add("RENAMED_ATTRIBUTE", path+"/name", "the attribute %s cannot be renamed", k.name)
	case k.kind != a.Type:
		c.add("CHANGED_ATTRIBUTE_TYPE", path+"/type", "the attribute %s is of type %s, which cannot be changed", k.name, k.kind)
	case a.ExternalID != "":
		k.externalID = a.ExternalID
	}
}

// checkExternalIDs wants all of them or none, and none that another schema has.
func (c *documentCheck) checkExternalIDs(s *Site, known knownTypes) {
	if c.given > 0 && c.given < c.places {
		c.add("MISSING_EXTERNAL_ID", "/schema/objectSchema", "either all object types and attributes have an external id or none")
	}
	var here []world.ID
	for _, t := range known {
		here = append(here, t.id)
		for _, a := range t.attributes {
			here = append(here, -a.id)
		}
	}
	for id, external := range s.imports.types {
		if c.ids[external] && !slices.Contains(here, id) {
			c.add("DUPLICATE_EXTERNAL_ID", "", "the external id %s belongs to an object type of another schema", external)
		}
	}
	for id, external := range s.imports.attributes {
		if c.ids[external] && !slices.Contains(here, -id) {
			c.add("DUPLICATE_EXTERNAL_ID", "", "the external id %s belongs to an attribute of another schema", external)
		}
	}
}

// checkReferences wants every named type, icon and status to be there.
func (s *Site) checkReferences(c *documentCheck, schema *importSchema, known knownTypes) {
	var walk func(types []importType, path string)
	walk = func(types []importType, path string) {
		for i, t := range types {
			at := fmt.Sprintf("%s/%d", path, i)
			if t.IconKey != "" && s.imports.icons[t.IconKey] == 0 &&
				(schema.IconSchema == nil || !slices.ContainsFunc(schema.IconSchema.Icons, func(icon importIcon) bool { return icon.Key == t.IconKey })) {
				c.add("UNKNOWN_ICON", at+"/iconKey", "there is no icon with the key %s", t.IconKey)
			}
			for j, a := range t.Attributes {
				if a.Type == "referenced_object" && known.find(a.ReferenceTypeExternalID, a.ReferenceTypeName) == nil {
					c.add("UNKNOWN_REFERENCED_OBJECT_TYPE", fmt.Sprintf("%s/attributes/%d", at, j), "there is no object type %s%s", a.ReferenceTypeExternalID, a.ReferenceTypeName)
				}
			}
			walk(t.Children, at+"/children")
		}
	}
	walk(schema.ObjectSchema.ObjectTypes, "/schema/objectSchema/objectTypes")
}

func (c *documentCheck) checkMapping(m *objectTypeMapping, known knownTypes, path string) {
	if m == nil {
		c.add("REQUIRED", path, "a mapping is missing")
		return
	}
	c.required(path, "objectTypeName", m.ObjectTypeName == "")
	c.required(path, "description", m.Description == nil)
	t := known.find(m.ObjectTypeExternalID, m.ObjectTypeName)
	if t == nil {
		code := "UNKNOWN_OBJECT_TYPE"
		if m.ObjectTypeExternalID != "" {
			code = "UNKNOWN_EXTERNAL_ID_MAPPING"
		}
		c.add(code, path, "there is no object type %s %s", m.ObjectTypeExternalID, m.ObjectTypeName)
		return
	}
	for i, a := range m.AttributesMapping {
		at := fmt.Sprintf("%s/attributesMapping/%d", path, i)
		c.required(at, "attributeName", a.AttributeName == "")
		if len(a.AttributeLocators) == 0 {
			c.add("MIN_ITEMS", at+"/attributeLocators", "there must be at least one locator")
		}
		if t.attribute(a.AttributeExternalID, a.AttributeName) == nil {
			// What imports cannot see has no external id; naming it does not help.
			c.add("UNKNOWN_EXTERNAL_ID_MAPPING", at, "there is no attribute %s %s that can be imported", a.AttributeExternalID, a.AttributeName)
		}
		if a.ObjectMappingIQL != "" {
			if _, err := aql.Parse(interpolate(a.ObjectMappingIQL, func(string) string { return "x" })); err != nil {
				c.add("INVALID_OBJECT_MAPPING_IQL", at+"/objectMappingIQL", "%v", err)
			}
		}
	}
}
