package sim

import (
	"slices"
	"strconv"
	"time"

	"stowage/atlassian/sim/world"
)

// objectWriter appends objects as JSON, inside a view. A backup of a million
// objects is measured through this, hence written by hand: what is the same for
// all objects of a type is written once.
type objectWriter struct {
	wire
	v     *world.View
	defs  *definitions
	types map[world.ID]*typeText
	token string // read access to avatars, made when the first one is met
}

// typeText is what objects of one type have in common.
type typeText struct {
	objectType []byte
	iconURL    string
}

// objectParts says which parts of an object are wanted.
type objectParts struct {
	attributes  bool
	definitions bool // each attribute with its definition
}

func newObjectWriter(x wire, v *world.View) *objectWriter {
	return &objectWriter{wire: x, v: v, defs: newDefinitions(x, v), types: map[world.ID]*typeText{}}
}

func (o *objectWriter) typeText(id world.ID) *typeText {
	if known, ok := o.types[id]; ok {
		return known
	}
	text := &typeText{objectType: []byte("null")}
	if t := o.defs.objectTypeByID(id); t != nil {
		text.objectType, text.iconURL = mustJSON(t), t.Icon.URL16[:len(t.Icon.URL16)-len("16")]
	}
	o.types[id] = text
	return text
}

// object appends one object.
func (o *objectWriter) object(b []byte, obj world.Obj, parts objectParts) []byte {
	b = o.head(b, obj)
	if parts.attributes {
		b = append(b, `,"attributes":`...)
		b = o.attributes(b, obj, parts.definitions)
	}
	b = append(b, `,"extendedInfo":{"openIssuesExists":`...)
	b = strconv.AppendBool(b, len(o.v.IssuesOf(obj.ID())) > 0)
	b = append(b, `,"attachmentsExists":`...)
	b = strconv.AppendBool(b, obj.HasAttachments())
	return append(b, "}}"...)
}

// head appends what an object and a reference to one have in common, leaving the
// document open.
func (o *objectWriter) head(b []byte, obj world.Obj) []byte {
	text, label := o.typeText(obj.TypeID()), obj.Label()
	b = append(b, `{"workspaceId":"`...)
	b = append(b, o.workspace...)
	b = append(b, `","globalId":"`...)
	b = o.appendGlobalID(b, obj.ID())
	b = append(b, `","id":"`...)
	b = appendID(b, obj.ID())
	b = append(b, '"')
	b = appendMember(b, "label", label)
	b = appendMember(b, "objectKey", obj.Key())
	b = append(b, `,"avatar":`...)
	b = o.avatar(b, obj, text.iconURL)
	b = append(b, `,"objectType":`...)
	b = append(b, text.objectType...)
	b = append(b, `,"created":"`...)
	b = appendTime(b, obj.Created())
	b = append(b, `","updated":"`...)
	b = appendTime(b, obj.Updated())
	b = append(b, `","hasAvatar":`...)
	b = strconv.AppendBool(b, obj.AvatarUUID() != "")
	b = append(b, `,"timestamp":`...)
	b = strconv.AppendInt(b, obj.Created().UnixMilli(), 10)
	b = append(b, `,"_links":{"self":"`...)
	b = append(b, o.base...)
	b = append(b, "/object/"...)
	b = appendID(b, obj.ID())
	b = append(b, `"}`...)
	return appendMember(b, "name", label)
}

// avatar appends where the picture of an object is found: its own, or else the
// icon of its type.
func (o *objectWriter) avatar(b []byte, obj world.Obj, iconURL string) []byte {
	b = append(b, `{"workspaceId":"`...)
	b = append(b, o.workspace...)
	b = append(b, `","globalId":"`...)
	b = o.appendGlobalID(b, obj.ID())
	b = append(b, `","id":"`...)
	b = appendID(b, obj.ID())
	b = append(b, '"')
	own := obj.AvatarUUID()
	url := iconURL
	if own != "" {
		url = o.base + "/object/" + obj.ID().String() + "/avatar.png?size="
		b = appendMember(b, "avatarUUID", own)
	}
	for _, size := range [...]string{"16", "48", "72", "144", "288"} {
		b = append(b, `,"url`...)
		b = append(b, size...)
		b = append(b, `":"`...)
		b = append(b, url...)
		b = append(b, size...)
		b = append(b, '"')
	}
	b = append(b, `,"objectId":"`...)
	b = appendID(b, obj.ID())
	b = append(b, '"')
	if own != "" {
		if o.token == "" {
			o.token = o.site.issueMediaToken(mediaRead, "avatars")
		}
		b = append(b, `,"mediaClientConfig":`...)
		b = append(b, mustJSON(o.mediaConfig(o.token, own))...)
	}
	return append(b, '}')
}

