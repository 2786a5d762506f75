package restore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"stowage/assets"
	"stowage/report"
)

// directory answers who of the backup is who on the target, from the plan alone.
type directory struct {
	entries map[personKey]directoryEntry
	people  []person
	notIn   map[string]map[string]bool // attribute source id -> users
}

type personKey struct {
	kind     assets.ValueKind
	id, name string
}

type directoryEntry struct {
	target string
	cause  report.Cause
}

func newDirectory(p *Plan, people []person) *directory {
	d := &directory{entries: make(map[personKey]directoryEntry), people: people, notIn: make(map[string]map[string]bool)}
	for _, u := range p.Users {
		d.entries[personKey{assets.ValueUser, u.Source, u.Name}] = directoryEntry{u.Target, u.Cause}
	}
	for _, g := range p.Groups {
		e := directoryEntry{target: g.Name}
		if !g.Exists {
			e = directoryEntry{cause: report.CauseGroupMissing}
		}
		d.entries[personKey{assets.ValueGroup, "", g.Name}] = e
	}
	for _, j := range p.Projects {
		kind := assets.ValueProject
		if j.Kind == kindVersion {
			kind = assets.ValueVersion
		}
		e := directoryEntry{target: j.Target}
		if j.Target == "" {
			e.cause = report.CauseProjectMissing
		}
		d.entries[personKey{kind, j.Source, j.Name}] = e
	}
	for at, users := range p.NotInGroup {
		d.notIn[at] = make(map[string]bool, len(users))
		for _, u := range users {
			d.notIn[at][u] = true
		}
	}
	return d
}

// The kinds of PlannedProject.
const (
	kindProject = "project"
	kindVersion = "version"
)

func keyOf(kind assets.ValueKind, id, name string) personKey {
	if kind == assets.ValueGroup {
		return personKey{kind: kind, name: groupName(id, name)}
	}
	return personKey{kind, id, name}
}

func groupName(id, name string) string {
	if name == "" {
		return id
	}
	return name
}

func memberKey(id, name string) string { return id + "/" + name }

// find returns what to write for a value of a, or why it cannot be written.
func (d *directory) find(a *catalogAttr, kind assets.ValueKind, id, name string) directoryEntry {
	e, ok := d.entries[keyOf(kind, id, name)]
	if !ok {
		return directoryEntry{cause: report.CauseUserMissing}
	}
	if e.cause == "" && kind == assets.ValueUser && d.notIn[a.Source][memberKey(id, name)] {
		return directoryEntry{cause: report.CauseUserNotInGroup}
	}
	return e
}

// refused is why a person of the survey cannot be a value of a, or empty.
func (d *directory) refused(a *catalogAttr, of int32) report.Cause {
	p := d.people[of]
	return d.find(a, p.kind, p.id, p.name).cause
}

func (d *directory) sentence(of int32, cause report.Cause) string {
	p := d.people[of]
	return sentence(cause, p.kind, p.id, p.name)
}

// sentence says why one person cannot be restored.
func sentence(cause report.Cause, kind assets.ValueKind, id, name string) string {
	if name == "" {
		name = id
	}
	switch cause {
	case report.CauseUserMissing:
		return fmt.Sprintf("the user %q does not exist on the target or is not active there", name)
	case report.CauseUserAmbiguous:
		return fmt.Sprintf("several users of the target have the full name %q", name)
	case report.CauseUserNotInGroup:
		return fmt.Sprintf("the user %q is not in the group the attribute is restricted to", name)
	case report.CauseGroupMissing:
		return fmt.Sprintf("the group %q does not exist on the target", name)
	default:
		word := kindProject
		if kind == assets.ValueVersion {
			word = kindVersion
		}
		return fmt.Sprintf("the %s %q does not exist on the target", word, name)
	}
}

// asking is how many questions about users are put to the target at a time.
const asking = 8

