package gen

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"stowage/atlassian/sim/world"
)

// Names that appear on purpose on every site.
const (
	// TwinName is the display name of two different users.
	TwinName = "Alex Kim"
	// InactiveName is a user who is no longer active.
	InactiveName = "Ivy Inactive"
	// DeletedName is a user whose account was deleted.
	DeletedName = "Former user"
)

// FieldName is the name of the custom field that holds Assets objects.
const FieldName = "Affected assets"

var (
	givenNames  = []string{"Ada", "Björn", "Chiara", "Dmitri", "Eun-ji", "Fatima", "Günther", "Hiroshi", "Inês", "Joanna"}
	familyNames = []string{"Andersson", "Brückner", "Castellano", "Dvořák", "Estévez", "Fournier"}
	siteNames   = []string{"Noor", "Robin", "Sasha"}
	groupNames  = []string{
		"jira-administrators", "jira-users", "it-operations", "service-desk-agents", "network-team",
		"database-admins", "hr-team", "facilities", "Datacenter Crew (EMEA)",
	}
)

// AccountID answers the account id that a person has on a site.
func AccountID(site, person string) string {
	sum := sha256.Sum256([]byte("account\x00" + site + "\x00" + person))
	h := hex.EncodeToString(sum[:])
	return "712020:" + h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:32]
}

// Site fills the people, groups, projects, versions and the Assets field of a site.
// Sites share most people and groups by name; three users and one group of each exist
// nowhere else. What is there already stays, so that filling again changes nothing.
func Site(w *world.World, name string) error {
	people := putUsers(w, name)
	putGroups(w, name, people)
	return putJira(w, name)
}

// putUsers answers the account ids of those who can be members of groups.
func putUsers(w *world.World, site string) []string {
	var accounts []string
	put := func(id, display string, active, deleted bool) {
		if _, ok := w.User(id); ok {
			return
		}
		u := world.User{AccountID: id, DisplayName: display, TimeZone: "Europe/Berlin", Active: active, Deleted: deleted}
		if !deleted {
			u.Email = mailbox(display, id) + "@" + site + ".example"
			u.AvatarURL = "https://avatars.example/" + id[len(id)-12:] + ".png"
		}
		w.PutUser(u)
	}
	for i := range len(givenNames) * len(familyNames) {
		display := givenNames[i%len(givenNames)] + " " + familyNames[i/len(givenNames)]
		id := AccountID(site, display)
		put(id, display, true, false)
		accounts = append(accounts, id)
	}
	for _, given := range siteNames {
		id := AccountID(site, given)
		put(id, given+" of "+site, true, false)
		accounts = append(accounts, id)
	}
	for _, twin := range []string{"1", "2"} {
		put(AccountID(site, TwinName+twin), TwinName, true, false)
	}
	put(AccountID(site, InactiveName), InactiveName, false, false)
	put(AccountID(site, DeletedName), DeletedName, false, true)
	return accounts
}

// mailbox makes the local part of an address; twins need different ones.
func mailbox(display, id string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(display) {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('.')
		}
	}
	return b.String() + "." + id[len(id)-4:]
}

func putGroups(w *world.World, site string, accounts []string) {
	for i, name := range append(slices.Clone(groupNames), site+"-contractors") {
		if _, ok := w.Group(name); ok {
			continue
		}
		var members []string
		for j, a := range accounts {
			if i < 2 || j%len(groupNames) == i%len(groupNames) {
				members = append(members, a)
			}
		}
		w.PutGroup(world.Group{ID: AccountID(site, "group "+name)[len("712020:"):], Name: name, Members: members})
	}
}

// putJira makes projects and versions with ids that depend on the site, so that equal
// names have different ids. They lie beyond those that a site hands out by itself.
func putJira(w *world.World, site string) error {
	const projectIDs, versionIDs = 20_000, 40_000
	sum := sha256.Sum256([]byte("projects\x00" + site))
	offset := 20 * world.ID(binary.BigEndian.Uint16(sum[:])%500)
	for i, p := range [][2]string{{"IT", "IT Support"}, {"HR", "People Desk"}, {"FAC", "Facilities"}, {"OPS", "Operations"}} {
		if _, ok := w.Project(p[0]); ok {
			continue
		}
		n := world.ID(i)
		lead := AccountID(site, givenNames[i]+" "+familyNames[0])
		made := w.PutProject(world.Project{ID: projectIDs + offset + n, Key: p[0], Name: p[1], Lead: lead})
		for v := range world.ID(3) {
			w.PutVersion(world.Version{
				ID: versionIDs + offset + 3*n + v, ProjectID: made.ID, Name: fmt.Sprintf("%s %d.0", p[0], v+1), Released: v == 0,
			})
		}
	}
	if slices.ContainsFunc(w.Fields(), func(f world.Field) bool { return f.Name == FieldName }) {
		return nil
	}
	it, ok := w.Project("IT")
	if !ok {
		return fmt.Errorf("site %s: project IT is missing", site)
	}
	w.PutField(world.Field{Name: FieldName, Description: "The assets that are concerned", Contexts: []world.FieldContext{
		{Name: "Everywhere", Multiple: true},
		{Name: "One in IT", ProjectIDs: []world.ID{it.ID}, IssueTypes: []string{"Incident"}},
	}})
	return nil
}

// cast are the people a model draws from.
type cast struct {
	users, rareUsers   []string // account ids
	groups, rareGroups []string
	projects           []world.ID
	versions           []world.ID
	field              string
}

// newCast takes those who can be found again by name: users of this site alone and
// the group of this site alone are rare, so that a migration meets a few of them.
func newCast(w *world.World) cast {
	site := w.Options().Name
	var c cast
	for i := range len(givenNames) * len(familyNames) {
		c.users = append(c.users, AccountID(site, givenNames[i%len(givenNames)]+" "+familyNames[i/len(givenNames)]))
	}
	for _, given := range siteNames {
		c.rareUsers = append(c.rareUsers, AccountID(site, given))
	}
	c.groups = groupNames
	c.rareGroups = []string{site + "-contractors"}
	for _, p := range w.Projects() {
		c.projects = append(c.projects, p.ID)
		for _, v := range w.Versions(p.ID) {
			c.versions = append(c.versions, v.ID)
		}
	}
	for _, f := range w.Fields() {
		if f.Name == FieldName {
			c.field = f.ID
		}
	}
	return c
}
