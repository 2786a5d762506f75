package atlassian_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"stowage/assets"
	"stowage/atlassian"
)

var sentinels = []error{
	assets.ErrNotFound, assets.ErrConflict, assets.ErrUnauthorized, assets.ErrForbidden, assets.ErrThrottled, assets.ErrUnavailable,
	assets.ErrUnsupported, assets.ErrUnknownOutcome, atlassian.ErrUnreadable,
}

// answersTo lists the sentinels an error answers to.
func answersTo(err error) string {
	var names []string
	for _, s := range sentinels {
		if errors.Is(err, s) {
			names = append(names, s.Error())
		}
	}
	return strings.Join(names, ", ")
}

const (
	refusedValue = `{"errorMessages":["Bad object"],"errors":{"rlabs-insight-attribute-1881":"Invalid Group(s)","name":"too long"}}`
	htmlPage     = "<html><body>Oops</body></html>"
)

func TestEveryAnswerHasItsSentinelAndItsSentence(t *testing.T) {
	t.Parallel()
	read := func(ctx context.Context, c *atlassian.Client) error { _, err := c.Object(ctx, "88"); return err }
	write := func(ctx context.Context, c *atlassian.Client) error {
		_, err := c.CreateObject(ctx, atlassian.ObjectSpec{TypeID: "7"})
		return err
	}
	comments := func(ctx context.Context, c *atlassian.Client) error { _, err := c.Comments(ctx, "88"); return err }
	workspace := func(ctx context.Context, c *atlassian.Client) error { _, err := c.Workspace(ctx); return err }
	for _, c := range []struct {
		name     string
		call     func(context.Context, *atlassian.Client) error
		status   int
		body     string
		want     string
		sentence string
	}{
		{"read, wrong token", read, 401, `{"code":401,"message":"Unauthorized"}`, "not authenticated", "read object 88: acme.atlassian.net did not accept the credentials (401): Unauthorized; check the e-mail address and the API token"},
		{"read, no permission", read, 403, `{"errorMessages":["No permission"],"errors":{}}`, "forbidden", "does not permit this to the account (403): No permission; give the account the permission"},
		{"read, no such object", read, 404, `{"errorMessages":["NotFound"],"errors":{}}`, "not found", "acme.atlassian.net does not have it (404): NotFound"},
		{"read, no such workspace", read, 404, `{"code":404,"message":"Not Found"}`, "not found", "does not know the Assets workspace (404): Not Found; check the workspace id"},
		{"read, no such path", read, 404, `<?xml version="1.0"?><status/>`, "not offered by this site", "does not offer GET /jsm/assets/workspace/ws-1/v1/object/88 (answered 404)"},
		{"read, path of a proxy", read, 404, htmlPage, "not offered by this site", "does not offer"},
		{"read, method not allowed", read, 405, ``, "not offered by this site", "does not offer"},
		{"read, redirect", read, 302, ``, "", "redirects elsewhere (302), which is not followed"},
		{"read, not JSON", read, 200, htmlPage, atlassian.ErrUnreadable.Error(), "acme.atlassian.net answered 200: "},
		{"read, other JSON", read, 200, `[1]`, atlassian.ErrUnreadable.Error(), "answered 200"},
		{"read, server fails", read, 500, htmlPage, "unavailable", "answered 500 Internal Server Error"},
		{"undocumented, business 404", comments, 404, `{"errorMessages":["The object was not found"],"errors":{}}`, "not found", "does not have it"},
		{"undocumented, gateway 404", comments, 404, `{"code":404,"message":"HTTP 404 Not Found"}`, "not offered by this site", "does not offer"},
		{"undocumented, unknown route", comments, 404, `{"errorMessage":"TCS 404"}`, "not found", "TCS 404"},
		{"write, value refused", write, 400, refusedValue, "", "create an object of type 7: acme.atlassian.net answered 400 Bad Request: Bad object; 1881: Invalid Group(s); name: too long"},
		{"write, name taken", write, 400, `{"errorMessages":[],"errors":{"name":"Name has to be unique."}}`, "conflict", "Name has to be unique."},
		{"write, conflict", write, 409, `{"errorMessages":["taken"]}`, "conflict", "taken"},
		{"write, server fails", write, 500, `{"errorMessages":["x"]}`, "outcome unknown", "may or may not have done it, it answered 500: x"},
		{"write, bad gateway", write, 502, htmlPage, "outcome unknown", "may or may not have done it"},
		{"write, not available", write, 503, ``, "outcome unknown", "may or may not have done it"},
		{"write, gateway timeout", write, 504, ``, "outcome unknown", "may or may not have done it"},
		{"write, request timeout", write, 408, ``, "outcome unknown", "may or may not have done it"},
		{"write, done but not JSON", write, 201, htmlPage, "outcome unknown, " + atlassian.ErrUnreadable.Error(), "may or may not have done it"},
		{"write, done but no id", write, 201, `{}`, "outcome unknown, " + atlassian.ErrUnreadable.Error(), "may or may not have done it"},
		{"write, wrong token", write, 401, ``, "not authenticated", "check the e-mail address and the API token"},
		{"workspace, none", workspace, 200, `{"values":[]}`, "not found", "has none for this account"},
		{"workspace, evil", workspace, 200, `{"values":[{"workspaceId":"../../x"}]}`, "unavailable", "an id that cannot be one"},
		{"workspace, Jira alone", workspace, 404, htmlPage, "not offered by this site", "look up the Assets workspace"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, s := stubbed(t, func(int, *http.Request, string) (*http.Response, error) {
					return reply(c.status, c.body, "Atl-Traceid", "t-1"), nil
				}, func(cfg *atlassian.Config) {
					if strings.HasPrefix(c.name, "workspace") {
						cfg.WorkspaceID = ""
					}
				})
				err := c.call(t.Context(), client)
				if err == nil {
					t.Fatal("no error")
				}
				if got := answersTo(err); got != c.want {
					t.Errorf("%v\nanswers to %q, want %q", err, got, c.want)
				}
				if !strings.Contains(err.Error(), c.sentence) {
					t.Errorf("the sentence is %q, want %q", err, c.sentence)
				}
				if e, ok := errors.AsType[*atlassian.Error](err); ok && (e.Status != c.status || e.TraceID != "t-1" && c.status >= 300) {
					t.Errorf("status %d, trace %q", e.Status, e.TraceID)
				}
				if strings.HasPrefix(c.name, "write") && s.sent() != 1 {
					t.Errorf("a write was sent %d times", s.sent())
				}
			})
		})
	}
}

