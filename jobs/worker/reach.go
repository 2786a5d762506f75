package worker

import (
	"context"
	"errors"
	"fmt"

	"stowage/atlassian"
	"stowage/models"
)

// instance is a place that schemas are read from or written to.
type instance struct {
	connection

	// ID is the target instance, or empty for the site of the tenant's connection.
	ID, Name, Location string
}

// instanceOf finds the connection of the tenant, or a target instance of it.
func (w *Worker) instanceOf(ctx context.Context, t *models.Tenant, targetID string) (instance, error) {
	if targetID == "" {
		c, err := t.Connection(ctx)
		if errors.Is(err, models.ErrNotFound) {
			return instance{}, say("There is no connection to the site any more. Go through the set-up again.")
		}
		if err != nil {
			return instance{}, fmt.Errorf("connection: %w", err)
		}
		return instance{
			connection: connection{SiteURL: c.SiteURL, APIURL: c.APIURL, WorkspaceID: c.WorkspaceID, Email: c.Email, Token: c.Token},
			Location:   models.LocationCloud,
		}, nil
	}
	target, err := t.Target(ctx, targetID)
	if errors.Is(err, models.ErrNotFound) {
		return instance{}, say("The target instance was removed from the list. Add it again, or choose another one.")
	}
	if err != nil {
		return instance{}, fmt.Errorf("target instance: %w", err)
	}
	if target.Location == models.LocationDataCenter {
		return instance{}, say("The target instance is a Data Center, which cannot be restored to yet. Choose a cloud instance.")
	}
	return instance{
		connection: connection{SiteURL: target.URL, APIURL: target.APIURL, WorkspaceID: target.WorkspaceID, Email: target.Email, Token: target.Token},
		ID:         target.ID, Name: target.Name, Location: models.LocationAnotherCloud,
	}, nil
}

// client makes the client of an instance.
func (w *Worker) client(at instance) (*atlassian.Client, error) {
	client, err := w.connect(at.connection, patient)
	if err != nil {
		return nil, &sentenceError{text: "The configuration of the connection cannot be used: enter it again.", err: err}
	}
	return client, nil
}
