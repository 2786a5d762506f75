package sim

import (
	"net/http"

	"stowage/atlassian/sim/world"
)

// The wire types: one struct per document of the API, in the order in which the
// published examples show their members. Objects, of which there may be a
// million, are written by hand in wire_object.go.

// wire turns what a world holds into what a caller sees: the ids of the
// workspace and the address under which the caller reached it.
type wire struct {
	site      *Site
	workspace string
	base      string // the workspace's API, without a slash at the end
	jira      string // the site's Jira, without a slash at the end
}

func (s *Site) wire(r *http.Request) wire {
	return wire{site: s, workspace: s.workspaceID, base: s.assetsURL(r), jira: s.baseURL(r)}
}

func (x wire) globalID(id world.ID) string { return x.workspace + ":" + id.String() }

type wireSchema struct {
	WorkspaceID     string `json:"workspaceId"`
	GlobalID        string `json:"globalId"`
	ID              string `json:"id"`
	Name            string `json:"name"`
	ObjectSchemaKey string `json:"objectSchemaKey"`
	Status          string `json:"status,omitempty"`
	Description     string `json:"description"`
	Created         string `json:"created"`
	Updated         string `json:"updated"`
	ObjectCount     int    `json:"objectCount"`
	ObjectTypeCount int    `json:"objectTypeCount"`
	CanManage       bool   `json:"canManage"`
	IDAsInt         int    `json:"idAsInt"`
}

func (x wire) schema(s world.Schema) wireSchema {
	return wireSchema{
		WorkspaceID: x.workspace, GlobalID: x.globalID(s.ID), ID: s.ID.String(),
		Name: s.Name, ObjectSchemaKey: s.Key, Status: s.Status, Description: s.Description,
		Created: world.FormatTime(s.Created), Updated: world.FormatTime(s.Updated),
		ObjectCount: s.ObjectCount, ObjectTypeCount: s.TypeCount, CanManage: s.CanManage, IDAsInt: int(s.ID),
	}
}

type wireSchemaList struct {
	StartAt    int          `json:"startAt"`
	MaxResults int          `json:"maxResults"`
	Total      int          `json:"total"`
	Values     []wireSchema `json:"values"`
	IsLast     bool         `json:"isLast"`
	Last       bool         `json:"last"`
}

type wireIcon struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	URL16 string `json:"url16"`
	URL48 string `json:"url48"`
}

func (x wire) icon(id world.ID, name string) wireIcon {
	url := x.base + "/icon/" + id.String() + "/icon.png?size="
	return wireIcon{ID: id.String(), Name: name, URL16: url + "16", URL48: url + "48"}
}

type wireType struct {
	WorkspaceID               string   `json:"workspaceId"`
	GlobalID                  string   `json:"globalId"`
	ID                        string   `json:"id"`
	Name                      string   `json:"name"`
	Type                      int      `json:"type"`
	Description               string   `json:"description,omitempty"`
	Icon                      wireIcon `json:"icon"`
	Position                  int      `json:"position"`
	Created                   string   `json:"created"`
	Updated                   string   `json:"updated"`
	ObjectCount               int      `json:"objectCount"`
	ParentObjectTypeID        any      `json:"parentObjectTypeId,omitempty"`
	ObjectSchemaID            string   `json:"objectSchemaId"`
	Inherited                 bool     `json:"inherited"`
	AbstractObjectType        bool     `json:"abstractObjectType"`
	ParentObjectTypeInherited bool     `json:"parentObjectTypeInherited"`
}