// meet asks the target about everybody in the survey and writes the answers into the plan.
func (p *Plan) meet(ctx context.Context, target Target, c *catalog, s *survey, calls counter) error {
	if err := p.meetUsers(ctx, target, s.people, calls); err != nil {
		return err
	}
	groups := make(map[string]bool)
	for _, who := range s.people {
		if who.kind == assets.ValueGroup {
			groups[groupName(who.id, who.name)] = false
		}
	}
	for i := range c.attrs {
		if a := &c.attrs[i]; a.Kind == assets.KindUser && a.restored() {
			for _, g := range a.TypeValueMulti {
				groups[g] = false
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		exists, err := target.GroupExists(ctx, name)
		if err != nil {
			return fmt.Errorf("look for a group: %w", err)
		}
		calls.add(opGroup, 1)
		groups[name] = exists
		p.Groups = append(p.Groups, PlannedGroup{Name: name, Exists: exists})
	}
	if err := p.meetMembers(ctx, target, c, s, groups, calls); err != nil {
		return err
	}
	return p.meetProjects(ctx, target, c, s.people, calls)
}

func (p *Plan) meetUsers(ctx context.Context, target Target, people []person, calls counter) error {
	names := make(map[string][]User)
	for _, who := range people {
		if who.kind == assets.ValueUser && !who.deleted && who.name != "" {
			names[who.name] = nil
		}
	}
	var mu sync.Mutex
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(asking)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		g.Go(func() error {
			users, err := target.UsersNamed(gctx, name)
			if err != nil {
				return fmt.Errorf("look for a user: %w", err)
			}
			mu.Lock()
			defer mu.Unlock()
			names[name] = users
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	calls.add(opUser, len(names))
	for _, who := range people {
		if who.kind != assets.ValueUser {
			continue
		}
		planned := PlannedUser{Source: who.id, Name: who.name}
		if who.deleted || who.name == "" {
			planned.Cause = report.CauseUserMissing
		} else {
			planned.Target, planned.Cause = p.matchUser(who, names[who.name])
		}
		p.Users = append(p.Users, planned)
	}
	slices.SortFunc(p.Users, func(a, b PlannedUser) int { return compareStrings(a.Name, b.Name, a.Source, b.Source) })
	p.Users = slices.CompactFunc(p.Users, func(a, b PlannedUser) bool { return a.Source == b.Source && a.Name == b.Name })
	return nil
}

// matchUser chooses among the users of one full name. It never guesses: of several none is chosen, unless the account id
// may be used to tell them apart.
func (p *Plan) matchUser(who person, users []User) (account string, cause report.Cause) {
	switch {
	case len(users) == 0:
		return "", report.CauseUserMissing
	case len(users) > 1:
		if p.Options.MatchUsers == MatchByAccount {
			for _, u := range users {
				if u.AccountID == who.id && u.Active {
					return u.AccountID, ""
				}
			}
		}
		if !slices.ContainsFunc(users, func(u User) bool { return u.Active }) {
			return "", report.CauseUserMissing
		}
		return "", report.CauseUserAmbiguous
	case !users[0].Active:
		return "", report.CauseUserMissing
	}
	return users[0].AccountID, ""
}

// meetMembers finds users in attributes that are restricted to groups they are not in.
func (p *Plan) meetMembers(ctx context.Context, target Target, c *catalog, s *survey, groups map[string]bool, calls counter) error {
	d := newDirectory(p, s.people)
	members := make(map[string]map[string]bool)
	out := make(map[string]map[string]bool)
	for _, u := range s.uses {
		a, who := &c.attrs[u.attr], s.people[u.person]
		if a.Kind != assets.KindUser || who.kind != assets.ValueUser || out[a.Source][memberKey(who.id, who.name)] {
			continue
		}
		restricted, member := false, false
		e := d.find(a, who.kind, who.id, who.name)
		for _, group := range a.TypeValueMulti {
			if !groups[group] || e.cause != "" {
				continue // a group that is not there cannot restrict anything
			}
			restricted = true
			if members[group] == nil {
				members[group] = make(map[string]bool)
				for account, err := range target.GroupMembers(ctx, group) {
					if err != nil {
						return fmt.Errorf("list the members of a group: %w", err)
					}
					members[group][account] = true
				}
				calls.add(opMembers, 1+len(members[group])/50)
			}
			member = member || members[group][e.target]
		}
		if restricted && !member {
			if out[a.Source] == nil {
				out[a.Source] = make(map[string]bool)
			}
			out[a.Source][memberKey(who.id, who.name)] = true
		}
	}
	for at, users := range out {
		if p.NotInGroup == nil {
			p.NotInGroup = make(map[string][]string)
		}
		p.NotInGroup[at] = slices.Sorted(maps.Keys(users))
	}
	return nil
}

func (p *Plan) meetProjects(ctx context.Context, target Target, c *catalog, people []person, calls counter) error {
	wanted := make(map[person]bool)
	for _, who := range people {
		if who.kind == assets.ValueProject || who.kind == assets.ValueVersion {
			wanted[who] = true
		}
	}
	for i := range c.attrs {
		if a := &c.attrs[i]; a.restored() && (a.Kind == assets.KindProject || a.Kind == assets.KindVersion) {
			for _, id := range projectRestrictions(a.PlannedAttribute) {
				wanted[person{kind: assets.ValueProject, id: id}] = true
			}
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	projects, err := target.Projects(ctx)
	if err != nil {
		return fmt.Errorf("list the projects: %w", err)
	}
	calls.add(opProject, 1+len(projects)/50)
	// A restriction names a project by its id only: the values tell its name.
	named := make(map[string]person)
	for who := range wanted {
		if who.kind == assets.ValueProject && who.name != "" {
			named[who.id] = who
		}
	}
	for who := range wanted {
		planned := PlannedProject{Kind: kindProject, Source: who.id, Name: who.name}
		if who.kind == assets.ValueVersion {
			planned.Kind = kindVersion
			planned.Target = matchVersion(projects, who.name)
		} else {
			if known, ok := named[who.id]; ok {
				who = known
			}
			planned.Target = matchProject(projects, who)
		}
		p.Projects = append(p.Projects, planned)
	}
	slices.SortFunc(p.Projects, func(a, b PlannedProject) int {
		return compareStrings(a.Kind, b.Kind, a.Source, b.Source, a.Name, b.Name)
	})
	p.Projects = slices.Compact(p.Projects)
	return nil
}

// matchProject finds a project by its key, which says more than its name, or by its name.
func matchProject(projects []Project, who person) string {
	for _, j := range projects {
		if who.key != "" && j.Key == who.key {
			return j.ID
		}
	}
	id, found := "", 0
	for _, j := range projects {
		if who.name != "" && j.Name == who.name {
			id, found = j.ID, found+1
		}
	}
	if found == 1 {
		return id
	}
	return ""
}

// matchVersion finds a version whose name only one project has.
func matchVersion(projects []Project, name string) string {
	id, found := "", 0
	for _, j := range projects {
		for _, v := range j.Versions {
			if name != "" && v.Name == name {
				id, found = v.ID, found+1
			}
		}
	}
	if found == 1 {
		return id
	}
	return ""
}

// projectRestrictions are the source ids of the projects an attribute is restricted to.
func projectRestrictions(a *PlannedAttribute) []string {
	ids := slices.Clone(a.TypeValueMulti)
	if a.TypeValue != "" && !slices.Contains(ids, a.TypeValue) {
		ids = append(ids, a.TypeValue)
	}
	return ids
}

// projectByID returns the target id of a project that the backup names by its id only.
func (d *directory) projectByID(id string) string {
	for key, e := range d.entries {
		if key.kind == assets.ValueProject && key.id == id && e.target != "" {
			return e.target
		}
	}
	return ""
}
