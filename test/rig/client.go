package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// Client calls the API of the service as the pages of the app do: with a fresh token of the host for every call.
type Client struct {
	// Base is the address of the service.
	Base string
	// Token makes a context token.
	Token func() (string, error)
	HTTP  *http.Client
}

// Refused is an answer of 400 and above.
type Refused struct { //nolint:errname // An answer more than a failure.
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Message  string `json:"message"`
		Code     string `json:"code"`
	} `json:"errors"`
}

// Error is the sentence of the answer.
func (r *Refused) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Detail) }

// Do calls an operation and decodes the answer into out, unless that is nil.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	body, err := c.Raw(ctx, method, path, in)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// Raw calls an operation and returns the answer.
func (c *Client) Raw(ctx context.Context, method, path string, in any) ([]byte, error) {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	token, err := c.Token()
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "JWT "+token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", uuid.NewString())
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() //nolint:errcheck // It was read, or the reading has failed.
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode >= http.StatusBadRequest {
		refused := &Refused{}
		if err := json.Unmarshal(text, refused); err != nil {
			return nil, fmt.Errorf("%s %s: %d: %.200s", method, path, res.StatusCode, text)
		}
		refused.Status = res.StatusCode
		return nil, refused
	}
	return text, nil
}

// Run is a run as the API shows it, as far as tests ask.
type Run struct {
	ID        string `json:"id"`
	Kind      string `json:"kind"`
	State     string `json:"state"`
	Stage     string `json:"stage"`
	Message   string `json:"message"`
	Behind    string `json:"queuedBehind"`
	Position  int    `json:"queuePosition"`
	CanStop   bool   `json:"canStop"`
	CanResume bool   `json:"canResume"`
	Progress  struct {
		Done, Total, Created, Skipped, Failed, Warned int64
	} `json:"progress"`
	Subject struct {
		SchemaID, BackupID, RestoreID, PlanID string
	} `json:"subject"`
}

// Ended says whether the run is over.
func (r Run) Ended() bool {
	switch r.State {
	case "succeeded", "partial", "failed", "terminated":
		return true
	}
	return false
}

// Watch looks at a run until done is content, or ctx ends. Answers that fail in between are asked for again: the service may
// be starting anew.
func (c *Client) Watch(ctx context.Context, id string, done func(Run) bool) (Run, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last Run
	var failed error
	for {
		var run Run
		if failed = c.Do(ctx, http.MethodGet, "/runs/"+id, nil, &run); failed == nil {
			last = run
			if done(run) {
				return run, nil
			}
		}
		if refused, ok := errors.AsType[*Refused](failed); ok && refused.Status < http.StatusInternalServerError {
			return last, failed
		}
		select {
		case <-ctx.Done():
			return last, errors.Join(fmt.Errorf("run %s is %s at %q (%d of %d)", id, last.State, last.Stage, last.Progress.Done, last.Progress.Total), failed, context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// Finish watches a run to its end and wants it to have succeeded.
func (c *Client) Finish(ctx context.Context, id string) (Run, error) {
	run, err := c.Watch(ctx, id, Run.Ended)
	if err == nil && run.State != "succeeded" {
		err = fmt.Errorf("run %s (%s) is %s: %s", id, run.Kind, run.State, run.Message)
	}
	return run, err
}
