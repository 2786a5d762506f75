package sim

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) attributeRoutes(rt *assetsRouter) {
	rt.HandleFunc("POST /objecttypeattribute/{objectTypeId}", s.createAttribute)
	rt.HandleFunc("PUT /objecttypeattribute/{objectTypeId}/{id}", s.updateAttribute)
	rt.HandleFunc("DELETE /objecttypeattribute/{id}", s.deleteAttribute)
	s.undocumented(rt, FeatureConfigureAttribute, "PUT /objecttypeattribute/{id}/configure", s.configureAttribute)
	s.undocumented(rt, FeatureAttributePosition, "POST /objecttypeattribute/{objectTypeId}/{id}/position", s.moveAttribute)
}

// listTypeAttributes knows seven switches; see the description of the operation.
func (s *Site) listTypeAttributes(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	attributes, err := s.world.Attributes(id)
	if err != nil {
		writeError(w, err)
		return
	}
	if queryBool(r, "includeChildren", false) {
		attributes = append(attributes, s.attributesBelow(id)...)
	}
	attributes = wantedAttributes(r, attributes)
	if queryBool(r, "excludeParentAttributes", false) {
		attributes = slices.DeleteFunc(attributes, func(a world.Attribute) bool { return a.InheritedFrom != 0 })
	}
	if queryBool(r, "orderByName", false) {
		slices.SortStableFunc(attributes, func(a, b world.Attribute) int {
			return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
	}
	if queryBool(r, "orderByRequired", false) {
		slices.SortStableFunc(attributes, func(a, b world.Attribute) int {
			return cmp.Compare(min(b.Min, 1), min(a.Min, 1))
		})
	}
	s.answerAttributes(w, r, attributes, attributeParts{objectType: true, valuesExist: queryBool(r, "includeValuesExist", false)})
}

// wantedAttributes leaves out what the switches of both lists leave out: what
// cannot be edited, and what the text is not part of the name of. The published
// default of the text is two quotation marks.
func wantedAttributes(r *http.Request, attributes []world.Attribute) []world.Attribute {
	query := strings.ToLower(strings.Trim(r.URL.Query().Get("query"), `"`))
	onlyEditable := queryBool(r, "onlyValueEditable", false)
	return slices.DeleteFunc(attributes, func(a world.Attribute) bool {
		return onlyEditable && !a.Editable || !strings.Contains(strings.ToLower(a.Name), query)
	})
}

// attributesBelow are the attributes of all types below a type.
func (s *Site) attributesBelow(id world.ID) []world.Attribute {
	root, err := s.world.ObjectType(id)
	if err != nil {
		return nil
	}
	types, err := s.world.ObjectTypes(root.SchemaID)
	if err != nil {
		return nil
	}
	// Parents stand before children.
	below := map[world.ID]bool{id: true}
	var out []world.Attribute
	for _, t := range types {
		if !below[t.ParentID] {
			continue
		}
		below[t.ID] = true
		if attributes, err := s.world.Attributes(t.ID); err == nil {
			out = append(out, attributes...)
		}
	}
	return out
}

// attributeParts says which parts of a definition are wanted on top.
type attributeParts struct {
	objectType  bool
	valuesExist bool
}

func (s *Site) answerAttributes(w http.ResponseWriter, r *http.Request, attributes []world.Attribute, parts attributeParts) {
	out := make([]wireAttribute, 0, len(attributes))
	s.world.View(func(v *world.View) {
		d := newDefinitions(s.wire(r), v)
		for i := range attributes {
			attribute := d.attribute(&attributes[i], parts.objectType)
			if parts.valuesExist {
				attribute.ObjectAttributeExists = new(valuesExist(v, &attributes[i]))
			}
			out = append(out, attribute)
		}
	})
	writeJSON(w, http.StatusOK, out)
}

// valuesExist tells whether any object has a value of an attribute.
func valuesExist(v *world.View, a *world.Attribute) bool {
	for obj := range v.SearchType(a.TypeID, 0) {
		for range obj.Values(a.ID) {
			return true
		}
	}
	return false
}

type attributeIn struct {
	Name                    *looseString   `json:"name"`
	Description             *looseString   `json:"description"`
	Type                    *looseInt      `json:"type"`
	DefaultTypeID           *looseInt      `json:"defaultTypeId"`
	TypeValue               *looseString   `json:"typeValue"`
	TypeValueMulti          *[]looseString `json:"typeValueMulti"`
	AdditionalValue         *looseString   `json:"additionalValue"`
	MinimumCardinality      *looseInt      `json:"minimumCardinality"`
	MaximumCardinality      *looseInt      `json:"maximumCardinality"`
	Suffix                  *looseString   `json:"suffix"`
	RegexValidation         *looseString   `json:"regexValidation"`
	QLQuery                 *looseString   `json:"qlQuery"`
	IQL                     *looseString   `json:"iql"`
	Options                 *looseString   `json:"options"`
	Label                   *looseBool     `json:"label"`
	UniqueAttribute         *looseBool     `json:"uniqueAttribute"`
	Summable                *looseBool     `json:"summable"`
	Hidden                  *looseBool     `json:"hidden"`
	IncludeChildObjectTypes *looseBool     `json:"includeChildObjectTypes"`
}

func (in *attributeIn) input() world.AttributeInput {
	out := world.AttributeInput{
		Name: (*string)(in.Name), Description: (*string)(in.Description),
		Type:      convert[world.AttributeType](in.Type),
		Default:   convert[world.DefaultType](in.DefaultTypeID),
		TypeValue: (*string)(in.TypeValue), AdditionalValue: (*string)(in.AdditionalValue),
		Min: (*int)(in.MinimumCardinality), Max: (*int)(in.MaximumCardinality),
		Suffix: (*string)(in.Suffix), Regex: (*string)(in.RegexValidation),
		Query: (*string)(cmp.Or(in.QLQuery, in.IQL)), Options: (*string)(in.Options),
		Label: (*bool)(in.Label), Unique: (*bool)(in.UniqueAttribute), Summable: (*bool)(in.Summable),
		Hidden: (*bool)(in.Hidden), IncludeChildren: (*bool)(in.IncludeChildObjectTypes),
	}
	if in.TypeValueMulti != nil {
		values := make([]string, 0, len(*in.TypeValueMulti))
		for _, v := range *in.TypeValueMulti {
			values = append(values, string(v))
		}
		out.TypeValueMulti = &values
	}
	return out
}

func convert[T ~int](i *looseInt) *T {
	if i == nil {
		return nil
	}
	return new(T(*i))
}

func (s *Site) createAttribute(w http.ResponseWriter, r *http.Request) {
	typeID, err := pathID(r, "objectTypeId", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	s.writeAttribute(w, r, http.StatusCreated, func(in world.AttributeInput) (world.Attribute, error) {
		return s.world.CreateAttribute(typeID, in)
	})
}

func (s *Site) updateAttribute(w http.ResponseWriter, r *http.Request) {
	typeID, err := pathID(r, "objectTypeId", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	id, err := pathID(r, "id", "object type attribute")
	if err != nil {
		writeError(w, err)
		return
	}
	s.writeAttribute(w, r, http.StatusOK, func(in world.AttributeInput) (world.Attribute, error) {
		return s.world.UpdateAttribute(typeID, id, in)
	})
}

// configureAttribute is the way the administration screens change an attribute.
// It does not touch what an attribute is a reference to.
func (s *Site) configureAttribute(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object type attribute")
	if err != nil {
		writeError(w, err)
		return
	}
	attribute, err := s.world.Attribute(id)
	if err != nil {
		writeError(w, err)
		return
	}
	s.writeAttribute(w, r, http.StatusOK, func(in world.AttributeInput) (world.Attribute, error) {
		in.TypeValue, in.TypeValueMulti, in.AdditionalValue = nil, nil, nil
		return s.world.UpdateAttribute(attribute.TypeID, id, in)
	})
}

// moveAttribute puts an attribute at another place among those of its type.
func (s *Site) moveAttribute(w http.ResponseWriter, r *http.Request) {
	typeID, err := pathID(r, "objectTypeId", "object type")
	if err != nil {
		writeError(w, err)
		return
	}
	id, err := pathID(r, "id", "object type attribute")
	if err != nil {
		writeError(w, err)
		return
	}
	var in struct {
		Position *looseInt `json:"position"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	if in.Position == nil {
		writeError(w, &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{"position": "Position needs to be set."}})
		return
	}
	attribute, err := s.world.MoveAttribute(typeID, id, int(*in.Position))
	s.answerAttribute(w, r, http.StatusOK, attribute, err)
}

func (s *Site) writeAttribute(w http.ResponseWriter, r *http.Request, status int, do func(world.AttributeInput) (world.Attribute, error)) {
	var in attributeIn
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	attribute, err := do(in.input())
	s.answerAttribute(w, r, status, attribute, err)
}

func (s *Site) answerAttribute(w http.ResponseWriter, r *http.Request, status int, attribute world.Attribute, err error) {
	if err != nil {
		writeError(w, err)
		return
	}
	var out wireAttribute
	s.world.View(func(v *world.View) { out = newDefinitions(s.wire(r), v).attribute(&attribute, true) })
	writeJSON(w, status, out)
}

func (s *Site) deleteAttribute(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object type attribute")
	if err == nil {
		_, err = s.world.DeleteAttribute(id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}