func TestRefusedAttributesAreNamedByTheirIDs(t *testing.T) {
	t.Parallel()
	client, _ := stubbed(t, func(int, *http.Request, string) (*http.Response, error) { return reply(400, refusedValue), nil })
	err := client.UpdateObject(t.Context(), "88", atlassian.ObjectSpec{TypeID: "7"})
	rejected, ok := errors.AsType[*assets.Rejected](fmt.Errorf("restore: %w", err))
	if !ok {
		t.Fatalf("%v holds no Rejected", err)
	}
	want := &assets.Rejected{Messages: []string{"Bad object"}, Fields: map[string]string{"1881": "Invalid Group(s)", "name": "too long"}}
	if diff := cmp.Diff(want, rejected); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, ok := errors.AsType[*assets.Rejected](errors.Join(readError(t, 400, refusedValue))); ok {
		t.Error("a read is said to have been refused for its content")
	}
}

func readError(t *testing.T, status int, body string) error {
	t.Helper()
	client, _ := stubbed(t, func(int, *http.Request, string) (*http.Response, error) { return reply(status, body), nil })
	_, err := client.Object(t.Context(), "88")
	return err
}

// TestTheTokenShowsInNoError walks all ways in which a call can fail, with a site that repeats what it was sent.
func TestTheTokenShowsInNoError(t *testing.T) {
	t.Parallel()
	basic := base64.StdEncoding.EncodeToString([]byte("ann@acme.example:" + canary))
	echo := `{"code":"` + canary + `","message":"Authorization: Basic ` + basic + `","errorMessages":["token ` + canary + `"],"errors":{"` + canary + `":"` + canary + `"}}`
	fails := map[string]func(int, *http.Request, string) (*http.Response, error){
		"reset":   func(int, *http.Request, string) (*http.Response, error) { return nil, reset() },
		"refused": func(int, *http.Request, string) (*http.Response, error) { return nil, refused() },
		"cut":     func(int, *http.Request, string) (*http.Response, error) { return cut(200, echo), nil },
		"no json": func(int, *http.Request, string) (*http.Response, error) { return reply(200, "x"+echo), nil },
		"array":   func(int, *http.Request, string) (*http.Response, error) { return reply(200, "["+echo+"]"), nil },
	}
	for _, status := range []int{301, 400, 401, 403, 404, 409, 418, 422, 429, 500, 501, 503} {
		fails[strconv.Itoa(status)] = func(int, *http.Request, string) (*http.Response, error) { return reply(status, echo), nil }
	}
	for name, serve := range fails {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				client, s := stubbed(t, serve, func(cfg *atlassian.Config) {
					cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
				})
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				var errs []error
				_, err := client.Object(ctx, "1")
				errs = append(errs, err)
				_, err = client.CreateObject(ctx, atlassian.ObjectSpec{TypeID: "1"})
				errs = append(errs, err)
				_, err = client.Schemas(ctx)
				errs = append(errs, err)
				_, err = client.Myself(ctx)
				errs = append(errs, err)
				_, err = client.IconImage(ctx, "1")
				errs = append(errs, err)
				slog.New(slog.NewJSONHandler(&log, nil)).InfoContext(ctx, "client", "client", client)
				var printed strings.Builder
				fmt.Fprintf(&printed, "%v %+v %#v %s", client, client, client, client)
				for _, err := range errs {
					if err == nil {
						continue
					}
					e, _ := errors.AsType[*atlassian.Error](err)
					b, jsonErr := json.Marshal(e)
					fmt.Fprintf(&printed, "%v %+v %#v %s %v", err, err, err, b, jsonErr)
					for inner := err; inner != nil; inner = errors.Unwrap(inner) {
						printed.WriteString(inner.Error())
					}
				}
				shown := log.String() + printed.String()
				if s.sent() == 0 {
					t.Fatal("nothing was sent")
				}
				for _, secret := range []string{canary, basic} {
					if strings.Contains(shown, secret) {
						t.Errorf("the secret shows in:\n%s", shown)
					}
				}
			})
		})
	}
}

