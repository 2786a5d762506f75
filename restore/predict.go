package restore

import (
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stowage/assets"
	"stowage/report"
)

// predictor says before the first write what the target will refuse. It looks at every object once, in the survey, and
// at the references and people of all of them afterwards.
type predictor struct {
	c        *catalog
	s        *survey
	findings *findings
	seed     maphash.Seed
	failing  []bool
	unique   map[int32][]hashed
	// relaxed is the cardinality every attribute needs while objects are created, by attribute.
	relaxed map[int32]Relaxation
}

func newPredictor(c *catalog, f *findings) *predictor {
	return &predictor{
		c: c, findings: f, seed: maphash.MakeSeed(), unique: make(map[int32][]hashed), relaxed: make(map[int32]Relaxation),
	}
}

// object implements checker.
func (p *predictor) object(n, t int32, o *assets.Object) {
	for int(n) >= len(p.failing) {
		p.failing = append(p.failing, false)
	}
	if o.HasAvatar {
		p.findings.add(Finding{
			Severity: SeverityWarning, Cause: report.CauseAvatarUnsupported, Kind: "object", Type: p.c.types[t].Name, Attribute: avatar, Message: avatarLost,
		}, o.Key, avatarLost)
	}
	for i := range o.Values {
		vs := o.Values[i].Values
		at := p.c.attribute(o.Values[i].AttributeID)
		if at == none || len(vs) == 0 {
			continue
		}
		a := &p.c.attrs[at]
		if !a.restored() {
			p.findings.add(p.about(SeverityWarning, a.Dropped, a, "values of this attribute are not restored"), o.Key, "values are not restored")
			continue
		}
		if a.Max > 0 && len(vs) > a.Max {
			p.relax(at, a.Min, assets.Unlimited)
			p.findings.add(p.about(SeverityWarning, "", a, "the backup holds more values than the attribute allows; the limit is put back afterwards"),
				o.Key, fmt.Sprintf("%d values", len(vs)))
		}
		if a.Kind != assets.KindDefault {
			p.foreign(a, o, vs)
			continue
		}
		p.literals(n, at, a, o, vs)
	}
	for _, at := range p.c.types[t].required {
		a := &p.c.attrs[at]
		if have := countValues(o, a.Source); have < a.Min {
			p.relax(at, have, a.Max)
			p.findings.add(p.about(SeverityWarning, "", a, "the backup holds fewer values than the attribute requires; the limit is put back afterwards"),
				o.Key, fmt.Sprintf("%d values", have))
		}
	}
}

func (p *predictor) about(s Severity, cause report.Cause, a *catalogAttr, general string) Finding {
	return Finding{Severity: s, Cause: cause, Kind: "object", Type: p.c.types[a.typ].Name, Attribute: a.Name, Message: general}
}

// foreign counts values of a kind that cannot be written.
func (p *predictor) foreign(a *catalogAttr, o *assets.Object, vs []assets.Value) {
	for i := range vs {
		if !writable(a, &vs[i]) {
			p.findings.add(p.about(SeverityWarning, report.CauseKindUnsupported, a, "the attribute holds values of a kind that cannot be written"),
				o.Key, "a value of an unknown kind is not restored")
		}
	}
}

func (p *predictor) literals(n, at int32, a *catalogAttr, o *assets.Object, vs []assets.Value) {
	for i := range vs {
		v := &vs[i]
		switch {
		case !writable(a, v):
			p.foreign(a, o, vs[i:i+1])
		case a.Default == assets.DefaultText && utf8.RuneCountInString(v.Text) >= textLimit:
			p.fail(n, report.CauseValueTooLong, a, o.Key, messageTooLong(a.Name), messageTooLong(a.Name))
		case !valid(a, v.Text):
			p.fail(n, report.CauseRejected, a, o.Key, "Invalid values", messageInvalid(shorten(v.Text)))
		case a.pattern != nil && (a.Default == assets.DefaultText || a.Default == assets.DefaultEmail) && !a.pattern.MatchString(v.Text):
			p.fail(n, report.CauseRejected, a, o.Key, "Invalid values: they do not match the pattern of the attribute", messageInvalid(shorten(v.Text)))
		}
		if a.Unique {
			p.unique[at] = append(p.unique[at], hashed{maphash.String(p.seed, v.Text), n})
		}
	}
}

