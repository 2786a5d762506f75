package atlassian

import (
	"context"
	"iter"
	"net/url"
	"strconv"
	"strings"
)

// Sizes of pages of Jira; the service caps each by itself.
const (
	userPage    = 1000
	groupPage   = 50
	projectPage = 100
)

// User is an account of the site.
type User struct {
	AccountID string
	Name      string
	Email     string
	Active    bool
	// Type is atlassian, app or customer.
	Type string
}

type wireUser struct {
	AccountID   string `json:"accountId"`
	AccountType string `json:"accountType"`
	DisplayName string `json:"displayName"`
	Email       string `json:"emailAddress"`
	Active      bool   `json:"active"`
}

func (w wireUser) user() User {
	return User{AccountID: w.AccountID, Name: w.DisplayName, Email: w.Email, Active: w.Active, Type: w.AccountType}
}

// Myself returns the account that signs in.
//
// Operation: GET /rest/api/3/myself.
func (c *Client) Myself(ctx context.Context) (User, error) {
	var w wireUser
	if err := c.do(ctx, call{op: "ask who signs in", operation: "GET /rest/api/3/myself"}, &w); err != nil {
		return User{}, err
	}
	return w.user(), nil
}

// Permissions tells which of the named permissions the account has.
//
// Operation: GET /rest/api/3/mypermissions.
func (c *Client) Permissions(ctx context.Context, names ...string) (map[string]bool, error) {
	var w struct {
		Permissions map[string]struct {
			Have bool `json:"havePermission"`
		} `json:"permissions"`
	}
	k := call{
		op: "ask for the account's permissions", operation: "GET /rest/api/3/mypermissions",
		query: url.Values{"permissions": {strings.Join(names, ",")}},
	}
	if err := c.do(ctx, k, &w); err != nil {
		return nil, err
	}
	have := make(map[string]bool, len(names))
	for _, name := range names {
		have[name] = w.Permissions[name].Have
	}
	return have, nil
}

// Users yields all accounts of the site, also those that are no longer active. Without the permission to browse users the
// site answers as if there were none: ask Permissions for USER_PICKER first.
//
// Operation: GET /rest/api/3/users/search.
func (c *Client) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		seen := map[string]bool{}
		for start := 0; ; {
			var page []wireUser
			k := call{op: "list the users", operation: "GET /rest/api/3/users/search", query: url.Values{
				"startAt": {strconv.Itoa(start)}, "maxResults": {strconv.Itoa(userPage)},
			}}
			if err := c.do(ctx, k, &page); err != nil {
				yield(User{}, err)
				return
			}
			fresh := 0
			for _, w := range page {
				if seen[w.AccountID] {
					continue
				}
				seen[w.AccountID] = true
				fresh++
				if !yield(w.user(), nil) {
					return
				}
			}
			// The answer does not say which size of page it used, nor whether it was the last: only an empty one is.
			if fresh == 0 {
				return
			}
			start += len(page)
		}
	}
}

// FindUsers returns the active accounts whose name or e-mail address begins with a text, at most 1,000.
//
// Operation: GET /rest/api/3/user/search.
func (c *Client) FindUsers(ctx context.Context, text string) ([]User, error) {
	var page []wireUser
	k := call{op: "find users", operation: "GET /rest/api/3/user/search", query: url.Values{
		"query": {text}, "maxResults": {strconv.Itoa(userPage)},
	}}
	if err := c.do(ctx, k, &page); err != nil {
		return nil, err
	}
	users := make([]User, 0, len(page))
	for _, w := range page {
		users = append(users, w.user())
	}
	return users, nil
}
