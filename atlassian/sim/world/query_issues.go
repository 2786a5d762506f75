package world

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/aql/jql"
)

// SearchIssues answers a JQL query as the person with the account id viewer, with the
// issues in the order that is asked for, otherwise in that of their ids. What the query
// asks for beyond what is simulated is refused with an *Error of status 400.
func (w *World) SearchIssues(ctx context.Context, viewer, query string) ([]Issue, error) {
	q, err := jql.Parse(query)
	if err != nil {
		return nil, issueQueryError(err)
	}
	if q.Where == nil {
		return nil, badRequest("Unbounded JQL queries are not allowed here. Please add a search restriction to your query.")
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	match, err := w.issueCondition(w.queried(viewer), q.Where)
	if err != nil {
		return nil, issueQueryError(err)
	}
	order, err := issueOrder(q.Order)
	if err != nil {
		return nil, issueQueryError(err)
	}
	found := slices.DeleteFunc(sorted(w.jira.issues), func(i Issue) bool { return ctx.Err() != nil || !match(&i) })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(found, order)
	return found, nil
}

func issueQueryError(err error) error {
	if invalid, ok := errors.AsType[*jql.Error](err); ok {
		return badRequest("%s", invalid.Error())
	}
	return err
}

// Connected compiles a condition on the issues in which an object is chosen.
func (d *queried) Connected(query string) (func(h aql.Handle) bool, error) {
	match := func(*Issue) bool { return true }
	if query != "" {
		q, err := jql.Parse(query)
		if err != nil {
			return nil, issueQueryError(err)
		}
		if q.Where != nil {
			if match, err = d.w.issueCondition(d, q.Where); err != nil {
				return nil, issueQueryError(err)
			}
		}
	}
	return func(h aql.Handle) bool {
		return slices.ContainsFunc(d.w.jira.byObject[ID(h)], func(id ID) bool {
			return match(d.w.jira.issues[id])
		})
	}, nil
}

type issueTest func(i *Issue) bool

func (w *World) issueCondition(d *queried, e jql.Expr) (issueTest, error) {
	switch e := e.(type) {
	case *jql.And:
		terms, err := w.issueConditions(d, e.Terms)
		return func(i *Issue) bool {
			return !slices.ContainsFunc(terms, func(t issueTest) bool { return !t(i) })
		}, err
	case *jql.Or:
		terms, err := w.issueConditions(d, e.Terms)
		return func(i *Issue) bool {
			return slices.ContainsFunc(terms, func(t issueTest) bool { return t(i) })
		}, err
	case *jql.Not:
		term, err := w.issueCondition(d, e.Term)
		return func(i *Issue) bool { return !term(i) }, err
	case *jql.Clause:
		return w.issueClause(d, e)
	default:
		return nil, &Error{Status: http.StatusInternalServerError, Messages: []string{"unknown kind of JQL condition"}}
	}
}

func (w *World) issueConditions(d *queried, es []jql.Expr) ([]issueTest, error) {
	out := make([]issueTest, 0, len(es))
	for _, e := range es {
		t, err := w.issueCondition(d, e)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// alwaysSet are the fields that no issue is without.
var alwaysSet = []string{
	"project", "key", "issuekey", "issue", "id", "issuetype", "type", "status", "summary", "created", "createddate", "updated", "updateddate",
}

func (w *World) issueClause(d *queried, c *jql.Clause) (issueTest, error) {
	field := strings.ToLower(c.Field)
	if slices.Contains(alwaysSet, field) && strings.HasPrefix(c.Op, "IS ") {
		if c.Op == "IS EMPTY" {
			return noIssue, nil
		}
		return everIssue, nil
	}
	switch field {
	case "project":
		return w.projectClause(c)
	case "key", "issuekey", "issue", "id":
		return w.keyClause(c)
	case "issuetype", "type":
		return textClause(c, func(i *Issue) string { return i.Type })
	case "status":
		return textClause(c, func(i *Issue) string { return i.Status })
	case "created", "createddate":
		return w.dateClause(c, func(i *Issue) time.Time { return i.Created })
	case "updated", "updateddate":
		return w.dateClause(c, func(i *Issue) time.Time { return i.Updated })
	case "summary":
		if c.Op != "~" {
			return nil, unsupported(c)
		}
		part := strings.ToLower(strings.Trim(c.Values[0].Text, `"*`))
		return func(i *Issue) bool { return strings.Contains(strings.ToLower(i.Summary), part) }, nil
	default:
		fields := w.fieldsNamed(field)
		if len(fields) == 0 {
			return nil, refused(c, "Field '%s' does not exist or you do not have permission to view it, or the simulator does not search by it.", c.Field)
		}
		return w.objectsClause(d, c, fields)
	}
}

func refused(c *jql.Clause, format string, args ...any) error {
	return &jql.Error{Column: c.Column, Message: fmt.Sprintf(format, args...)}
}

func unsupported(c *jql.Clause) error {
	return refused(c, "The operator '%s' is not supported by the simulator for the '%s' field.", c.Op, c.Field)
}

// literals are the values of an equality or a list, and whether it is negated.
func literals(c *jql.Clause) (values []string, negated bool, err error) {
	switch c.Op {
	case "=", "IN":
	case "!=", "NOT IN":
		negated = true
	default:
		return nil, false, unsupported(c)
	}
	for _, v := range c.Values {
		if v.Func != "" {
			return nil, false, refused(c, "The function '%s' is not supported by the simulator for the '%s' field.", v.Func, c.Field)
		}
		values = append(values, v.Text)
	}
	return values, negated, nil
}

func textClause(c *jql.Clause, text func(i *Issue) string) (issueTest, error) {
	values, negated, err := literals(c)
	return func(i *Issue) bool {
		return slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, text(i)) }) != negated
	}, err
}

