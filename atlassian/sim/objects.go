package sim

import (
	"net/http"
	"strconv"

	"stowage/atlassian/sim/world"
)

func (s *Site) objectRoutes(rt *assetsRouter) {
	rt.HandleFunc("POST /object/create", s.createObject)
	rt.HandleFunc("GET /object/{id}", s.getObject)
	rt.HandleFunc("PUT /object/{id}", s.updateObject)
	rt.HandleFunc("DELETE /object/{id}", s.deleteObject)
	rt.HandleFunc("GET /object/{id}/attributes", s.listObjectAttributes)
	rt.HandleFunc("GET /object/{id}/history", s.listHistory)
	rt.HandleFunc("GET /object/{id}/referenceinfo", s.listReferenceInfo)
	rt.HandleFunc("GET /objectconnectedtickets/{objectId}/tickets", s.listTickets)
}

// objectIn is the body of a create or an update. Members that are null or
// missing say nothing.
type objectIn struct {
	ObjectTypeID looseString `json:"objectTypeId"`
	Attributes   []struct {
		ObjectTypeAttributeID looseString `json:"objectTypeAttributeId"`
		ObjectAttributeValues []struct {
			Value looseString `json:"value"`
		} `json:"objectAttributeValues"`
	} `json:"attributes"`
	HasAvatar  *looseBool   `json:"hasAvatar"`
	AvatarUUID *looseString `json:"avatarUUID"`
}

func (in *objectIn) input() (world.ObjectInput, error) {
	typeID, err := bodyID(in.ObjectTypeID, "objectTypeId", "object type")
	if err != nil {
		return world.ObjectInput{}, err
	}
	out := world.ObjectInput{TypeID: typeID}
	for _, a := range in.Attributes {
		id, ok := world.ParseID(string(a.ObjectTypeAttributeID))
		if !ok {
			return world.ObjectInput{}, badRequest("No object type attribute with id %s exists", string(a.ObjectTypeAttributeID))
		}
		values := make([]string, 0, len(a.ObjectAttributeValues))
		for _, v := range a.ObjectAttributeValues {
			values = append(values, string(v.Value))
		}
		out.Attributes = append(out.Attributes, world.AttributeValues{Attribute: id, Values: values})
	}
	switch {
	case in.HasAvatar != nil && !bool(*in.HasAvatar):
		out.AvatarUUID = new("")
	case given(in.AvatarUUID) != "":
		out.AvatarUUID = (*string)(in.AvatarUUID)
	}
	return out, nil
}

func readObject(r *http.Request) (world.ObjectInput, error) {
	var in objectIn
	if err := readJSON(r, &in); err != nil {
		return world.ObjectInput{}, err
	}
	return in.input()
}

// createObject answers without the attributes, as the service does.
func (s *Site) createObject(w http.ResponseWriter, r *http.Request) {
	in, err := readObject(r)
	if err != nil {
		writeError(w, err)
		return
	}
	if in.TypeID == 0 {
		writeErrors(w, http.StatusBadRequest, nil, map[string]string{"objectTypeId": "Object type needs to be set."})
		return
	}
	object, err := s.world.CreateObject(accountOf(r), in)
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerObject(w, r, http.StatusCreated, object.ID, objectParts{})
}

func (s *Site) getObject(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerObject(w, r, http.StatusOK, id, objectParts{attributes: queryBool(r, "includeAttributes", true), definitions: true})
}

func (s *Site) updateObject(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	in, err := readObject(r)
	if err != nil {
		writeError(w, err)
		return
	}
	if _, err := s.world.UpdateObject(accountOf(r), id, in); err != nil {
		writeError(w, err)
		return
	}
	s.answerObject(w, r, http.StatusOK, id, objectParts{attributes: true, definitions: true})
}

func (s *Site) answerObject(w http.ResponseWriter, r *http.Request, status int, id world.ID, parts objectParts) {
	var body []byte
	s.world.View(func(v *world.View) {
		if obj, ok := v.Object(id); ok {
			body = newObjectWriter(s.wire(r), v).object(nil, obj, parts)
		}
	})
	if body == nil {
		writeError(w, notFound("No object with id %d exists", id))
		return
	}
	writeRaw(w, status, jsonContentType, body)
}

