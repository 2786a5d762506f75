package atlassian_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/atlassian"
)

// TestPagesAreNoMoreThanNeeded counts the pages for the ways in which a site may tell the end of a list, or not tell it.
func TestPagesAreNoMoreThanNeeded(t *testing.T) {
	t.Parallel()
	ends := map[string]struct {
		end      func(last bool) map[string]any
		hideSize bool
		// extra is the number of further pages that cannot be avoided when the last page is full, and when it is not.
		extraFull, extraShort int
	}{
		"isLast": {end: func(last bool) map[string]any { return map[string]any{"isLast": last} }},
		"isLast as a string": {end: func(last bool) map[string]any {
			return map[string]any{"isLast": map[bool]string{true: "true", false: "false"}[last]}
		}},
		"last":                   {end: func(last bool) map[string]any { return map[string]any{"last": last} }},
		"last with isLast false": {end: func(last bool) map[string]any { return map[string]any{"last": last, "isLast": false} }},
		"both":                   {end: func(last bool) map[string]any { return map[string]any{"last": last, "isLast": last} }},
		"hasMoreResults":         {end: func(last bool) map[string]any { return map[string]any{"hasMoreResults": !last} }},
		"hasMoreResults as a string": {end: func(last bool) map[string]any {
			return map[string]any{"hasMoreResults": map[bool]string{true: "false", false: "true"}[last]}
		}},
		"nothing":               {extraFull: 1},
		"nothing, nor the size": {hideSize: true, extraFull: 1},
		"always false":          {end: func(bool) map[string]any { return map[string]any{"isLast": false} }, extraFull: 1, extraShort: 1},
	}
	for name, c := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{0, 1, 99, 100, 101, 1000, 1001, 2000, 2500} {
				p := &pager{objects: n, end: c.end, hideSize: c.hideSize}
				if !c.hideSize {
					p.largest = 100
				}
				client, _ := stubbed(t, p.serve, func(cfg *atlassian.Config) {
					if c.hideSize {
						cfg.PageSize = 100
					}
				})
				got := objectsOf(t, client, atlassian.ObjectQuery{TypeID: "7"})
				if len(got) != n {
					t.Errorf("%d objects: read %d", n, len(got))
				}
				want := max(1, (n+99)/100)
				if n > 0 {
					if n%100 == 0 {
						want += c.extraFull
					} else {
						want += c.extraShort
					}
				}
				if p.pages != want {
					t.Errorf("%d objects: %d pages, want %d", n, p.pages, want)
				}
			}
		})
	}
}

func TestALargePageIsAskedForAndTheSizeGivenIsObeyed(t *testing.T) {
	t.Parallel()
	var sizes []string
	p := &pager{objects: 250, largest: 100}
	client, _ := stubbed(t, func(n int, r *http.Request, body string) (*http.Response, error) {
		sizes = append(sizes, r.URL.Query().Get("maxResults")+"@"+r.URL.Query().Get("startAt"))
		return p.serve(n, r, body)
	})
	objectsOf(t, client, atlassian.ObjectQuery{TypeID: "7"})
	if diff := cmp.Diff([]string{"1000@0", "100@0", "100@0"}, sizes); diff != "" {
		t.Errorf("sizes asked for (-want +got):\n%s", diff)
	}
}

func TestReadingGoesOnBehindTheLastObjectRead(t *testing.T) {
	t.Parallel()
	var queries []string
	p := &pager{objects: 30, largest: 10, end: func(last bool) map[string]any { return map[string]any{"isLast": last} }}
	client, _ := stubbed(t, func(n int, r *http.Request, body string) (*http.Response, error) {
		queries = append(queries, body)
		return p.serve(n, r, body)
	})
	got := objectsOf(t, client, atlassian.ObjectQuery{TypeID: "7", After: "15"})
	if len(got) != 15 || got[0].ID != "16" {
		t.Errorf("read %d objects", len(got))
	}
	want := []string{
		`{"qlQuery":"objectTypeId = 7 AND objectId \u003e 15 ORDER BY objectId"}`,
		`{"qlQuery":"objectTypeId = 7 AND objectId \u003e 25 ORDER BY objectId"}`,
	}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func TestAServerThatRepeatsItselfOrGoesBackwardsEndsWithAnError(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"same page again":   `{"maxResults":2,"isLast":false,"values":[{"id":"1"},{"id":"2"}]}`,
		"backwards":         `{"maxResults":2,"isLast":false,"values":[{"id":"9"},{"id":"3"}]}`,
		"twice in a page":   `{"maxResults":2,"isLast":false,"values":[{"id":"3"},{"id":"3"}]}`,
		"nothing has an id": `{"maxResults":2,"isLast":false,"values":[{"id":"x"},{}]}`,
	} {
		client, s := stubbed(t, func(int, *http.Request, string) (*http.Response, error) { return reply(200, page), nil })
		var last error
		for _, err := range client.Objects(t.Context(), atlassian.ObjectQuery{TypeID: "7"}) {
			last = err
		}
		if !errors.Is(last, atlassian.ErrUnreadable) || s.sent() > 2 {
			t.Errorf("%s: %v after %d requests", name, last, s.sent())
		}
	}
}

