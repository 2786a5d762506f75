package atlassian

import (
	"strconv"
	"strings"
	"time"

	"stowage/assets"
	"stowage/internal/jsonscan"
)

// objectDecoder reads objects. It holds what is used again from one object to the next.
type objectDecoder struct {
	*decoder
	attributes []assets.AttributeValues
	counts     []int
	values     []assets.Value
	// The extras of the record that is being read at each level.
	object, attribute, value, sub jsonscan.Extra
}

func newObjectDecoder(doc string) *objectDecoder { return &objectDecoder{decoder: newDecoder(doc)} }

// readObject takes one object. Ids, keys and names of definitions do not keep the document alive, texts do.
func (d *objectDecoder) readObject() assets.Object {
	var o assets.Object
	var name, timestamp string
	d.attributes, d.counts, d.values = d.attributes[:0], d.counts[:0], d.values[:0]
	extra := &d.object
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			o.ID = d.own(extra)
		case "objectKey":
			o.Key = d.own(extra)
		case "label":
			o.Label = d.text(extra)
		case "objectType":
			o.TypeID = d.embeddedID(o.TypeID)
		case "objectTypeId":
			if id := d.often(extra); o.TypeID == "" {
				o.TypeID = id
			}
		case "created":
			o.Created = d.text(extra)
		case "updated":
			o.Updated = d.text(extra)
		case "hasAvatar":
			o.HasAvatar = d.flag()
		case "attributes":
			for more := d.EnterArray(); more; more = d.NextElement() {
				d.readAttribute()
			}
		case "name":
			name = d.Raw()
		case "timestamp":
			timestamp = d.Raw()
		default:
			d.rest("object", extra)
		}
	}
	o.Values = d.takeValues()
	if name != "" && name != "null" && !saysText(name, o.Label) {
		extra.Add("name", name)
	}
	if timestamp != "" && timestamp != "null" && !saysTime(timestamp, o.Updated) && !saysTime(timestamp, o.Created) {
		extra.Add("timestamp", timestamp)
	}
	o.Extra = extra.JSON()
	return o
}

// reset goes back to where an object begins that could not be read.
func (d *objectDecoder) reset(m jsonscan.Mark) {
	d.Reset(m)
	d.object, d.attribute, d.value, d.sub = jsonscan.Extra{}, jsonscan.Extra{}, jsonscan.Extra{}, jsonscan.Extra{}
}

// takeValues moves what was read of the attributes into slices of their own: one for all attributes, one for all values.
func (d *objectDecoder) takeValues() []assets.AttributeValues {
	if len(d.attributes) == 0 {
		return nil
	}
	attributes := make([]assets.AttributeValues, len(d.attributes))
	copy(attributes, d.attributes)
	clear(d.attributes) // they refer to the document
	if len(d.values) == 0 {
		return attributes
	}
	values := make([]assets.Value, len(d.values))
	copy(values, d.values)
	clear(d.values)
	begin := 0
	for i, n := range d.counts {
		if n > 0 {
			attributes[i].Values = values[begin : begin+n : begin+n]
		}
		begin += n
	}
	return attributes
}

func (d *objectDecoder) readAttribute() {
	var a assets.AttributeValues
	first := len(d.values)
	extra := &d.attribute
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "objectTypeAttributeId":
			a.AttributeID = d.often(extra)
		case "objectTypeAttribute":
			a.AttributeID = d.embeddedID(a.AttributeID)
		case "objectAttributeValues":
			for more := d.EnterArray(); more; more = d.NextElement() {
				d.values = append(d.values, d.readValue())
			}
		case "id", "workspaceId", "globalId", "objectId":
			d.Skip()
		default:
			d.rest("attribute values", extra)
		}
	}
	if !extra.Empty() {
		a.Extra = extra.JSON()
	}
	d.attributes = append(d.attributes, a)
	d.counts = append(d.counts, len(d.values)-first)
}

// embeddedID takes a document of which the id alone is wanted, and only if it is not known yet.
func (d *objectDecoder) embeddedID(known string) string {
	if known != "" || d.Next() != '{' {
		d.Skip()
		return known
	}
	id := ""
	for more := d.EnterObject(); more; more = d.NextMember() {
		if d.Key() == "id" && id == "" {
			text, _ := d.Text()
			id = d.share(text)
			continue
		}
		d.Skip()
	}
	return id
}

// readValue takes one value of an attribute.
func (d *objectDecoder) readValue() assets.Value {
	var v assets.Value
	var display, search string
	var literal, hasDisplay, hasSearch bool
	referenced := ""
	extra := &d.value
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "value":
			switch d.Next() {
			case '{', '[':
				extra.Take(d.Scanner)
			case 'n':
				d.Skip()
			default:
				v.Text, v.Bare = d.Text()
				literal = true
			}
		case "displayValue":
			display, hasDisplay = d.scalar(extra)
		case "searchValue":
			search, hasSearch = d.scalar(extra)
		case "referencedType":
			referenced = d.Raw()
		case "referencedObject":
			d.readSub(&v, assets.ValueObject, extra, (*objectDecoder).readReference)
		case "user":
			d.readSub(&v, assets.ValueUser, extra, (*objectDecoder).readUser)
		case "group":
			d.readSub(&v, assets.ValueGroup, extra, (*objectDecoder).readGroup)
		case "status":
			d.readSub(&v, assets.ValueStatus, extra, (*objectDecoder).readStatus)
		case "project":
			d.readSub(&v, assets.ValueProject, extra, (*objectDecoder).readProject)
		case "version":
			d.readSub(&v, assets.ValueVersion, extra, (*objectDecoder).readVersion)
		default:
			extra.Take(d.Scanner)
		}
	}
	if v.Kind == assets.ValueLiteral && !literal && !extra.Empty() {
		v.Kind = assets.ValueOther
	}
	if literal && v.Kind != assets.ValueLiteral && (v.Text == v.ID || v.Text == v.Name || v.Text == v.Key) {
		v.Text, v.Bare = "", false
	}
	if hasDisplay && display != v.DisplayText() {
		v.Display = display
	}
	if hasSearch && search != v.SearchText() {
		v.Search = search
	}
	if referenced != "" && (referenced == "true") != (v.Kind == assets.ValueObject) {
		extra.Add("referencedType", referenced)
	}
	if !extra.Empty() {
		v.Extra = extra.JSON()
	}
	return v
}