func (s *Site) deleteObject(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err == nil {
		err = s.world.DeleteObject(accountOf(r), id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (s *Site) listObjectAttributes(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	var body []byte
	s.world.View(func(v *world.View) {
		if obj, ok := v.Object(id); ok {
			body = newObjectWriter(s.wire(r), v).attributes(nil, obj, true)
		}
	})
	if body == nil {
		writeError(w, notFound("No object with id %d exists", id))
		return
	}
	writeRaw(w, http.StatusOK, jsonContentType, body)
}

type wireHistory struct {
	Actor             wireUser `json:"actor"`
	ID                string   `json:"id"`
	AffectedAttribute string   `json:"affectedAttribute,omitempty"`
	OldValue          string   `json:"oldValue,omitempty"`
	NewValue          string   `json:"newValue,omitempty"`
	Type              int      `json:"type"`
	Created           string   `json:"created"`
	ObjectID          string   `json:"objectId"`
}

func (s *Site) listHistory(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	entries, err := s.world.History(id, queryBool(r, "asc", false))
	if err != nil {
		writeError(w, err)
		return
	}
	x, out := s.wire(r), make([]wireHistory, 0, len(entries))
	for _, e := range entries {
		out = append(out, wireHistory{
			Actor: x.user(s.world, e.Actor), ID: strconv.FormatInt(e.ID, 10),
			AffectedAttribute: e.Attribute, OldValue: e.OldValue, NewValue: e.NewValue,
			Type: e.Type, Created: world.FormatTime(e.Created), ObjectID: e.ObjectID.String(),
		})
	}
	writeJSON(w, http.StatusOK, out)
}

type wireReferenceInfo struct {
	ReferenceTypes            []*wireReferenceType `json:"referenceTypes"`
	ObjectType                *wireType            `json:"objectType"`
	NumberOfReferencedObjects int                  `json:"numberOfReferencedObjects"`
	OpenIssuesExists          bool                 `json:"openIssuesExists"`
}

func (s *Site) listReferenceInfo(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "id", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	infos, err := s.world.ReferenceInfo(id)
	if err != nil {
		writeError(w, err)
		return
	}
	out := make([]wireReferenceInfo, 0, len(infos))
	s.world.View(func(v *world.View) {
		d := newDefinitions(s.wire(r), v)
		for _, info := range infos {
			entry := wireReferenceInfo{
				ReferenceTypes: []*wireReferenceType{}, ObjectType: d.objectTypeByID(info.TypeID),
				NumberOfReferencedObjects: info.Count, OpenIssuesExists: info.OpenIssues,
			}
			for _, kind := range info.ReferenceTypes {
				if t := d.referenceTypeByID(kind); t != nil {
					entry.ReferenceTypes = append(entry.ReferenceTypes, t)
				}
			}
			if entry.ObjectType != nil {
				out = append(out, entry)
			}
		}
	})
	writeJSON(w, http.StatusOK, out)
}

type wireTickets struct {
	Tickets         []wireTicket `json:"tickets"`
	AllTicketsQuery string       `json:"allTicketsQuery"`
}

type wireTicket struct {
	WorkspaceID string             `json:"workspaceId"`
	GlobalID    string             `json:"globalId"`
	Key         string             `json:"key"`
	ID          string             `json:"id"`
	Reporter    string             `json:"reporter"`
	Created     string             `json:"created"`
	Updated     string             `json:"updated"`
	Title       string             `json:"title"`
	Status      wireTicketStatus   `json:"status"`
	Type        wireTicketType     `json:"type"`
	Priority    wireTicketPriority `json:"priority"`
}

type wireTicketStatus struct {
	Name      string `json:"name"`
	ColorName string `json:"colorName"`
}

type wireTicketType struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	IconURL     string `json:"iconUrl"`
}

type wireTicketPriority struct {
	Name    string `json:"name"`
	IconURL string `json:"iconUrl"`
}

func (s *Site) listTickets(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r, "objectId", "object")
	if err != nil {
		writeError(w, err)
		return
	}
	issues, err := s.world.ConnectedIssues(id)
	if err != nil {
		writeError(w, err)
		return
	}
	x := s.wire(r)
	out := wireTickets{Tickets: []wireTicket{}, AllTicketsQuery: x.jira + "/issues/?jql=issue+in+assetsObject%28" + id.String() + "%29"}
	for _, issue := range issues {
		out.Tickets = append(out.Tickets, wireTicket{
			WorkspaceID: x.workspace, GlobalID: x.globalID(issue.ID), Key: issue.Key, ID: issue.ID.String(),
			Reporter: issue.Reporter, Created: world.FormatTime(issue.Created), Updated: world.FormatTime(issue.Updated),
			Title: issue.Summary, Status: wireTicketStatus{Name: issue.Status, ColorName: "blue-gray"},
			Type:     wireTicketType{Name: issue.Type, IconURL: x.jira + "/images/icons/issuetypes/task.png"},
			Priority: wireTicketPriority{Name: issue.Priority, IconURL: x.jira + "/images/icons/priorities/medium.png"},
		})
	}
	writeJSON(w, http.StatusOK, out)
}