// objectType writes a type. Its count is left out, as the service does, unless
// it was asked for.
func (x wire) objectType(t world.ObjectType, iconName string, counts bool) wireType {
	out := wireType{
		WorkspaceID: x.workspace, GlobalID: x.globalID(t.ID), ID: t.ID.String(),
		Name: t.Name, Description: t.Description, Icon: x.icon(t.IconID, iconName),
		Position: t.Position, Created: world.FormatTime(t.Created), Updated: world.FormatTime(t.Updated),
		ObjectSchemaID: t.SchemaID.String(),
		Inherited:      t.Inherited, AbstractObjectType: t.Abstract, ParentObjectTypeInherited: t.ParentInherited,
	}
	if counts {
		out.ObjectCount = t.ObjectCount
	}
	if t.ParentID != 0 {
		if x.site.opts.ParentTypeIDAsNumber {
			out.ParentObjectTypeID = int(t.ParentID)
		} else {
			out.ParentObjectTypeID = t.ParentID.String()
		}
	}
	return out
}

type wireDefaultType struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

type wireReferenceType struct {
	WorkspaceID    string `json:"workspaceId"`
	GlobalID       string `json:"globalId"`
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description,omitempty"`
	Color          string `json:"color"`
	URL16          string `json:"url16"`
	Removable      bool   `json:"removable"`
	ObjectSchemaID string `json:"objectSchemaId,omitempty"`
}

type wireAttribute struct {
	WorkspaceID             string             `json:"workspaceId"`
	GlobalID                string             `json:"globalId"`
	ID                      string             `json:"id"`
	ObjectType              *wireType          `json:"objectType,omitempty"`
	Name                    string             `json:"name"`
	Label                   bool               `json:"label"`
	Type                    int                `json:"type"`
	Description             string             `json:"description,omitempty"`
	DefaultType             *wireDefaultType   `json:"defaultType,omitempty"`
	TypeValue               string             `json:"typeValue,omitempty"`
	TypeValueMulti          []string           `json:"typeValueMulti,omitempty"`
	AdditionalValue         string             `json:"additionalValue,omitempty"`
	ReferenceType           *wireReferenceType `json:"referenceType,omitempty"`
	ReferenceObjectTypeID   string             `json:"referenceObjectTypeId,omitempty"`
	ReferenceObjectType     *wireType          `json:"referenceObjectType,omitempty"`
	Editable                bool               `json:"editable"`
	System                  bool               `json:"system"`
	Indexed                 bool               `json:"indexed"`
	Sortable                bool               `json:"sortable"`
	Summable                bool               `json:"summable"`
	MinimumCardinality      int                `json:"minimumCardinality"`
	MaximumCardinality      int                `json:"maximumCardinality"`
	Suffix                  string             `json:"suffix,omitempty"`
	Removable               bool               `json:"removable"`
	ObjectAttributeExists   *bool              `json:"objectAttributeExists,omitempty"`
	Hidden                  bool               `json:"hidden"`
	IncludeChildObjectTypes bool               `json:"includeChildObjectTypes"`
	UniqueAttribute         bool               `json:"uniqueAttribute"`
	RegexValidation         string             `json:"regexValidation,omitempty"`
	IQL                     string             `json:"iql,omitempty"`
	QLQuery                 string             `json:"qlQuery,omitempty"`
	Options                 string             `json:"options"`
	Position                int                `json:"position"`
}

type wireStatus struct {
	ID             string `json:"id"`
	Name           string `json:"name"`
	Description    string `json:"description,omitempty"`
	Category       int    `json:"category"`
	ObjectSchemaID string `json:"objectSchemaId,omitempty"`
}

type wireUser struct {
	AvatarURL    string `json:"avatarUrl"`
	DisplayName  string `json:"displayName"`
	Name         string `json:"name"`
	Key          string `json:"key"`
	EmailAddress string `json:"emailAddress,omitempty"`
	RenderedLink string `json:"renderedLink,omitempty"`
	IsDeleted    bool   `json:"isDeleted"`
}

type wireGroup struct {
	AvatarURL string `json:"avatarUrl"`
	Name      string `json:"name"`
}

type wireProjectValue struct {
	ID   string `json:"id"`
	Key  string `json:"key"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

type wireVersionValue struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}