func (p *predictor) fail(n int32, cause report.Cause, a *catalogAttr, key, general, message string) {
	p.failing[n] = true
	p.findings.add(p.about(SeverityFailure, cause, a, general), key, message)
}

// relax widens the cardinality of an attribute to admit what was seen.
func (p *predictor) relax(at int32, least, most int) {
	a := &p.c.attrs[at]
	r, ok := p.relaxed[at]
	if !ok {
		r = Relaxation{Min: a.Min, Max: a.Max}
	}
	r.Min = min(r.Min, least)
	if most == assets.Unlimited {
		r.Max = assets.Unlimited
	}
	p.relaxed[at] = r
}

// duplicates predicts which values of unique attributes will be refused: all but the first.
func (p *predictor) duplicates() {
	for _, at := range slices.Sorted(maps.Keys(p.unique)) {
		values := p.unique[at]
		slices.SortFunc(values, compareHashed)
		m := messageUnique(p.c.attrs[at].Name)
		last := hashed{object: none}
		for _, v := range values {
			switch {
			case p.failing[v.object]: // an object that fails anyway takes no value from another
			case last.object == none || v.hash != last.hash:
				last = v
			case v.object != last.object:
				p.fail(v.object, report.CauseRejected, &p.c.attrs[at], p.s.key(v.object), m, m)
			}
		}
	}
	p.unique = nil
}

// spot is one attribute of one object, packed.
type spot uint64

func spotOf(object, attr int32) spot { return spot(uint64(uint32(object))<<32 | uint64(uint32(attr))) }

// references predicts which references are set later or never, and what that does to cardinalities. It returns the
// order of creation and the objects with a second write.
func (p *predictor) references(order *assets.Order) (second []bool, counts PlannedObjects) {
	s := p.s
	second = make([]bool, s.len())
	missing := make(map[spot]int) // at creation, for attributes with a minimum
	miss := func(object, attr int32) {
		if p.c.attrs[attr].Min > 0 {
			missing[spotOf(object, attr)]++
		}
	}
	for _, l := range s.lost {
		cause, general := report.CauseReferenceOutside, "objects refer to objects that the backup does not hold"
		if l.unselected {
			cause, general = report.CauseTypeNotSelected, "objects refer to objects of types that are not restored"
		}
		p.findings.add(p.about(SeverityWarning, cause, &p.c.attrs[l.via], general), s.key(l.from), "a reference is not restored")
		miss(l.from, l.via)
		counts.Lost++
	}
	for i, from := range s.from {
		to, via := s.to[i], s.via[i]
		counts.References++
		switch {
		case p.failing[to] && !p.failing[from]:
			p.findings.add(p.about(SeverityWarning, report.CauseRejected, &p.c.attrs[via], "objects refer to objects that are expected to fail"),
				s.key(from), "the reference to "+s.key(to)+" is not restored")
			miss(from, via)
			counts.Lost++
		case order.Deferred(from, to) && !p.failing[from]:
			second[from] = true
			counts.Deferred++
			miss(from, via)
		}
	}
	p.shortages(missing)
	return second, counts
}

// shortages relaxes attributes that cannot reach their minimum when the object is created.
func (p *predictor) shortages(missing map[spot]int) {
	if len(missing) == 0 {
		return
	}
	have := make(map[spot]int, len(missing))
	for k, n := range missing {
		have[k] = -n
	}
	add := func(object, attr int32) {
		if k := spotOf(object, attr); p.c.attrs[attr].Min > 0 {
			if n, ok := have[k]; ok {
				have[k] = n + 1
			}
		}
	}
	for i, from := range p.s.from {
		add(from, p.s.via[i])
	}
	for _, l := range p.s.lost {
		add(l.from, l.via)
	}
	for _, u := range p.s.uses {
		add(u.object, u.attr)
	}
	for k, n := range have {
		if at := int32(uint32(k)); n < p.c.attrs[at].Min {
			p.relax(at, max(0, n), p.c.attrs[at].Max)
		}
	}
}

