package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"stowage/models"
	"stowage/server/problem"
)

func (a *handlers) listSchemas(ctx context.Context, c caller, in *schemasInput) (*answer[SchemaList], error) {
	page, err := c.Schemas(ctx, models.SchemaFilter{
		Query: strings.TrimSpace(in.Query), Status: in.Status, Location: in.Location, Instance: in.Instance, HideDeleted: in.HideDeleted,
		Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, cursorProblem(err)
	}
	instances, err := c.Instances(ctx)
	if err != nil {
		return nil, err
	}
	out := SchemaList{
		Items: make([]Schema, len(page.Items)), Next: page.Next, Total: int64(page.Total), Instances: make([]SchemaInstance, len(instances)),
	}
	names := make(map[string]string, len(instances))
	for i, instance := range instances {
		out.Instances[i] = presentInstance(c, instance)
		names[instance.ID] = out.Instances[i].Name
	}
	for i := range page.Items {
		out.Items[i] = presentSchema(c, page.Items[i], names)
	}
	return &answer[SchemaList]{Body: out}, nil
}

func (a *handlers) findNamesInUse(ctx context.Context, c caller, in *namesInput) (*answer[NamesInUse], error) {
	name, key, err := c.NamesInUse(ctx, strings.TrimSpace(in.Name), strings.ToUpper(strings.TrimSpace(in.Key)))
	if err != nil {
		return nil, err
	}
	return &answer[NamesInUse]{Body: NamesInUse{Name: name, Key: key}}, nil
}

func (a *handlers) getSchema(ctx context.Context, c caller, in *ByID) (*answer[Schema], error) {
	schema, err := schemaOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[Schema]{Body: presentSchema(c, schema, nil)}, nil
}

func schemaOf(ctx context.Context, c caller, id string) (models.Schema, error) {
	if err := known(id); err != nil {
		return models.Schema{}, err
	}
	return c.Schema(ctx, id)
}

func (a *handlers) deleteSchema(ctx context.Context, c caller, in *deleteSchemaInput) (*nothing, error) {
	schema, err := schemaOf(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if err := confirmed(in.Body.ConfirmName, schema.Name); err != nil {
		return nil, err
	}
	_, err = a.Runs.ForgetSchema(ctx, c.who.TenantID, c.who.AccountID, schema.ID)
	if errors.Is(err, models.ErrConflict) {
		return nil, problem.New(http.StatusConflict, "schema-in-use", "A backup or restore of this schema is queued or under way. Wait for its end, or stop it.").Because(err)
	}
	return nil, err
}

// confirmed compares a typed name with the name of what is to be deleted.
func confirmed(typed, name string) error {
	if strings.TrimSpace(typed) != strings.TrimSpace(name) {
		return invalid("body.confirmName", "name-mismatch", "This is not the name of the schema. Type it exactly as it is shown.")
	}
	return nil
}

func presentInstance(c caller, i models.Instance) SchemaInstance {
	out := SchemaInstance{ID: i.ID, URL: i.URL, Name: i.Name}
	if i.ID == models.CurrentInstance {
		out.URL = c.site()
	}
	if out.Name == "" || i.ID == models.CurrentInstance {
		out.Name = siteName(out.URL)
	}
	return out
}

func presentSchema(c caller, s models.Schema, names map[string]string) Schema {
	instance := presentInstance(c, models.Instance{ID: s.InstanceID, URL: s.InstanceURL, Name: names[s.InstanceID]})
	if s.InstanceID == "" {
		instance = presentInstance(c, models.Instance{ID: models.CurrentInstance, URL: s.InstanceURL})
	}
	out := Schema{
		ID: s.ID, SchemaID: s.SchemaID, Key: s.Key, Name: s.Name, Description: s.Description, Objects: s.Objects,
		Instance: instance, Location: s.Location, Status: s.Status, SyncError: s.SyncError,
		Backups: SchemaBackups{State: backupsState(s), NextAt: s.NextBackupAt.UTC()}, AssetsURL: schemaURL(instance.URL, s.SchemaID),
	}
	if s.LastBackupID != "" {
		out.LastBackup = &LastBackup{ID: s.LastBackupID, At: s.LastBackupAt.UTC()}
	}
	if s.LastBackupError != "" && s.LastBackupErrorAt.After(s.LastBackupAt) {
		out.LastError = &LastError{At: s.LastBackupErrorAt.UTC(), Message: s.LastBackupError}
	}
	if s.Run != nil {
		out.Run = new(presentRun(*s.Run))
	}
	return out
}

// backupsState is the word of the grid for what the backups of a schema are doing.
func backupsState(s models.Schema) string {
	switch {
	case s.Run != nil && s.Run.State == models.StateQueued && s.Run.Started.IsZero():
		return "Pending"
	case s.Run != nil:
		return "In Progress"
	case !s.NextBackupAt.IsZero():
		return "Auto"
	default:
		return "Disabled"
	}
}
