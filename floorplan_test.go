package stowage

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "stowage"

// TestCodeFollowsTheFloorPlan compares what docs/ARCHITECTURE.md allows with what the packages import.
func TestCodeFollowsTheFloorPlan(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := parseFloorPlan(string(text))
	if err != nil {
		t.Fatal(err)
	}
	packages := listPackages(t)
	if len(packages) < 10 {
		t.Fatalf("go list named %d packages: the comparison would prove nothing", len(packages))
	}
	if diff := cmp.Diff([]string(nil), plan.violations(packages)); diff != "" {
		t.Errorf("imports that the floor plan does not allow (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string(nil), plan.deserted(packages)); diff != "" {
		t.Errorf("lines of the floor plan that describe no package (-want +got):\n%s", diff)
	}
}

// TestFloorPlanFindsEveryKindOfTrespass proves that the comparison can fail.
func TestFloorPlanFindsEveryKindOfTrespass(t *testing.T) {
	t.Parallel()
	plan, err := parseFloorPlan("```floorplan\nassets:\nblob:\nsnapshot: assets blob\nblob/<provider>: blob\ncmd/stowage: anything\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	got := plan.violations([]goPackage{
		{ImportPath: module + "/snapshot", Imports: []string{module + "/assets", "fmt"}},
		{ImportPath: module + "/assets", Imports: []string{module + "/snapshot"}},
		{ImportPath: module + "/blob/s3", Imports: []string{module + "/blob", module + "/assets"}},
		{ImportPath: module + "/cmd/stowage", Imports: []string{module + "/snapshot", module + "/blob/blobtest", module + "/test/rig"}},
		{ImportPath: module + "/blob/blobtest", Imports: []string{module + "/blob"}},
		{ImportPath: module + "/stray"},
	})
	want := []string{
		"assets imports snapshot",
		"blob/s3 imports assets",
		"cmd/stowage imports blob/blobtest, which is for tests",
		"cmd/stowage imports test/rig, which is for tests",
		"stray stands in no room of the floor plan",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	left := plan.deserted([]goPackage{{ImportPath: module + "/assets"}, {ImportPath: module + "/blob"}, {ImportPath: module + "/blob/s3"}, {ImportPath: module + "/cmd/stowage"}})
	if diff := cmp.Diff([]string{"snapshot"}, left); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

// room is one line of the plan: a package pattern and what it may import; anything is true for the rooms that join the others.
type room struct {
	pattern  string
	allowed  []string
	anything bool
}

type floorPlan []room

func parseFloorPlan(text string) (floorPlan, error) {
	_, rest, found := strings.Cut(text, "```floorplan\n")
	block, _, closed := strings.Cut(rest, "\n```")
	if !found || !closed {
		return nil, errors.New("no floorplan block")
	}
	var plan floorPlan
	for line := range strings.SplitSeq(block, "\n") {
		pattern, allowed, ok := strings.Cut(line, ":")
		if !ok {
			return nil, errors.New("no colon in line " + line)
		}
		r := room{pattern: strings.TrimSpace(pattern), allowed: strings.Fields(allowed)}
		r.anything = slices.Contains(r.allowed, "anything")
		plan = append(plan, r)
	}
	return plan, nil
}

func (p floorPlan) violations(packages []goPackage) []string {
	var out []string
	for _, pkg := range packages {
		name := short(pkg.ImportPath)
		r, ok := p.roomOf(name)
		if !ok {
			out = append(out, name+" stands in no room of the floor plan")
			continue
		}
		for _, imported := range pkg.Imports {
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			other := short(imported)
			if forTests(other) && !forTests(name) {
				out = append(out, name+" imports "+other+", which is for tests")
				continue
			}
			if r.anything || sameRoom(r, name, other) || slices.ContainsFunc(r.allowed, func(a string) bool { return matches(a, other) }) {
				continue
			}
			out = append(out, name+" imports "+other)
		}
	}
	return out
}

// forTests says whether a package is test code: its name ends in test, or it is below test.
func forTests(name string) bool {
	return strings.HasSuffix(name, "test") || strings.HasPrefix(name, "test/")
}

// deserted names the lines that describe no package.
func (p floorPlan) deserted(packages []goPackage) []string {
	var out []string
	for _, r := range p {
		lives := func(pkg goPackage) bool {
			home, ok := p.roomOf(short(pkg.ImportPath))
			return ok && home.pattern == r.pattern
		}
		if !slices.ContainsFunc(packages, lives) {
			out = append(out, r.pattern)
		}
	}
	return out
}

// roomOf finds the most exact line that describes a package.
func (p floorPlan) roomOf(name string) (room, bool) {
	best, ok := room{}, false
	for _, r := range p {
		if matches(r.pattern, name) && (!ok || len(r.pattern) > len(best.pattern)) {
			best, ok = r, true
		}
	}
	return best, ok
}

// sameRoom lets the packages of one "name/..." line import each other.
func sameRoom(r room, a, b string) bool {
	return strings.HasSuffix(r.pattern, "/...") && matches(r.pattern, a) && matches(r.pattern, b)
}

// matches compares a pattern of the plan with a package path: "x/..." is x and everything below it, "x/<y>" is one
// package below x, "internal" stands for all of internal/.
func matches(pattern, name string) bool {
	if pattern == "internal" {
		pattern = "internal/..."
	}
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == prefix || strings.HasPrefix(name, prefix+"/")
	}
	if i := strings.Index(pattern, "/<"); i >= 0 {
		return path.Dir(name) == pattern[:i]
	}
	return pattern == name
}

func short(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var packages []goPackage
	for dec := json.NewDecoder(out); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	return packages
}
