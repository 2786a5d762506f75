package atlassian_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"stowage/assets"
	"stowage/atlassian"
)

const mediaToken = "media-canary-1"

// mediaSite makes a client of a site whose media service stands at an address, and tells what was sent where.
func mediaSite(t *testing.T, base string, file func(*http.Request) (*http.Response, error)) (client *atlassian.Client, seen *[]string) {
	t.Helper()
	seen = new([]string)
	client, _ = stubbed(t, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		*seen = append(*seen, r.URL.Host+r.URL.Path+" "+r.Header.Get("Authorization"))
		switch {
		case strings.HasSuffix(r.URL.Path, "/credentials"):
			return reply(200, `{"clientId":"c","mediaBaseUrl":"`+base+`","mediaJwtToken":"`+mediaToken+`"}`), nil
		case strings.HasPrefix(r.URL.Path, "/jsm/"):
			return reply(200, `{"id":"1","hasAvatar":true,"avatar":{"mediaClientConfig":{"mediaBaseUrl":"`+base+`","mediaJwtToken":"`+mediaToken+`","fileId":"f-1"}}}`), nil
		}
		return file(r)
	})
	return client, seen
}

var attached = assets.Attachment{ID: "5", ObjectID: "1", Extra: assets.Extra(`{"mediaId":"f-1"}`)}

func TestFilesAreReadFromTheMediaServiceWithItsOwnToken(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("x"), 40<<20)
	for name, content := range map[string][]byte{"small": []byte("abc"), "large": large} {
		client, seen := mediaSite(t, "https://api.media.atlassian.com", func(*http.Request) (*http.Response, error) { return reply(200, string(content)), nil })
		body, err := client.AttachmentData(t.Context(), attached)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if closeErr := body.Close(); err != nil || closeErr != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v, %v", name, len(got), err, closeErr)
		}
		if last := (*seen)[len(*seen)-1]; last != "api.media.atlassian.com/file/f-1/binary Bearer "+mediaToken {
			t.Errorf("%s: sent %s", name, last)
		}
	}
}

func TestASiteCannotSendTheClientAnywhere(t *testing.T) {
	t.Parallel()
	for _, base := range []string{
		"http://api.media.atlassian.com", "https://evil.example", "https://atlassian.net.evil.example", "https://127.0.0.1", "https://169.254.169.254",
		"https://user@api.media.atlassian.com", "file:///etc/passwd", "https://evilatlassian.com",
	} {
		client, seen := mediaSite(t, base, func(*http.Request) (*http.Response, error) { return reply(200, "got it"), nil })
		if _, err := client.AttachmentData(t.Context(), attached); err == nil {
			t.Errorf("%s: an attachment was read", base)
		}
		if _, _, err := client.Avatar(t.Context(), "1"); err == nil {
			t.Errorf("%s: an avatar was read", base)
		}
		for _, s := range *seen {
			if !strings.HasPrefix(s, "api.atlassian.com/jsm/") {
				t.Errorf("%s: sent %s", base, s)
			}
		}
	}
}

func TestRedirectsOfFilesStayWithAtlassian(t *testing.T) {
	t.Parallel()
	for location, follows := range map[string]bool{
		"https://cdn.media.atlassian.com/x?signature=1": true,
		"https://evil.example/x":                        false,
		"http://cdn.media.atlassian.com/x":              false,
		"https://127.0.0.1/x":                           false,
	} {
		client, seen := mediaSite(t, "https://api.media.atlassian.com", func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/file/") {
				return reply(302, "", "Location", location), nil
			}
			return reply(200, "picture", "Content-Type", "image/png"), nil
		})
		data, _, err := client.Avatar(t.Context(), "1")
		if follows != (err == nil && string(data) == "picture") {
			t.Errorf("%s: %q, %v", location, data, err)
		}
		if last := (*seen)[len(*seen)-1]; follows && last != "cdn.media.atlassian.com/x " || !follows && !strings.HasPrefix(last, "api.media.atlassian.com/") {
			t.Errorf("%s: the last request was %s", location, last)
		}
	}
}

func TestTheAPIIsNotFollowedElsewhere(t *testing.T) {
	t.Parallel()
	client, s := stubbed(t, func(int, *http.Request, string) (*http.Response, error) {
		return reply(307, "", "Location", "https://api.atlassian.com/elsewhere"), nil
	})
	if _, err := client.CreateObject(t.Context(), atlassian.ObjectSpec{TypeID: "1"}); err == nil || s.sent() != 1 {
		t.Errorf("%v after %d requests", err, s.sent())
	}
}

func TestTheWorkspaceIsLookedUpOnceAndAtItsOlderAddressToo(t *testing.T) {
	t.Parallel()
	client, s := stubbed(t, func(_ int, r *http.Request, _ string) (*http.Response, error) {
		switch r.URL.Path {
		case "/rest/servicedeskapi/assets/workspace":
			return reply(404, "<html>"), nil
		case "/rest/servicedeskapi/insight/workspace":
			return reply(200, `{"size":1,"values":[{"workspaceId":"w-9"}]}`), nil
		}
		if !strings.HasPrefix(r.URL.Path, "/jsm/assets/workspace/w-9/v1/") {
			t.Errorf("request to %s", r.URL.Path)
		}
		return reply(200, `{"id":"1"}`), nil
	}, func(c *atlassian.Config) { c.WorkspaceID = "" })
	for range 2 {
		if _, err := client.Object(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
	}
	if s.sent() != 4 {
		t.Errorf("%d requests: %v", s.sent(), s.requests)
	}
}
