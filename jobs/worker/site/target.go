package site

import (
	"context"
	"iter"

	"stowage/assets"
	"stowage/atlassian"
	"stowage/restore"
)

// Target is a site to restore to. Use one Target per restore: it remembers users and projects.
type Target struct {
	client *atlassian.Client

	users    once[map[string][]restore.User]
	projects once[[]restore.Project]
}

var _ restore.Target = (*Target)(nil)

// NewTarget makes a Target of a client.
func NewTarget(client *atlassian.Client) *Target {
	return &Target{client: client, users: newOnce[map[string][]restore.User](), projects: newOnce[[]restore.Project]()}
}

// Schemas implements restore.Target.
func (t *Target) Schemas(ctx context.Context) ([]assets.Schema, error) { return t.client.Schemas(ctx) }

// CreateSchema implements restore.Target.
func (t *Target) CreateSchema(ctx context.Context, s restore.SchemaSpec) (assets.Schema, error) {
	return t.client.CreateSchema(ctx, atlassian.SchemaSpec(s))
}

// Properties implements restore.Target.
func (t *Target) Properties(ctx context.Context, schemaID string) (assets.Properties, error) {
	return t.client.Properties(ctx, schemaID)
}

// SetProperties implements restore.Target.
func (t *Target) SetProperties(ctx context.Context, schemaID string, p assets.Properties) error {
	return t.client.SetProperties(ctx, schemaID, p)
}

// StatusTypes implements restore.Target.
func (t *Target) StatusTypes(ctx context.Context, schemaID string) ([]assets.StatusType, error) {
	return t.client.StatusTypes(ctx, schemaID)
}

// CreateStatusType implements restore.Target.
func (t *Target) CreateStatusType(ctx context.Context, s assets.StatusType) (assets.StatusType, error) {
	return t.client.CreateStatusType(ctx, s)
}

// ReferenceTypes implements restore.Target.
func (t *Target) ReferenceTypes(ctx context.Context, schemaID string) ([]assets.ReferenceType, error) {
	return t.client.ReferenceTypes(ctx, schemaID)
}

// CreateReferenceType implements restore.Target.
func (t *Target) CreateReferenceType(ctx context.Context, r assets.ReferenceType) (assets.ReferenceType, error) {
	return t.client.CreateReferenceType(ctx, r)
}

// Icons implements restore.Target.
func (t *Target) Icons(ctx context.Context) ([]assets.Icon, error) { return t.client.Icons(ctx) }

// CreateIcon implements restore.Target.
func (t *Target) CreateIcon(ctx context.Context, name string, png []byte) (assets.Icon, error) {
	return t.client.CreateIcon(ctx, name, png)
}

// ObjectTypes implements restore.Target.
func (t *Target) ObjectTypes(ctx context.Context, schemaID string) ([]assets.ObjectType, error) {
	return t.client.ObjectTypes(ctx, schemaID)
}

// CreateObjectType implements restore.Target.
func (t *Target) CreateObjectType(ctx context.Context, s restore.ObjectTypeSpec) (assets.ObjectType, error) {
	return t.client.CreateObjectType(ctx, atlassian.ObjectTypeSpec(s))
}

// PlaceObjectType implements restore.Target.
func (t *Target) PlaceObjectType(ctx context.Context, typeID, parentID string, position int) error {
	return t.client.PlaceObjectType(ctx, typeID, parentID, position)
}

// Attributes implements restore.Target.
func (t *Target) Attributes(ctx context.Context, typeID string) ([]assets.Attribute, error) {
	return t.client.Attributes(ctx, typeID)
}

// CreateAttribute implements restore.Target.
func (t *Target) CreateAttribute(ctx context.Context, typeID string, a restore.AttributeSpec) (assets.Attribute, error) {
	return t.client.CreateAttribute(ctx, typeID, atlassian.AttributeSpec(a))
}

// UpdateAttribute implements restore.Target.
func (t *Target) UpdateAttribute(ctx context.Context, typeID, attributeID string, a restore.AttributeSpec) (assets.Attribute, error) {
	return t.client.UpdateAttribute(ctx, typeID, attributeID, atlassian.AttributeSpec(a))
}

// CreateObject implements restore.Target.
func (t *Target) CreateObject(ctx context.Context, o restore.ObjectSpec) (assets.ObjectRef, error) {
	return t.client.CreateObject(ctx, objectSpec(o))
}

// UpdateObject implements restore.Target.
func (t *Target) UpdateObject(ctx context.Context, objectID string, o restore.ObjectSpec) error {
	return t.client.UpdateObject(ctx, objectID, objectSpec(o))
}

func objectSpec(o restore.ObjectSpec) atlassian.ObjectSpec {
	spec := atlassian.ObjectSpec{TypeID: o.TypeID, Values: make([]atlassian.AttributeTexts, len(o.Values))}
	for i, v := range o.Values {
		spec.Values[i] = atlassian.AttributeTexts(v)
	}
	return spec
}

// DeleteObject implements restore.Target.
func (t *Target) DeleteObject(ctx context.Context, objectID string) error {
	return t.client.DeleteObject(ctx, objectID)
}

// Object implements restore.Target.
func (t *Target) Object(ctx context.Context, objectID string) (assets.Object, error) {
	return t.client.Object(ctx, objectID)
}

// Objects implements restore.Target.
func (t *Target) Objects(ctx context.Context, typeID string) iter.Seq2[assets.Object, error] {
	return func(yield func(assets.Object, error) bool) {
		for page, err := range t.client.Objects(ctx, atlassian.ObjectQuery{TypeID: typeID}) {
			if err != nil {
				yield(assets.Object{}, err)
				return
			}
			for _, o := range page.Objects {
				if !yield(o, nil) {
					return
				}
			}
		}
	}
}

// FindByText implements restore.Target.
func (t *Target) FindByText(ctx context.Context, typeID, attribute string, texts []string) iter.Seq2[assets.Object, error] {
	return t.client.FindByText(ctx, typeID, attribute, texts)
}

// GroupExists implements restore.Target.
func (t *Target) GroupExists(ctx context.Context, name string) (bool, error) {
	return t.client.GroupExists(ctx, name)
}

// GroupMembers implements restore.Target.
func (t *Target) GroupMembers(ctx context.Context, name string) iter.Seq2[string, error] {
	return t.client.GroupMembers(ctx, name)
}

// UsersNamed implements restore.Target.
func (t *Target) UsersNamed(ctx context.Context, name string) ([]restore.User, error) {
	byName, err := t.users.get(ctx, t.readUsers)
	if err != nil {
		return nil, err
	}
	return byName[name], nil
}

func (t *Target) readUsers(ctx context.Context) (map[string][]restore.User, error) {
	byName := map[string][]restore.User{}
	for u, err := range t.client.Users(ctx) {
		if err != nil {
			return nil, err
		}
		byName[u.Name] = append(byName[u.Name], restore.User{AccountID: u.AccountID, Name: u.Name, Email: u.Email, Active: u.Active})
	}
	return byName, nil
}

// Projects implements restore.Target.
func (t *Target) Projects(ctx context.Context) ([]restore.Project, error) {
	return t.projects.get(ctx, t.readProjects)
}

func (t *Target) readProjects(ctx context.Context) ([]restore.Project, error) {
	projects, err := t.client.Projects(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]restore.Project, len(projects))
	for i, p := range projects {
		out[i] = restore.Project{ID: p.ID, Key: p.Key, Name: p.Name, Versions: make([]restore.Version, len(p.Versions))}
		for j, v := range p.Versions {
			out[i].Versions[j] = restore.Version(v)
		}
	}
	return out, nil
}
