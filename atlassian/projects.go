package atlassian

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// Project is a Jira project of the site.
type Project struct {
	ID, Key, Name string
	Versions      []Version
}

// Version is a version of a project.
type Version struct {
	ID, Name string
}

// Projects lists the projects the account can see, with their versions. The versions take one call per project.
//
// Operation: GET /rest/api/3/project/search.
// Operation: GET /rest/api/3/project/{projectIdOrKey}/versions.
func (c *Client) Projects(ctx context.Context) ([]Project, error) {
	type wireProject struct {
		ID   lenientText `json:"id"`
		Key  string      `json:"key"`
		Name string      `json:"name"`
	}
	var projects []Project
	k := call{op: "list the projects", operation: "GET /rest/api/3/project/search"}
	for w, err := range jiraList[wireProject](ctx, c, k, projectPage) {
		if err != nil {
			return nil, err
		}
		projects = append(projects, Project{ID: string(w.ID), Key: w.Key, Name: w.Name})
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range projects {
		group.Go(func() error {
			versions, err := c.versions(groupCtx, projects[i].ID)
			projects[i].Versions = versions
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return projects, nil
}

func (c *Client) versions(ctx context.Context, projectID string) ([]Version, error) {
	var w []struct {
		ID   lenientText `json:"id"`
		Name string      `json:"name"`
	}
	k := call{op: "list the versions of project " + projectID, operation: "GET /rest/api/3/project/{projectIdOrKey}/versions", args: []string{projectID}}
	if err := c.do(ctx, k, &w); err != nil {
		return nil, err
	}
	versions := make([]Version, 0, len(w))
	for _, v := range w {
		versions = append(versions, Version{ID: string(v.ID), Name: v.Name})
	}
	return versions, nil
}
