package assets

import "slices"

// Canonical returns o in the form in which unchanged objects compare equal: o itself where it has that form already, and a
// copy otherwise. What can be derived from other fields is left out, and attributes come in the order of their ids. The order
// of values within an attribute is data, and stays. Attributes without values and without Extra are left out, because a site
// lists them or not as it pleases.
func (o *Object) Canonical() *Object {
	if o.isCanonical() {
		return o
	}
	c := *o
	c.Values = slices.Clone(o.Values)
	for i := range c.Values {
		c.Values[i].Values = slices.Clone(c.Values[i].Values)
	}
	c.canonicalise()
	return &c
}

func (o *Object) canonicalise() {
	o.Values = slices.DeleteFunc(o.Values, func(a AttributeValues) bool { return len(a.Values) == 0 && len(a.Extra) == 0 })
	slices.SortStableFunc(o.Values, func(a, b AttributeValues) int { return compareIDs(a.AttributeID, b.AttributeID) })
	for i := range o.Values {
		for j := range o.Values[i].Values {
			o.Values[i].Values[j].canonicalise()
		}
	}
}

func (o *Object) isCanonical() bool {
	for i := range o.Values {
		a := &o.Values[i]
		if len(a.Values) == 0 && len(a.Extra) == 0 || i > 0 && compareIDs(o.Values[i-1].AttributeID, a.AttributeID) > 0 {
			return false
		}
		for j := range a.Values {
			if v := &a.Values[j]; v.Display != "" && v.Display == v.plainDisplay() || v.Search != "" && v.Search == v.plainSearch() {
				return false
			}
		}
	}
	return true
}

func (v *Value) canonicalise() {
	if v.Display == v.plainDisplay() {
		v.Display = ""
	}
	if v.Search == v.plainSearch() {
		v.Search = ""
	}
}

// DisplayText returns the text a site shows for v.
func (v *Value) DisplayText() string {
	if v.Display != "" {
		return v.Display
	}
	return v.plainDisplay()
}

// SearchText returns the text a site finds v by.
func (v *Value) SearchText() string {
	if v.Search != "" {
		return v.Search
	}
	return v.plainSearch()
}

func (v *Value) plainDisplay() string {
	switch v.Kind {
	case ValueLiteral:
		return v.Text
	default:
		return v.Name
	}
}

// plainSearch is the key of an object, the id of a user or status, and the text itself of everything else.
func (v *Value) plainSearch() string {
	switch v.Kind {
	case ValueLiteral:
		return v.Text
	case ValueObject, ValueProject:
		return v.Key
	case ValueUser, ValueStatus, ValueVersion:
		return v.ID
	default:
		return v.Name
	}
}

// compareIDs orders decimal numbers by value, and other ids by length and bytes.
func compareIDs(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
