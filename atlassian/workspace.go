package atlassian

import (
	"context"
	"errors"
	"fmt"

	"stowage/assets"
)

// Workspace returns the id of the site's Assets workspace. It is asked for once, unless it was configured.
//
// Operation: GET /rest/servicedeskapi/assets/workspace.
// Operation: GET /rest/servicedeskapi/insight/workspace.
func (c *Client) Workspace(ctx context.Context) (string, error) {
	select {
	case c.lookup <- struct{}{}:
		defer func() { <-c.lookup }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if c.workspace != "" {
		return c.workspace, nil
	}
	var found struct {
		Values []struct {
			WorkspaceID string `json:"workspaceId"`
		} `json:"values"`
	}
	k := call{op: "look up the Assets workspace", operation: "GET /rest/servicedeskapi/assets/workspace"}
	err := c.do(ctx, k, &found)
	if errors.Is(err, assets.ErrUnsupported) || errors.Is(err, assets.ErrNotFound) {
		// The address of older days; it still answers on some sites.
		k.operation = "GET /rest/servicedeskapi/insight/workspace"
		if older := c.do(ctx, k, &found); older == nil {
			err = nil
		}
	}
	if err != nil {
		return "", err
	}
	if len(found.Values) == 0 {
		return "", fmt.Errorf("look up the Assets workspace: %s has none for this account; Assets needs Jira Service Management Premium or Enterprise: %w",
			c.name, assets.ErrNotFound)
	}
	id := found.Values[0].WorkspaceID
	if id == "" || !opaqueID(id) {
		return "", fmt.Errorf("look up the Assets workspace: %s answered with an id that cannot be one: %w", c.name, assets.ErrUnavailable)
	}
	c.workspace = id
	return id, nil
}
