package atlassian

import (
	"context"
	"errors"
	"iter"
	"maps"
	"net/url"
	"strconv"

	"stowage/assets"
)

// jiraPage is the frame of a list in Jira.
type jiraPage[T any] struct {
	StartAt    lenientInt  `json:"startAt"`
	MaxResults lenientInt  `json:"maxResults"`
	IsLast     lenientBool `json:"isLast"`
	Values     []T         `json:"values"`
}

// jiraList yields the values of a list page by page.
func jiraList[T any](ctx context.Context, c *Client, k call, size int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := k.query
		for start := 0; ; {
			k.query = url.Values{"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(size)}}
			maps.Copy(k.query, query)
			var page jiraPage[T]
			if err := c.do(ctx, k, &page); err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, v := range page.Values {
				if !yield(v, nil) {
					return
				}
			}
			end := pageEnd{maxResults: int(page.MaxResults), isLast: page.IsLast}
			if n := len(page.Values); n == 0 || end.last(n, size) {
				return
			}
			start += len(page.Values)
		}
	}
}

// GroupExists tells whether the site has a group of that name.
//
// Operation: GET /rest/api/3/group/bulk.
func (c *Client) GroupExists(ctx context.Context, name string) (bool, error) {
	type group struct {
		Name string `json:"name"`
	}
	k := call{op: "look up a group", operation: "GET /rest/api/3/group/bulk", query: url.Values{"groupName": {name}}}
	for g, err := range jiraList[group](ctx, c, k, groupPage) {
		if errors.Is(err, assets.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if g.Name == name {
			return true, nil
		}
	}
	return false, nil
}

// GroupMembers yields the account ids of the members of a group, active or not.
//
// Operation: GET /rest/api/3/group/member.
func (c *Client) GroupMembers(ctx context.Context, name string) iter.Seq2[string, error] {
	k := call{op: "list the members of a group", operation: "GET /rest/api/3/group/member", query: url.Values{
		"groupname": {name}, "includeInactiveUsers": {"true"},
	}}
	return func(yield func(string, error) bool) {
		for u, err := range jiraList[wireUser](ctx, c, k, groupPage) {
			if !yield(u.AccountID, err) || err != nil {
				return
			}
		}
	}
}