func TestAddressesAndCredentialsAreChecked(t *testing.T) {
	t.Parallel()
	client, _ := stubbed(t, nil)
	if client.Site() != "https://acme.atlassian.net" {
		t.Errorf("site %q", client.Site())
	}
	for name, change := range map[string]func(*atlassian.Config){
		"http":            func(c *atlassian.Config) { c.SiteURL = "http://acme.atlassian.net" },
		"loopback":        func(c *atlassian.Config) { c.SiteURL = "http://127.0.0.1:1" },
		"API on loopback": func(c *atlassian.Config) { c.APIURL = "https://localhost" },
		"user in address": func(c *atlassian.Config) { c.SiteURL = "https://a:" + canary + "@acme.atlassian.net" },
		"no token":        func(c *atlassian.Config) { c.Token = c.Bearer },
		"no e-mail":       func(c *atlassian.Config) { c.Email = "" },
		"colon in e-mail": func(c *atlassian.Config) { c.Email = "a:b" },
		"both":            func(c *atlassian.Config) { c.Bearer = c.Token },
		"no site":         func(c *atlassian.Config) { c.SiteURL = "" },
		"cloud id":        func(c *atlassian.Config) { c.CloudID = "a/b" },
		"workspace id":    func(c *atlassian.Config) { c.WorkspaceID = ".." },
		"page size":       func(c *atlassian.Config) { c.PageSize = -1 },
		"rate mode":       func(c *atlassian.Config) { c.Rate.Mode = 9 },
		"rate scale":      func(c *atlassian.Config) { c.Rate.Scale = -1 },
	} {
		cfg := atlassian.Config{SiteURL: "https://acme.atlassian.net", Email: "a@b.example", Token: secretOf(canary)}
		change(&cfg)
		_, err := atlassian.New(cfg)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), canary) {
			t.Errorf("%s: the secret shows in %v", name, err)
		}
	}
}

func TestIdsCannotLeadElsewhere(t *testing.T) {
	t.Parallel()
	client, s := stubbed(t, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		return reply(404, `{"errorMessages":["`+r.URL.EscapedPath()+`"]}`), nil
	})
	for _, id := range []string{"", ".", "..", "../1", "a/b", `a\b`, "%2e%2e/x", "\x00"} {
		if _, err := client.Object(t.Context(), id); err == nil || errors.Is(err, assets.ErrNotFound) && id != "%2e%2e/x" {
			t.Errorf("id %q: %v", id, err)
		}
	}
	if s.sent() != 0 {
		t.Errorf("%d requests went out: %v", s.sent(), s.requests)
	}
	_, err := client.Object(t.Context(), "1?x=2#y z")
	if err == nil || !strings.Contains(err.Error(), "/object/1%3Fx=2%23y%20z") {
		t.Errorf("an id with signs in it is not escaped: %v", err)
	}
}

func TestCallsGoThroughTheGatewayOfACloudID(t *testing.T) {
	t.Parallel()
	var seen []string
	client, _ := stubbed(t, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		seen = append(seen, r.URL.Host+r.URL.Path+" "+r.Header.Get("Authorization"))
		return reply(200, `{"id":"1"}`), nil
	}, func(c *atlassian.Config) {
		c.SiteURL, c.CloudID, c.Bearer = "", "cloud-1", c.Token
		c.Email, c.Token = "", secretOf("")
	})
	if _, err := client.Object(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Myself(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"api.atlassian.com/ex/jira/cloud-1/jsm/assets/workspace/ws-1/v1/object/1 Bearer " + canary,
		"api.atlassian.com/ex/jira/cloud-1/rest/api/3/myself Bearer " + canary,
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
