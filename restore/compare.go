package restore

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"stowage/assets"
)

// comparison is what comparing one object gave.
type comparison struct {
	differences           []Difference
	explained, references int
}

// compare compares an object of the target with its source.
func (pr *prover) compare(ctx context.Context, n int32, source, o *assets.Object) (comparison, error) {
	var c comparison
	t := pr.s.types[n]
	ct := &pr.c.types[t]
	have := make(map[string][]assets.Value, len(o.Values))
	for i := range o.Values {
		have[o.Values[i].AttributeID] = o.Values[i].Values
	}
	if o.TypeID != pr.types[t] {
		c.differences = append(c.differences, Difference{Kind: "object", ID: o.ID, Key: o.Key, Message: "it is of another object type"})
	}
	_, allKnown := pr.known[spotOf(n, none)]
	judge := func(at int32, missing, extra int) {
		a := &pr.c.attrs[at]
		_, known := pr.known[spotOf(n, at)]
		known = known || allKnown && a.Kind == assets.KindReference
		switch {
		case missing == 0 && extra == 0:
		case known && extra == 0:
			c.explained++
		default:
			c.differences = append(c.differences, Difference{
				Kind: "object", ID: o.ID, Key: o.Key, Attribute: a.Name,
				Message: fmt.Sprintf("%d values of %s are missing and %d are not its own", missing, pr.s.key(n), extra),
			})
		}
	}
	judged := make(map[string]bool, len(o.Values))
	for i := range source.Values {
		at := pr.c.attribute(source.Values[i].AttributeID)
		if at == none || len(source.Values[i].Values) == 0 || at == ct.history {
			continue
		}
		values := have[pr.attrs[at]]
		judged[pr.attrs[at]] = true
		missing, extra := pr.match(at, source.Values[i].Values, values)
		if pr.c.attrs[at].Kind == assets.KindReference {
			c.references += len(values)
		}
		judge(at, missing, extra)
	}
	added := map[int32]string{ct.originalID: source.ID, ct.originalKey: source.Key}
	if ct.history != none {
		text, err := pr.expectedHistory(ctx, ct.history, source)
		if err != nil {
			return c, err
		}
		added[ct.history] = text
	}
	for at, text := range added {
		if at == none || pr.attrs[at] == "" || judged[pr.attrs[at]] {
			continue
		}
		judged[pr.attrs[at]] = true
		var want []assets.Value
		if text != "" {
			want = []assets.Value{{Text: text}}
		}
		missing, extra := pr.match(at, want, have[pr.attrs[at]])
		judge(at, missing, extra)
	}
	for id, values := range have {
		if len(values) == 0 || judged[id] {
			continue
		}
		for _, at := range ct.attrs {
			if pr.attrs[at] == id {
				judge(at, 0, len(values))
			}
		}
	}
	return c, nil
}

// match pairs the values of source and target and returns how many of each have no counterpart.
func (pr *prover) match(at int32, want, have []assets.Value) (missing, extra int) {
	a := &pr.c.attrs[at]
	used := make([]bool, len(have))
	for i := range want {
		found := false
		for j := range have {
			if !used[j] && pr.same(a, &want[i], &have[j]) {
				used[j], found = true, true
				break
			}
		}
		if !found {
			missing++
		}
	}
	for _, u := range used {
		if !u {
			extra++
		}
	}
	return missing, extra
}

// same says whether two values mean the same, one in the backup and one on the target.
func (pr *prover) same(a *catalogAttr, source, target *assets.Value) bool {
	if source.Kind != target.Kind {
		return false
	}
	switch source.Kind {
	case assets.ValueLiteral:
		return sameLiteral(a, source.Text, target.Text)
	case assets.ValueObject:
		to := pr.s.lookup(source.ID)
		if to == none {
			return false
		}
		state, id := pr.objects.get(to)
		return state == stateDone && id == target.ID
	case assets.ValueGroup:
		return groupName(source.ID, source.Name) == groupName(target.ID, target.Name)
	case assets.ValueStatus:
		return source.Name == target.Name || source.Name == "" && pr.statuses[source.ID] == target.ID
	case assets.ValueUser:
		// A site may hide a user's name; the account the plan found by that name is as good.
		return source.Name == target.Name || pr.d.find(a, source.Kind, source.ID, source.Name).target == target.ID
	case assets.ValueProject, assets.ValueVersion:
		return source.Name == target.Name || pr.d.find(a, source.Kind, source.ID, source.Name).target == target.ID
	case assets.ValueOther:
	}
	return false
}

// sameLiteral compares texts as values of the attribute: sites write the same moment or number in several ways.
func sameLiteral(a *catalogAttr, x, y string) bool {
	if x == y {
		return true
	}
	switch a.Default {
	case assets.DefaultDate, assets.DefaultDateTime:
		s, ok := instant(x)
		t, also := instant(y)
		return ok && also && s.Equal(t)
	case assets.DefaultDouble, assets.DefaultInteger:
		f, err := strconv.ParseFloat(x, 64)
		g, also := strconv.ParseFloat(y, 64)
		return err == nil && also == nil && f == g
	case assets.DefaultBoolean:
		return strings.EqualFold(x, y)
	case assets.DefaultNone, assets.DefaultText, assets.DefaultTime, assets.DefaultURL, assets.DefaultEmail, assets.DefaultTextarea,
		assets.DefaultSelect, assets.DefaultIP:
	}
	return false
}

// expectedHistory is what OBJECT_HISTORY of an object has to hold.
func (pr *prover) expectedHistory(ctx context.Context, at int32, source *assets.Object) (string, error) {
	var t translated
	if pr.attrs[at] == "" {
		return "", nil
	}
	if err := pr.addHistory(ctx, &t, at, source); err != nil {
		return "", err
	}
	for _, v := range t.spec.Values {
		return v.Texts[0], nil
	}
	return "", nil
}
