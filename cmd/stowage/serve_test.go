package main

import (
	"io"
	"strings"
	"testing"

	"stowage/atlassian/connect"
)

func TestServeTakesTheSitesOfAtlassianUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	config := func(args ...string) connect.Hosts {
		t.Helper()
		var grammar commands
		parser, err := newParser(&grammar, io.Discard, io.Discard, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(append([]string{"serve", "--base-url", "https://stowage.example", "--data", t.TempDir()}, args...)); err != nil {
			t.Fatal(err)
		}
		cfg, err := grammar.Serve.config(&app{ctx: t.Context(), env: func(string) string { return "" }, stdout: io.Discard, stderr: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		return connect.Hosts{Sites: cfg.Sites}
	}
	permits := func(hosts connect.Hosts, site string) bool {
		_, err := hosts.Base(site)
		return err == nil
	}
	usual := config()
	if !permits(usual, "https://acme.atlassian.net") || !permits(usual, "https://acme.jira.com") || permits(usual, "https://acme.example") {
		t.Errorf("serve takes the sites %q", usual.Sites)
	}
	own := config("--sites", "acme.atlassian.net,*.atlassian-us-gov-mod.net")
	if !permits(own, "https://acme.atlassian.net") || !permits(own, "https://acme.atlassian-us-gov-mod.net") || permits(own, "https://globex.atlassian.net") {
		t.Errorf("serve takes the sites %q", own.Sites)
	}
}

func TestPostgresNeedsNoFolder(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"migrate"}, {"audit", "verify"}} {
		var said strings.Builder
		env := map[string]string{"STOWAGE_DATABASE_URL": "canary"}
		code := run(t.Context(), args, func(name string) string { return env[name] }, io.Discard, &said)
		if code != exitFailed || !strings.Contains(said.String(), "not one of Postgres") || strings.Contains(said.String(), "canary") {
			t.Errorf("%s ends with %d: %s", args, code, said.String())
		}
	}
}

func TestHelpSaysWhatAFlagIsUnlessItIsGiven(t *testing.T) {
	t.Parallel()
	for command, want := range map[string][]string{
		"serve":    {"(default: 127.0.0.1:8080)", "(default: 720h)", "(default: *.atlassian.net,*.jira.com)", "STOWAGE_DATABASE_URL", "STOWAGE_OPERATOR_TOKEN", "$STOWAGE_BASE_URL"},
		"demo":     {"(default: 5000)", "(default: 127.0.0.1:9090)", "(default: 127.0.0.1:9091)"},
		"simulate": {"(default: acme,globex)", "(default: documented)"},
		"backup":   {"(default: history,comments,attachments,avatars,issues)", "(default: auto)"},
	} {
		var said strings.Builder
		code := run(t.Context(), []string{command, "--help"}, func(string) string { return "" }, &said, io.Discard)
		text := strings.Join(strings.Fields(said.String()), " ")
		if code != exitOK || strings.Contains(text, "${") || strings.Contains(text, "…") {
			t.Errorf("%s --help ends with %d: %s", command, code, said.String())
		}
		for _, part := range want {
			if !strings.Contains(text, part) {
				t.Errorf("%s --help does not say %q: %s", command, part, said.String())
			}
		}
	}
}
