package sim

import (
	"fmt"
	"net/http"
	"strings"

	"stowage/atlassian/sim/world"
)

// valueRow is an attribute of an object with its values.
type valueRow struct {
	Name   string
	Values []shownValue
}

type shownValue struct {
	Text, Href string
	Long       bool
}

// shownInbound is how many of the objects that refer to one are listed.
const shownInbound = 100

// objectPage is all that is shown of an object.
type objectPage struct {
	pageFrame
	Object      objectRow
	TypeHref    string
	Values      []valueRow
	Inbound     []objectRow
	MoreInbound int
	Comments    []remark
	Attachments []attachmentRow
	History     []historyRow
}

type remark struct{ Who, When, Text string }

type attachmentRow struct {
	Text string
	Size int64
}

type historyRow struct{ Who, When, Attribute, Old, New string }

func (s *Site) showObject(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		s.showProblem(w, err)
		return
	}
	var page objectPage
	found := false
	s.world.View(func(v *world.View) {
		obj, ok := v.Object(id)
		if !ok {
			return
		}
		found = true
		schema, _ := v.Schema(obj.SchemaID())
		page.Object, page.TypeHref = s.row(v, obj), s.href("types", obj.TypeID())
		page.pageFrame = s.frame(obj.Label(), crumb{schema.Name, s.href("schemas", schema.ID)},
			crumb{page.Object.Type, page.TypeHref}, crumb{Text: obj.Key()})
		page.Values = s.valueRows(v, obj)
		inbound := v.Inbound(id)
		page.MoreInbound = max(0, len(inbound)-shownInbound)
		for _, from := range inbound[:len(inbound)-page.MoreInbound] {
			if other, ok := v.Object(from); ok {
				page.Inbound = append(page.Inbound, s.row(v, other))
			}
		}
	})
	if !found {
		s.showProblem(w, notFound("No object with id %d exists", id))
		return
	}
	if err := s.addRecords(&page, id); err != nil {
		s.showProblem(w, err)
		return
	}
	sendPage(w, http.StatusOK, s.pages, "object", page)
}

func (s *Site) valueRows(v *world.View, obj world.Obj) []valueRow {
	var rows []valueRow
	for _, a := range obj.Attributes() {
		definition, _ := v.Attribute(a.Attribute)
		row := valueRow{Name: definition.Name}
		for _, value := range a.Values {
			shown := shownValue{Text: v.Display(value)}
			switch value.Kind {
			case world.KindRef:
				shown.Text += " (" + v.SearchValue(value) + ")"
				shown.Href = s.href("objects", value.ID())
			case world.KindDateTime:
				shown.Text = forPeople(value)
			case world.KindNone, world.KindText, world.KindSelect, world.KindInt, world.KindDouble, world.KindBool,
				world.KindDate, world.KindUser, world.KindGroup, world.KindStatus, world.KindProject, world.KindVersion:
			}
			shown.Text, shown.Long = clip(shown.Text, 20000), len(shown.Text) > 120 || strings.Contains(shown.Text, "\n")
			row.Values = append(row.Values, shown)
		}
		rows = append(rows, row)
	}
	return rows
}

// clip keeps a page readable when a value has millions of letters.
func clip(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + fmt.Sprintf("… (%d bytes in all)", len(text))
}

// addRecords adds what hangs on an object.
func (s *Site) addRecords(page *objectPage, id world.ID) error {
	comments, err := s.world.Comments(id)
	if err != nil {
		return err
	}
	for _, c := range comments {
		page.Comments = append(page.Comments, remark{s.personName(c.Author), forPeople(world.DateTime(c.Created)), c.Text})
	}
	attachments, err := s.world.Attachments(id)
	if err != nil {
		return err
	}
	for _, a := range attachments {
		page.Attachments = append(page.Attachments, attachmentRow{a.Filename, a.Size})
	}
	history, err := s.world.History(id, false)
	if err != nil {
		return err
	}
	for _, h := range history[:min(len(history), objectsPerPage)] {
		attribute := h.Attribute
		if h.Type == world.HistoryCreated {
			attribute = "(created)"
		}
		page.History = append(page.History, historyRow{
			s.personName(h.Actor), forPeople(world.DateTime(h.Created)), attribute, clip(h.OldValue, 500), clip(h.NewValue, 500),
		})
	}
	return nil
}

func (s *Site) personName(accountID string) string {
	if u, ok := s.world.User(accountID); ok {
		return u.DisplayName
	}
	return accountID
}