// attributes appends the list of an object's attributes that have values.
func (o *objectWriter) attributes(b []byte, obj world.Obj, withDefinitions bool) []byte {
	b = append(b, '[')
	for i, a := range obj.Attributes() {
		if i > 0 {
			b = append(b, ',')
		}
		// The service has an id for each attribute of each object; this one is
		// made of both, so that it is the same every time.
		id := strconv.FormatInt(int64(obj.ID())<<20|int64(a.Attribute), 10)
		b = append(b, `{"workspaceId":"`...)
		b = append(b, o.workspace...)
		b = append(b, `","globalId":"`...)
		b = append(b, o.workspace...)
		b = append(b, ':')
		b = append(b, id...)
		b = append(b, `","id":"`...)
		b = append(b, id...)
		b = append(b, '"')
		if withDefinitions {
			if definition, ok := o.v.Attribute(a.Attribute); ok {
				b = append(b, `,"objectTypeAttribute":`...)
				b = append(b, mustJSON(o.defs.attribute(&definition, false))...)
			}
		}
		b = append(b, `,"objectTypeAttributeId":"`...)
		b = appendID(b, a.Attribute)
		b = append(b, `","objectAttributeValues":[`...)
		for i, value := range a.Values {
			if i > 0 {
				b = append(b, ',')
			}
			b = o.value(b, value)
		}
		b = append(b, `],"objectId":"`...)
		b = appendID(b, obj.ID())
		b = append(b, `"}`...)
	}
	return append(b, ']')
}

// value appends one value. Plain kinds have a value; the others a sub-document.
func (o *objectWriter) value(b []byte, value world.Value) []byte {
	b = append(b, '{')
	referenced := false
	switch value.Kind {
	case world.KindRef:
		referenced = true
		b = append(b, `"referencedObject":`...)
		if obj, ok := o.v.Object(value.ID()); ok {
			b = append(o.head(b, obj), '}')
		} else {
			b = append(b, "null"...)
		}
	case world.KindUser:
		b = append(b, `"user":`...)
		b = append(b, mustJSON(o.user(o.v, value.Text))...)
	case world.KindGroup:
		b = append(b, `"group":`...)
		b = append(b, mustJSON(wireGroup{AvatarURL: o.jira + "/images/icons/group.png", Name: value.Text})...)
	case world.KindStatus:
		status, _ := o.v.StatusType(value.ID())
		b = append(b, `"status":`...)
		b = append(b, mustJSON(o.status(status))...)
	case world.KindProject:
		project, _ := o.v.Project(value.ID())
		b = append(b, `"project":`...)
		b = append(b, mustJSON(wireProjectValue{
			ID: value.ID().String(), Key: project.Key, Name: project.Name, URL: o.jira + "/browse/" + project.Key,
		})...)
	case world.KindVersion:
		version, _ := o.v.Version(value.ID())
		b = append(b, `"version":`...)
		b = append(b, mustJSON(wireVersionValue{ID: value.ID().String(), Name: version.Name})...)
	case world.KindNone, world.KindText, world.KindSelect, world.KindInt, world.KindDouble, world.KindBool,
		world.KindDate, world.KindDateTime:
		b = append(b, `"value":`...)
		b = appendString(b, value.Raw())
	}
	b = appendMember(b, "displayValue", o.display(value))
	b = appendMember(b, "searchValue", o.v.SearchValue(value))
	b = append(b, `,"referencedType":`...)
	b = strconv.AppendBool(b, referenced)
	return append(b, '}')
}

// display is how a person reads a value. Moments come in the person's own way of
// writing them, which is why nobody should read them from here.
func (o *objectWriter) display(value world.Value) string {
	switch value.Kind {
	case world.KindDate:
		return value.Time().Format("02/Jan/06")
	case world.KindDateTime:
		return value.Time().Format("02/Jan/06 3:04 PM")
	case world.KindNone, world.KindText, world.KindSelect, world.KindInt, world.KindDouble, world.KindBool,
		world.KindRef, world.KindUser, world.KindGroup, world.KindStatus, world.KindProject, world.KindVersion:
	}
	return o.v.Display(value)
}

// userSource is what knows people: a world or a view of it.
type userSource interface {
	User(accountID string) (world.User, bool)
}

func (x wire) user(people userSource, accountID string) wireUser {
	u, ok := people.User(accountID)
	if !ok {
		return wireUser{AvatarURL: x.jira + "/secure/useravatar", DisplayName: accountID, Name: accountID, Key: accountID}
	}
	out := wireUser{
		AvatarURL: u.AvatarURL, DisplayName: u.DisplayName, Name: u.Name, Key: u.AccountID,
		EmailAddress: u.Email, IsDeleted: u.Deleted,
	}
	if out.AvatarURL == "" {
		out.AvatarURL = x.jira + "/secure/useravatar"
	}
	if out.Name == "" {
		out.Name = u.AccountID
	}
	return out
}

// objectTypeAttributes appends the definitions of the attributes of the types
// given, in the order of the types.
func (o *objectWriter) objectTypeAttributes(b []byte, types []world.ID) []byte {
	b = append(b, '[')
	first := true
	for _, id := range slices.Compact(types) {
		position := 0
		for a := range o.v.Attributes(id) {
			if !first {
				b = append(b, ',')
			}
			first = false
			placed := *a
			placed.Position = position
			position++
			b = append(b, mustJSON(o.defs.attribute(&placed, false))...)
		}
	}
	return append(b, ']')
}

func (o *objectWriter) appendGlobalID(b []byte, id world.ID) []byte {
	b = append(b, o.workspace...)
	b = append(b, ':')
	return appendID(b, id)
}

func appendID(b []byte, id world.ID) []byte { return strconv.AppendInt(b, int64(id), 10) }

func appendTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}
