package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"stowage/atlassian"
	"stowage/internal/redact"
)

// connection is a site that has accepted the credentials.
type connection struct {
	client    *atlassian.Client
	site      string
	workspace string
}

// signIn signs in to the site and looks its workspace up, so that wrong credentials are found before anything is made.
func signIn(ctx context.Context, prefix string, f siteFlags, load loadFlags, env func(string) string) (*connection, error) {
	if err := f.check(prefix); err != nil {
		return nil, err
	}
	if err := load.check(); err != nil {
		return nil, err
	}
	rate, err := parseRate(load.Rate)
	if err != nil {
		return nil, err
	}
	token, err := f.token(prefix, env)
	if err != nil {
		return nil, err
	}
	client, err := atlassian.New(atlassian.Config{
		SiteURL: f.Site, APIURL: f.API, Email: f.Email, Token: redact.New(token),
		AllowLoopback: true, Rate: rate, PageSize: load.PageSize, InFlight: load.Workers * 2, UserAgent: "stowage/" + version(),
	})
	if err != nil {
		return nil, usage("%w", err)
	}
	workspace, err := client.Workspace(ctx)
	if err != nil {
		return nil, err
	}
	if f.Workspace != "" && f.Workspace != workspace {
		return nil, fmt.Errorf("the workspace %s is not that of %s, which is %s: correct --%sworkspace, or leave it out", f.Workspace, f.Site, workspace, prefix)
	}
	return &connection{client: client, site: f.Site, workspace: workspace}, nil
}

// parseRate reads the pace of requests. What it does not know it refuses.
func parseRate(text string) (atlassian.RatePolicy, error) {
	switch text {
	case "auto":
		return atlassian.RatePolicy{}, nil
	case "documented":
		return atlassian.RatePolicy{Mode: atlassian.RateDocumented}, nil
	case "off":
		return atlassian.RatePolicy{Mode: atlassian.RateOff}, nil
	}
	if number, ok := strings.CutPrefix(text, "x"); ok {
		if x, err := strconv.ParseFloat(number, 64); err == nil && x > 0 && x <= 1000 {
			return atlassian.Scaled(x), nil
		}
	}
	return atlassian.RatePolicy{}, usage("--rate %s: write auto, documented, off, or xN such as x2", text)
}