// scalar takes a single value; known is false for null and for what is of another form, which goes to extra.
func (d *objectDecoder) scalar(extra *jsonscan.Extra) (text string, known bool) {
	switch d.Next() {
	case '{', '[':
		extra.Take(d.Scanner)
		return "", false
	case 'n':
		d.Skip()
		return "", false
	}
	text, _ = d.Text()
	return text, true
}

// readSub takes the document a value refers with, unless it is null. What it holds beyond the fields is kept under the name
// of the member.
func (d *objectDecoder) readSub(v *assets.Value, kind assets.ValueKind, extra *jsonscan.Extra, read func(*objectDecoder, *assets.Value)) {
	name := d.Key()
	switch d.Next() {
	case 'n':
		d.Skip()
		return
	case '{':
	default:
		extra.Take(d.Scanner)
		return
	}
	if v.Kind != assets.ValueLiteral {
		// A value that refers to two things at once: the first one counts, the second is kept as it is.
		extra.Take(d.Scanner)
		return
	}
	v.Kind = kind
	read(d, v)
	if !d.sub.Empty() {
		extra.Add(name, string(d.sub.JSON()))
	}
}

func (d *objectDecoder) readReference(v *assets.Value) {
	name := ""
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			v.ID = d.own(&d.sub)
		case "label":
			v.Name = d.text(&d.sub)
		case "name":
			name, _ = d.scalar(&d.sub)
		case "objectKey":
			v.Key = d.own(&d.sub)
		case "objectType":
			d.readReferenceType(v)
		default:
			d.Skip()
		}
	}
	if v.Name == "" {
		v.Name = name
	}
}

func (d *objectDecoder) readReferenceType(v *assets.Value) {
	if d.Next() != '{' {
		d.Skip()
		return
	}
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			v.TypeID = d.often(&d.sub)
		case "objectSchemaId":
			v.SchemaID = d.often(&d.sub)
		default:
			d.Skip()
		}
	}
}

func (d *objectDecoder) readUser(v *assets.Value) {
	account, name := "", ""
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "key":
			v.ID = d.often(&d.sub)
		case "accountId":
			account = d.often(&d.sub)
		case "displayName":
			v.Name = d.often(&d.sub)
		case "emailAddress":
			v.Key = d.often(&d.sub)
		case "isDeleted":
			v.Deleted = d.flag()
		case "name":
			name = d.often(&d.sub)
		default:
			d.rest("user", &d.sub)
		}
	}
	switch {
	case v.ID == "":
		v.ID = account
	case account != "" && account != v.ID:
		d.sub.Add("accountId", quote(account))
	}
	if v.ID == "" {
		v.ID = name
	}
	if name != "" && name != v.ID && name != v.Name {
		d.sub.Add("name", quote(name))
	}
}

func (d *objectDecoder) readGroup(v *assets.Value) {
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "name":
			v.Name = d.often(&d.sub)
		default:
			d.rest("group", &d.sub)
		}
	}
	v.ID = v.Name
}

func (d *objectDecoder) readStatus(v *assets.Value) {
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			v.ID = d.often(&d.sub)
		case "name":
			v.Name = d.often(&d.sub)
		case "category":
			v.Category = assets.StatusCategory(d.number(&d.sub))
		default:
			d.rest("status", &d.sub)
		}
	}
}

func (d *objectDecoder) readProject(v *assets.Value) {
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			v.ID = d.often(&d.sub)
		case "name":
			v.Name = d.often(&d.sub)
		case "key":
			v.Key = d.often(&d.sub)
		default:
			d.rest("project", &d.sub)
		}
	}
}

func (d *objectDecoder) readVersion(v *assets.Value) {
	for more := d.EnterObject(); more; more = d.NextMember() {
		switch d.Key() {
		case "id":
			v.ID = d.often(&d.sub)
		case "name":
			v.Name = d.often(&d.sub)
		default:
			d.rest("version", &d.sub)
		}
	}
}

// saysText says whether a JSON value is the text.
func saysText(raw, text string) bool {
	if len(raw) == len(text)+2 && raw[0] == '"' && raw[1:len(raw)-1] == text {
		return !strings.Contains(text, `\`)
	}
	got, _ := jsonscan.New(raw).Text()
	return got == text
}

// saysTime says whether a JSON number of milliseconds is a time written as text.
func saysTime(raw, text string) bool {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return false
	}
	return raw == strconv.FormatInt(t.UnixMilli(), 10)
}

// quote writes a text as JSON.
func quote(text string) string {
	var e jsonscan.Extra
	e.Add(text, "0")
	doc := string(e.JSON())
	return doc[1 : len(doc)-len(":0}")]
}
