package main

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// siteFlags name a site and how to sign in to it. The token itself never stands on the command line, where other users of
// the machine could read it.
type siteFlags struct {
	Site      string `help:"Address of the Jira site, such as https://acme.atlassian.net." placeholder:"URL"`
	API       string `name:"api" help:"Address of the Assets API (default: https://api.atlassian.com)." placeholder:"URL"`
	Email     string `help:"E-mail of the account the API token belongs to." placeholder:"EMAIL"`
	TokenFile string `help:"File that holds the API token." placeholder:"FILE"`
	TokenEnv  string `help:"Environment variable that holds the API token." placeholder:"VAR"`
	Workspace string `help:"Workspace id of the site; it is looked up, and refused here if it is another one." placeholder:"ID"`
}

func (f siteFlags) empty() bool { return f == siteFlags{} }

// token reads the token from where the flags say. prefix is "" or "target-", for the sentence.
func (f siteFlags) token(prefix string, env func(string) string) (string, error) {
	switch {
	case f.TokenFile != "" && f.TokenEnv != "":
		return "", usage("give --%[1]stoken-file or --%[1]stoken-env, not both", prefix)
	case f.TokenFile != "":
		text, err := os.ReadFile(f.TokenFile)
		if err != nil {
			return "", usage("--%stoken-file: %w", prefix, err)
		}
		if token := strings.TrimSpace(string(text)); token != "" {
			return token, nil
		}
		return "", usage("--%stoken-file: %s is empty", prefix, f.TokenFile)
	case f.TokenEnv != "":
		if token := strings.TrimSpace(env(f.TokenEnv)); token != "" {
			return token, nil
		}
		return "", usage("--%stoken-env: the variable %s is not set", prefix, f.TokenEnv)
	}
	return "", usage("an API token is needed: say with --%[1]stoken-file or --%[1]stoken-env where it is", prefix)
}

// check says what is missing before anything is read or asked.
func (f siteFlags) check(prefix string) error {
	if f.Site == "" {
		return usage("a site is needed: --%ssite https://YOUR-SITE.atlassian.net", prefix)
	}
	if f.Email == "" {
		return usage("the e-mail of the account is needed: --%semail", prefix)
	}
	return nil
}

// storeFlags say where backups are kept and how they are unlocked.
type storeFlags struct {
	Store   string `help:"Where backups are kept, such as file:///var/backups/stowage (default: in the data directory)." placeholder:"URL"`
	KeyFile string `help:"File with the key of the store, made by the first backup (default: key in the data directory; STOWAGE_KEY may hold the key itself)." placeholder:"FILE"`
	Data    string `help:"Directory of the embedded database and the key file (default: STOWAGE_DATA, or ~/.local/share/stowage)." placeholder:"DIR"`
}

// directory turns the address of a file store into a path.
func (f storeFlags) directory(data string) (string, error) {
	if f.Store == "" {
		return filepath.Join(data, "store"), nil
	}
	u, err := url.Parse(f.Store)
	if err != nil {
		return "", usage("--store: %w", err)
	}
	if u.Scheme != "file" {
		return "", usage("--store %s: only file:///ABSOLUTE/PATH is supported", f.Store)
	}
	if u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", usage("--store %s: write it as file:///ABSOLUTE/PATH", f.Store)
	}
	return filepath.Clean(u.Path), nil
}

// loadFlags tune how hard a site is asked.
type loadFlags struct {
	Rate     string `help:"Pace of requests: auto (documented limits of Atlassian, or what the site announces), documented, off, or xN for N times the documented limits." default:"auto" placeholder:"PACE"`
	PageSize int    `help:"Objects asked for per page; the site may answer with fewer." default:"1000" placeholder:"N"`
	Workers  int    `help:"Requests under way at the same time." default:"8" placeholder:"N"`
}

func (f loadFlags) check() error {
	if f.PageSize < 1 || f.PageSize > 10_000 {
		return usage("--page-size must be 1 to 10000")
	}
	if f.Workers < 1 || f.Workers > 64 {
		return usage("--workers must be 1 to 64")
	}
	return nil
}

// outputFlags choose the form of the result.
type outputFlags struct {
	JSON bool `name:"json" help:"Write the result as one JSON object on the last line of standard output."`
}

// sentence joins the parts of a count such as "4,998 objects, 2 failed".
func sentence(parts ...string) string { return strings.Join(parts, ", ") }

// counted is "1 object" or "1,234 objects".
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", thousands(int64(n)), noun)
}
