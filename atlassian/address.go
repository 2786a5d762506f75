package atlassian

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"stowage/internal/netguard"
)

// resolve builds the address of a call.
func (c *Client) resolve(ctx context.Context, k call) (*url.URL, error) {
	_, path, _ := strings.Cut(k.operation, " ")
	var base string
	switch {
	case k.media != nil:
		path = strings.TrimPrefix(path, mediaPrefix)
		base = k.media.base.String()
	case strings.HasPrefix(path, "/rest/"):
		base = c.jiraBase()
	default:
		workspace, err := c.Workspace(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", k.op, err)
		}
		base = c.gateway() + "/jsm/assets/workspace/" + url.PathEscape(workspace) + "/v1"
	}
	filled, err := fill(path, k.args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.op, err)
	}
	target, err := url.Parse(base + filled)
	if err != nil {
		return nil, fmt.Errorf("%s: the address cannot be built", k.op)
	}
	target.RawQuery = k.query.Encode()
	return target, nil
}

func (c *Client) jiraBase() string {
	if c.cloudID != "" {
		return c.gateway()
	}
	return c.site.String()
}

func (c *Client) gateway() string {
	if c.cloudID != "" {
		return c.api.String() + "/ex/jira/" + url.PathEscape(c.cloudID)
	}
	return c.api.String()
}

// fill puts arguments into the places of a documented path.
func fill(path string, args []string) (string, error) {
	var b strings.Builder
	n := 0
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		b.WriteByte('/')
		if !strings.HasPrefix(segment, "{") {
			b.WriteString(segment)
			continue
		}
		if n >= len(args) {
			return "", fmt.Errorf("no value for %s", segment)
		}
		arg := args[n]
		n++
		if arg == "" {
			return "", fmt.Errorf("the value for %s is empty", segment)
		}
		escaped := url.PathEscape(arg)
		if err := netguard.Segment(escaped); err != nil {
			return "", fmt.Errorf("the value for %s: %w", segment, err)
		}
		b.WriteString(escaped)
	}
	if n != len(args) {
		return "", fmt.Errorf("%d values too many for %s", len(args)-n, path)
	}
	return b.String(), nil
}