func (w *World) projectClause(c *jql.Clause) (issueTest, error) {
	values, negated, err := literals(c)
	if err != nil {
		return nil, err
	}
	allowed := map[ID]bool{}
	for _, v := range values {
		p := w.jira.project(v)
		for _, other := range w.jira.projects {
			if p == nil && strings.EqualFold(other.Name, v) {
				p = other
			}
		}
		if p == nil {
			return nil, refused(c, "The value '%s' does not exist for the field 'project'.", v)
		}
		allowed[p.ID] = true
	}
	return func(i *Issue) bool { return allowed[i.ProjectID] != negated }, nil
}

func (w *World) keyClause(c *jql.Clause) (issueTest, error) {
	find := func(v string) (*Issue, error) {
		id, ok := w.jira.byKey[strings.ToUpper(v)]
		if !ok {
			id, _ = ParseID(v)
		}
		if i := w.jira.issues[id]; i != nil {
			return i, nil
		}
		return nil, refused(c, "An issue with key '%s' does not exist for field '%s'.", v, c.Field)
	}
	switch c.Op {
	case "<", "<=", ">", ">=":
		bound, err := find(c.Values[0].Text)
		if err != nil {
			return nil, err
		}
		return func(i *Issue) bool {
			// Keys are ordered within their project only.
			n := cmp.Compare(numberOf(i.Key), numberOf(bound.Key))
			return i.ProjectID == bound.ProjectID &&
				(n < 0 && c.Op[0] == '<' || n > 0 && c.Op[0] == '>' || n == 0 && len(c.Op) == 2)
		}, nil
	}
	values, negated, err := literals(c)
	if err != nil {
		return nil, err
	}
	allowed := map[ID]bool{}
	for _, v := range values {
		i, err := find(v)
		if err != nil {
			return nil, err
		}
		allowed[i.ID] = true
	}
	return func(i *Issue) bool { return allowed[i.ID] != negated }, nil
}

// numberOf is the number at the end of an issue's key.
func numberOf(key string) int {
	n, err := strconv.Atoi(key[strings.LastIndexByte(key, '-')+1:])
	if err != nil {
		return 0
	}
	return n
}

// fieldsNamed finds the fields meant by a name, by customfield_10001 or by cf[10001], in
// lower case.
func (w *World) fieldsNamed(name string) []string {
	if n, ok := strings.CutPrefix(name, "cf["); ok {
		name = "customfield_" + strings.TrimSuffix(n, "]")
	}
	var out []string
	for id, f := range w.jira.fields {
		if id == name || strings.EqualFold(f.Name, name) {
			out = append(out, id)
		}
	}
	return out
}

// objectsClause is about fields that hold objects.
func (w *World) objectsClause(d *queried, c *jql.Clause, fields []string) (issueTest, error) {
	has := func(i *Issue, match func(ID) bool) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return slices.ContainsFunc(i.Objects[f], match) })
	}
	anything := func(ID) bool { return true }
	switch c.Op {
	case "IS EMPTY":
		return func(i *Issue) bool { return !has(i, anything) }, nil
	case "IS NOT EMPTY":
		return func(i *Issue) bool { return has(i, anything) }, nil
	case "IN", "NOT IN", "=", "!=":
	default:
		return nil, unsupported(c)
	}
	if len(c.Values) != 1 || c.Values[0].Func != "aqlfunction" && c.Values[0].Func != "iqlfunction" || len(c.Values[0].Args) != 1 {
		return nil, refused(c, `The '%s' field is searched with aqlFunction("…"), IS EMPTY or IS NOT EMPTY; other values are not supported by the simulator.`, c.Field)
	}
	q, err := aql.Parse(c.Values[0].Args[0])
	if err != nil {
		return nil, refused(c, "%s", err.Error())
	}
	match, err := aql.Matcher(d, q)
	if err != nil {
		return nil, refused(c, "%s", err.Error())
	}
	negated := c.Op == "NOT IN" || c.Op == "!="
	return func(i *Issue) bool {
		// An empty field is found by neither, as in the rest of JQL.
		return has(i, anything) && has(i, func(id ID) bool {
			return d.seen(id) != nil && match(aql.Handle(id))
		}) != negated
	}, nil
}

// issueOrder makes the order of ORDER BY; without it issues stay in the order of their ids.
func issueOrder(items []jql.Order) (func(a, b Issue) int, error) {
	by := make([]func(a, b Issue) int, 0, len(items))
	for _, o := range items {
		var one func(a, b Issue) int
		switch strings.ToLower(o.Field) {
		case "key", "issuekey", "issue":
			one = func(a, b Issue) int {
				return cmp.Or(cmp.Compare(a.ProjectID, b.ProjectID), cmp.Compare(numberOf(a.Key), numberOf(b.Key)))
			}
		case "id":
			one = func(a, b Issue) int { return cmp.Compare(a.ID, b.ID) }
		case "project":
			one = func(a, b Issue) int { return cmp.Compare(a.ProjectID, b.ProjectID) }
		case "summary":
			one = func(a, b Issue) int { return cmp.Compare(strings.ToLower(a.Summary), strings.ToLower(b.Summary)) }
		case "created":
			one = func(a, b Issue) int { return a.Created.Compare(b.Created) }
		case "updated":
			one = func(a, b Issue) int { return a.Updated.Compare(b.Updated) }
		default:
			return nil, badRequest("Error in the JQL Query: the simulator does not order by '%s'.", o.Field)
		}
		if o.Desc {
			up := one
			one = func(a, b Issue) int { return up(b, a) }
		}
		by = append(by, one)
	}
	return func(a, b Issue) int {
		for _, one := range by {
			if c := one(a, b); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.ID, b.ID)
	}, nil
}
