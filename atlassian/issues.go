package atlassian

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"stowage/assets"
)

// The types of custom fields that hold objects: today's, and the one of the app from which Assets comes.
const (
	assetsFieldType      = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"
	olderAssetsFieldType = "com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object"
)

// issuePage is how many issues are asked for at once.
const issuePage = 100

// Field is a custom field of Jira.
type Field struct {
	ID, Name string
}

// AssetsFields lists the custom fields that hold objects.
//
// Operation: GET /rest/api/3/field.
func (c *Client) AssetsFields(ctx context.Context) ([]Field, error) {
	var w []struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		Schema struct {
			Custom string `json:"custom"`
		} `json:"schema"`
	}
	if err := c.do(ctx, call{op: "list the fields", operation: "GET /rest/api/3/field"}, &w); err != nil {
		return nil, err
	}
	var fields []Field
	for _, f := range w {
		if f.Schema.Custom == assetsFieldType || f.Schema.Custom == olderAssetsFieldType {
			fields = append(fields, Field{ID: f.ID, Name: f.Name})
		}
	}
	return fields, nil
}

// IssueObjects yields the issues in whose Assets fields objects of the schema are selected, with all objects of these
// fields, also those of other schemas.
//
// Operation: POST /rest/api/3/search/jql.
func (c *Client) IssueObjects(ctx context.Context, schemaID string) iter.Seq2[assets.IssueObjects, error] {
	return func(yield func(assets.IssueObjects, error) bool) {
		fields, err := c.AssetsFields(ctx)
		if err != nil {
			yield(assets.IssueObjects{}, err)
			return
		}
		if len(fields) == 0 {
			return
		}
		ofSchema := " in aqlFunction(" + QuoteAQL("objectSchemaId = "+queryID(schemaID)) + ")"
		any := false
		for issue, err := range c.searchIssues(ctx, fields, ofSchema) {
			if err != nil && !any && isRejected(err) {
				// Not every field can be asked with a query; then all issues that have anything in it are read.
				c.filledIssues(ctx, fields, yield)
				return
			}
			any = true
			if !yield(issue, err) || err != nil {
				return
			}
		}
	}
}

func (c *Client) filledIssues(ctx context.Context, fields []Field, yield func(assets.IssueObjects, error) bool) {
	for issue, err := range c.searchIssues(ctx, fields, " is not EMPTY") {
		if !yield(issue, err) || err != nil {
			return
		}
	}
}

func isRejected(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == 400
}

// searchIssues yields the issues for which the condition holds on any of the fields.
func (c *Client) searchIssues(ctx context.Context, fields []Field, condition string) iter.Seq2[assets.IssueObjects, error] {
	clauses := make([]string, len(fields))
	ids := make([]string, len(fields))
	for i, f := range fields {
		clauses[i] = jqlField(f) + condition
		ids[i] = f.ID
	}
	type query struct {
		JQL    string   `json:"jql"`
		Fields []string `json:"fields"`
		Max    int      `json:"maxResults"`
		Next   string   `json:"nextPageToken,omitempty"`
	}
	q := query{JQL: strings.Join(clauses, " OR ") + " ORDER BY key ASC", Fields: append(ids, "key"), Max: issuePage}
	return func(yield func(assets.IssueObjects, error) bool) {
		for {
			var page struct {
				Issues []wireIssue `json:"issues"`
				Next   string      `json:"nextPageToken"`
				IsLast lenientBool `json:"isLast"`
			}
			k := call{op: "find the issues with objects", operation: "POST /rest/api/3/search/jql", body: q, read: true}
			a, err := c.send(ctx, k)
			if err == nil {
				if bad := decodeJSON(a.body, &page); bad != nil {
					err = c.unreadable(k, a, bad)
				}
			}
			if err != nil {
				yield(assets.IssueObjects{}, err)
				return
			}
			for _, w := range page.Issues {
				if issue := w.objects(fields); len(issue.Fields) > 0 && !yield(issue, nil) {
					return
				}
			}
			if page.Next == "" || page.IsLast.value {
				return
			}
			if page.Next == q.Next {
				yield(assets.IssueObjects{}, c.unreadable(k, a, errRepeats))
				return
			}
			q.Next = page.Next
		}
	}
}

// jqlField names a field by its number, which needs no quoting and is never ambiguous.
func jqlField(f Field) string {
	if number, ok := strings.CutPrefix(f.ID, "customfield_"); ok && numeric(number) {
		return "cf[" + number + "]"
	}
	return QuoteAQL(f.Name)
}

type wireIssue struct {
	ID     lenientText                `json:"id"`
	Key    string                     `json:"key"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// objects reads which objects the fields hold.
func (w wireIssue) objects(fields []Field) assets.IssueObjects {
	issue := assets.IssueObjects{IssueID: string(w.ID), IssueKey: w.Key}
	for _, f := range fields {
		var values []struct {
			ID       lenientText `json:"id"`
			ObjectID lenientText `json:"objectId"`
		}
		raw, ok := w.Fields[f.ID]
		if !ok || json.Unmarshal(raw, &values) != nil {
			continue
		}
		var ids []string
		for _, v := range values {
			id := string(v.ObjectID)
			if id == "" {
				// The other form of an id is workspace:object.
				id = string(v.ID)[strings.LastIndexByte(string(v.ID), ':')+1:]
			}
			if id != "" {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			issue.Fields = append(issue.Fields, assets.IssueField{FieldID: f.ID, FieldName: f.Name, ObjectIDs: ids})
		}
	}
	return issue
}
