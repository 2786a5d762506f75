package world

import (
	"maps"
	"slices"
)

// User is an account. A deleted one keeps its place in the values of objects.
type User struct {
	AccountID   string
	Name        string // user name of old, often empty
	DisplayName string
	Email       string
	AvatarURL   string
	TimeZone    string
	AccountType string // atlassian, app or customer
	Active      bool
	Deleted     bool
}

// Group is a group of users.
type Group struct {
	ID      string
	Name    string
	Members []string // account ids, sorted
}

// people are the users and groups, and the tables of strings that objects' values
// are full of.
type people struct {
	users      map[string]*User
	order      []string
	groups     []*groupEntry
	accounts   table
	groupNames table
	options    table
}

type groupEntry struct {
	id, name string
	members  map[string]bool
}

func newPeople() people {
	return people{users: map[string]*User{}, accounts: newTable(), groupNames: newTable(), options: newTable()}
}

// PutUser adds a user or replaces the one with that account id.
func (w *World) PutUser(u User) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.people.users[u.AccountID] == nil {
		w.people.order = append(w.people.order, u.AccountID)
	}
	if u.AccountType == "" {
		u.AccountType = "atlassian"
	}
	w.people.users[u.AccountID] = &u
}

// User returns a user.
func (w *World) User(accountID string) (User, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	u := w.people.users[accountID]
	if u == nil {
		return User{}, false
	}
	return *u, true
}

// Users returns all users in the order in which they were added.
func (w *World) Users() []User {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]User, 0, len(w.people.order))
	for _, id := range w.people.order {
		out = append(out, *w.people.users[id])
	}
	return out
}

// PutGroup adds a group or replaces the one with that name.
func (w *World) PutGroup(g Group) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := &groupEntry{id: g.ID, name: g.Name, members: map[string]bool{}}
	for _, m := range g.Members {
		e.members[m] = true
	}
	for i, old := range w.people.groups {
		if old.name == g.Name {
			w.people.groups[i] = e
			return
		}
	}
	w.people.groups = append(w.people.groups, e)
}

// RemoveGroup removes a group; values of objects that name it stay.
func (w *World) RemoveGroup(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.people.groups = slices.DeleteFunc(w.people.groups, func(e *groupEntry) bool { return e.name == name })
}

// Group returns a group by name or id.
func (w *World) Group(nameOrID string) (Group, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	g := w.people.group(nameOrID)
	if g == nil {
		return Group{}, false
	}
	return *g, true
}

// Groups returns all groups in the order in which they were added.
func (w *World) Groups() []Group {
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]Group, 0, len(w.people.groups))
	for _, e := range w.people.groups {
		out = append(out, e.out())
	}
	return out
}

func (e *groupEntry) out() Group {
	return Group{ID: e.id, Name: e.name, Members: slices.Sorted(maps.Keys(e.members))}
}

func (p *people) entry(nameOrID string) *groupEntry {
	for _, e := range p.groups {
		if e.name == nameOrID || e.id != "" && e.id == nameOrID {
			return e
		}
	}
	return nil
}

func (p *people) group(nameOrID string) *Group {
	e := p.entry(nameOrID)
	if e == nil {
		return nil
	}
	g := e.out()
	return &g
}

// inAny tells whether a user belongs to one of the groups.
func (p *people) inAny(accountID string, groups []string) bool {
	return slices.ContainsFunc(groups, func(name string) bool {
		e := p.entry(name)
		return e != nil && e.members[accountID]
	})
}