func TestAnEntryThatCannotBeUnderstoodCostsItselfOnly(t *testing.T) {
	t.Parallel()
	client, _ := stubbed(t, func(int, *http.Request, string) (*http.Response, error) {
		return reply(200, `{"isLast":true,"maxResults":9,"values":[
			{"id":"1","label":"a"}, 17, {"id":"4","objectKey":"K-4","attributes":[{"objectAttributeValues":{"not":"a list"}}],"more":1},
			{"id":"5","label":"b","attributes":[{"objectTypeAttributeId":"2","objectAttributeValues":[{"value":"x"}]}]}]}`), nil
	})
	for page, err := range client.Objects(t.Context(), atlassian.ObjectQuery{TypeID: "7"}) {
		if err != nil {
			t.Fatal(err)
		}
		want := []assets.Object{
			{ID: "1", Label: "a"},
			{ID: "5", Label: "b", Values: []assets.AttributeValues{{AttributeID: "2", Values: []assets.Value{{Text: "x"}}}}},
		}
		if diff := cmp.Diff(want, page.Objects); diff != "" {
			t.Errorf("objects (-want +got):\n%s", diff)
		}
		if len(page.Unreadable) != 2 || page.Unreadable[1].ID != "4" || page.Unreadable[1].Key != "K-4" || !errors.Is(page.Unreadable[0].Err, atlassian.ErrUnreadable) {
			t.Errorf("unreadable: %+v", page.Unreadable)
		}
	}
}

func TestAPageTooLargeIsAskedForInSmallerPieces(t *testing.T) {
	t.Parallel()
	p := &pager{objects: 40, end: func(last bool) map[string]any { return map[string]any{"isLast": last} }}
	client, _ := stubbed(t, p.serve, func(cfg *atlassian.Config) { cfg.MaxPage, cfg.PageSize = 700, 64 })
	if got := objectsOf(t, client, atlassian.ObjectQuery{TypeID: "7"}); len(got) != 40 {
		t.Errorf("read %d objects", len(got))
	}
}

func TestAllPagesOfSchemasAreRead(t *testing.T) {
	t.Parallel()
	client, s := stubbed(t, func(n int, r *http.Request, _ string) (*http.Response, error) {
		switch r.URL.Query().Get("startAt") {
		case "0":
			return reply(200, `{"startAt":0,"maxResults":2,"total":1,"isLast":"false","values":[{"id":"1","canManage":false},{"id":2}]}`), nil
		case "2":
			return reply(200, `{"startAt":2,"maxResults":2,"total":1,"isLast":"true","values":[{"id":"3","new":{"x":1}}]}`), nil
		}
		t.Errorf("request %d: %s", n, r.URL)
		return reply(500, ""), nil
	})
	schemas, err := client.Schemas(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []assets.Schema{{ID: "1"}, {ID: "2", CanManage: true}, {ID: "3", CanManage: true, Extra: assets.Extra(`{"new":{"x":1}}`)}}
	if diff := cmp.Diff(want, schemas); diff != "" || s.sent() != 2 {
		t.Errorf("%d requests, schemas (-want +got):\n%s", s.sent(), diff)
	}
}

func TestTextsAreFoundInPortionsAndQuoted(t *testing.T) {
	t.Parallel()
	var queries []string
	client, _ := stubbed(t, func(_ int, _ *http.Request, body string) (*http.Response, error) {
		queries = append(queries, body)
		return reply(200, `{"isLast":true,"values":[]}`), nil
	})
	texts := make([]string, 150)
	for i := range texts {
		texts[i] = `a"b\c`
	}
	for _, err := range client.FindByText(t.Context(), "7", "ORIGINAL_ID", texts) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(queries) != 2 || strings.Count(queries[0], `a\\\"b\\\\c`) != 100 || strings.Count(queries[1], `a\\\"b\\\\c`) != 50 {
		t.Errorf("%d queries, the first: %s", len(queries), queries[0])
	}
}
