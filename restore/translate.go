package restore

import (
	"context"
	"fmt"

	"stowage/assets"
	"stowage/report"
)

// translated is an object in the words of the target.
type translated struct {
	spec    ObjectSpec
	dropped []droppedValue
	// deferred says that references are missing because the objects they name come later.
	deferred bool
}

// translate turns an object of the backup into what is written to the target. Values that cannot be written are left out,
// and every one of them is noted. References to objects that come later are left out, too, unless second is set: then
// only the attributes with such references are translated, whole.
func (r *run) translate(ctx context.Context, n int32, o *assets.Object, second bool) (translated, error) {
	t := r.s.types[n]
	ct := &r.c.types[t]
	out := translated{spec: ObjectSpec{TypeID: r.types[t]}}
	var hasID, hasKey bool
	for i := range o.Values {
		at := r.c.attribute(o.Values[i].AttributeID)
		vs := o.Values[i].Values
		if at == none || len(vs) == 0 {
			continue
		}
		a := &r.c.attrs[at]
		if at == ct.history {
			continue // written below, together with what happened since
		}
		possible := true
		if second {
			var later bool
			if later, possible = r.later(n, a, vs); !later {
				continue
			}
		}
		if a.Dropped != "" || r.attrs[at] == "" {
			out.drop(a, attributeCause(a), "the attribute is not restored, and so are its values")
			continue
		}
		texts := r.texts(&out, n, a, vs, second)
		if len(texts) == 0 || !possible {
			continue
		}
		hasID = hasID || at == ct.originalID
		hasKey = hasKey || at == ct.originalKey
		out.spec.Values = append(out.spec.Values, AttributeTexts{AttributeID: r.attrs[at], Texts: texts})
	}
	if second {
		return out, nil
	}
	// The values of the very first backup stay: only an object that has none gets its own.
	if !hasID {
		out.add(r.attrs, ct.originalID, o.ID)
	}
	if !hasKey {
		out.add(r.attrs, ct.originalKey, o.Key)
	}
	if ct.history != none {
		if err := r.addHistory(ctx, &out, ct.history, o); err != nil {
			return out, err
		}
	}
	if o.HasAvatar {
		out.dropped = append(out.dropped, droppedValue{Attribute: avatar, Cause: report.CauseAvatarUnsupported, Message: avatarLost})
	}
	return out, nil
}

// How the loss of an object's own picture is put: it is no attribute, but is reported as one.
const (
	avatar     = "avatar"
	avatarLost = "the picture of the object itself cannot be restored"
)

func attributeCause(a *catalogAttr) report.Cause {
	if a.Dropped != "" {
		return a.Dropped
	}
	return report.CauseRejected
}

func (t *translated) drop(a *catalogAttr, cause report.Cause, message string) {
	t.dropped = append(t.dropped, droppedValue{AttributeID: a.Source, Attribute: a.Name, Cause: cause, Message: message})
}

func (t *translated) add(attrs []string, at int32, text string) {
	if at != none && attrs[at] != "" && text != "" {
		t.spec.Values = append(t.spec.Values, AttributeTexts{AttributeID: attrs[at], Texts: []string{text}})
	}
}

// later says whether one of the references is written after the object itself, and whether such a one can be written by
// now.
func (r *run) later(n int32, a *catalogAttr, vs []assets.Value) (found, possible bool) {
	for i := range vs {
		if a.Kind != assets.KindReference || vs[i].Kind != assets.ValueObject {
			continue
		}
		if to := r.s.lookup(vs[i].ID); to != none && r.order.Deferred(n, to) {
			found = true
			possible = possible || r.objects.state(to) == stateDone
		}
	}
	return found, possible
}

// texts translates the values of one attribute.
func (r *run) texts(out *translated, n int32, a *catalogAttr, vs []assets.Value, second bool) []string {
	texts := make([]string, 0, len(vs))
	refusedUsers := false
	for i := range vs {
		v := &vs[i]
		if !writable(a, v) {
			out.drop(a, report.CauseKindUnsupported, "a value of this kind cannot be written")
			continue
		}
		switch v.Kind {
		case assets.ValueLiteral:
			texts = append(texts, v.Text)
		case assets.ValueStatus:
			if id := r.statuses[v.ID]; id != "" {
				texts = append(texts, id)
			} else {
				out.drop(a, report.CauseRejected, fmt.Sprintf("the status %q does not exist on the target", v.Name))
			}
		case assets.ValueObject:
			if id := r.reference(out, n, a, v, second); id != "" {
				texts = append(texts, id)
			}
		case assets.ValueUser, assets.ValueGroup, assets.ValueProject, assets.ValueVersion:
			e := r.d.find(a, v.Kind, v.ID, v.Name)
			if e.cause == "" {
				texts = append(texts, e.target)
				continue
			}
			refusedUsers = refusedUsers || v.Kind == assets.ValueUser
			out.drop(a, e.cause, sentence(e.cause, v.Kind, v.ID, v.Name))
		case assets.ValueOther:
			out.drop(a, report.CauseKindUnsupported, "a value of this kind cannot be written")
		}
	}
	if refusedUsers && len(texts) > 0 && r.plan.Options.Users == UsersAllOrNothing {
		out.drop(a, report.CauseUserMissing, fmt.Sprintf("%d other users are left out, too, since not all can be restored", len(texts)))
		return nil
	}
	return texts
}

// reference returns the target id of the object v names, or "" when it comes later or never.
func (r *run) reference(out *translated, n int32, a *catalogAttr, v *assets.Value, second bool) string {
	to := r.s.lookup(v.ID)
	if to == none || r.s.types[to] == none {
		if second {
			return "" // noted when the object was created
		}
		if r.c.unselected[v.TypeID] {
			out.drop(a, report.CauseTypeNotSelected, fmt.Sprintf("the object %s is of a type that is not restored", v.Key))
		} else {
			out.drop(a, report.CauseReferenceOutside, fmt.Sprintf("the object %s is not part of the restore", v.Key))
		}
		return ""
	}
	if !second && r.order.Deferred(n, to) {
		out.deferred = true
		return ""
	}
	state, id := r.objects.get(to)
	if state != stateDone && second && !r.order.Deferred(n, to) {
		return ""
	}
	if state != stateDone {
		out.drop(a, report.CauseRejected, fmt.Sprintf("the object %s was not restored", r.s.key(to)))
		return ""
	}
	return id
}

// originalID is the text by which the target object of o is found.
func (r *run) originalID(n int32, o *assets.Object) string {
	at := r.c.types[r.s.types[n]].originalID
	if at == none {
		return o.ID
	}
	for i := range o.Values {
		if r.c.attribute(o.Values[i].AttributeID) == at && len(o.Values[i].Values) > 0 && o.Values[i].Values[0].Text != "" {
			return o.Values[i].Values[0].Text
		}
	}
	return o.ID
}

// source returns an object of the backup.
func (r *run) source(ctx context.Context, n int32) (*assets.Object, error) {
	segment, place := r.s.locate(n)
	return r.segments.object(ctx, segment, place)
}