// people predicts which users, groups and projects are left out.
func (p *predictor) people(d *directory, policy UserPolicy) {
	missing := make(map[spot]int)
	uses := p.s.uses
	for i := 0; i < len(uses); {
		j := i
		bad := 0
		for ; j < len(uses) && uses[j].object == uses[i].object && uses[j].attr == uses[i].attr; j++ {
			if cause := d.refused(&p.c.attrs[uses[j].attr], uses[j].person); cause != "" {
				bad++
				a := &p.c.attrs[uses[j].attr]
				p.findings.add(p.about(SeverityWarning, cause, a, generalPeople(cause)), p.s.key(uses[j].object), d.sentence(uses[j].person, cause))
			}
		}
		if bad > 0 {
			a := &p.c.attrs[uses[i].attr]
			if a.Kind == assets.KindUser && policy == UsersAllOrNothing {
				if bad < j-i {
					p.findings.add(p.about(SeverityWarning, "", a, "other users of the same attribute are left out, too, since not all can be restored"),
						p.s.key(uses[i].object), fmt.Sprintf("%d other users are left out", j-i-bad))
				}
				bad = j - i
			}
			if a.Min > 0 {
				missing[spotOf(uses[i].object, uses[i].attr)] = bad
			}
		}
		i = j
	}
	p.shortages(missing)
}

func generalPeople(cause report.Cause) string {
	switch cause {
	case report.CauseUserMissing:
		return "users do not exist on the target or are not active there"
	case report.CauseUserAmbiguous:
		return "several users of the target have the same full name"
	case report.CauseUserNotInGroup:
		return "users are not in the group the attribute is restricted to"
	case report.CauseGroupMissing:
		return "groups do not exist on the target"
	default:
		return "projects or versions do not exist on the target"
	}
}

// writable says whether values of v's kind can be written to a.
func writable(a *catalogAttr, v *assets.Value) bool {
	switch a.Kind {
	case assets.KindDefault:
		return v.Kind == assets.ValueLiteral
	case assets.KindReference:
		return v.Kind == assets.ValueObject
	case assets.KindUser:
		return v.Kind == assets.ValueUser
	case assets.KindGroup:
		return v.Kind == assets.ValueGroup
	case assets.KindStatus:
		return v.Kind == assets.ValueStatus
	case assets.KindProject:
		return v.Kind == assets.ValueProject
	case assets.KindVersion:
		return v.Kind == assets.ValueVersion
	case assets.KindConfluence, assets.KindBitbucket, assets.KindOpsgenie:
	}
	return false
}

// valid says whether Assets takes text for an attribute. In doubt it says yes: the target has the last word.
func valid(a *catalogAttr, text string) bool {
	switch a.Default {
	case assets.DefaultInteger:
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	case assets.DefaultDouble:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && !math.IsNaN(f)
	case assets.DefaultBoolean:
		return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
	case assets.DefaultDate, assets.DefaultDateTime:
		_, ok := instant(text)
		return ok
	case assets.DefaultSelect:
		return len(a.options) == 0 || a.options[strings.TrimSpace(text)]
	case assets.DefaultIP:
		_, err := netip.ParseAddr(text)
		return err == nil
	case assets.DefaultNone, assets.DefaultText, assets.DefaultTime, assets.DefaultURL, assets.DefaultEmail, assets.DefaultTextarea:
	}
	return true
}

// instant reads a date or time in the forms the API uses.
func instant(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// shorten keeps long values out of messages.
func shorten(text string) string {
	const limit = 80
	if len(text) <= limit {
		return text
	}
	cut := limit
	for cut > 0 && text[cut]&0xC0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}
