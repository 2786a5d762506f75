package atlassian

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"stowage/assets"
)

// Now returns the time of the site, to the second, rounded down. A site that does not tell answers assets.ErrUnsupported.
//
// Operation: GET /rest/api/3/myself.
func (c *Client) Now(ctx context.Context) (time.Time, error) {
	k := call{op: "ask for the time", operation: "GET /rest/api/3/myself"}
	a, err := c.send(ctx, k)
	if err != nil {
		return time.Time{}, err
	}
	at, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %s does not tell: %w", k.op, c.name, assets.ErrUnsupported)
	}
	return at, nil
}
