package sim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"stowage/atlassian/sim/aql"
	"stowage/atlassian/sim/world"
)

func (s *Site) searchRoutes(rt *assetsRouter) {
	rt.HandleFunc("POST /object/aql", s.searchObjects)
	rt.HandleFunc("POST /object/aql/totalcount", s.countObjects)
	// Announced as removed long ago and still there.
	rt.HandleFunc("GET /aql/objects", s.searchByAQL)
	rt.HandleFunc("GET /iql/objects", s.searchByIQL)
	rt.HandleFunc("POST /object/navlist/aql", s.navigate)
	rt.HandleFunc("POST /object/navlist/iql", s.navigate)
}

// queryIn is the body of a search. Paging is read from the query string alone:
// copies of it in the body are ignored.
type queryIn struct {
	QLQuery *looseString `json:"qlQuery"`
}

func readQuery(r *http.Request) (string, error) {
	var in queryIn
	if err := readJSON(r, &in); err != nil {
		return "", err
	}
	if in.QLQuery == nil {
		return "", &world.Error{Status: http.StatusBadRequest, Fields: map[string]string{"qlQuery": "The query needs to be set."}}
	}
	return string(*in.QLQuery), nil
}

func (s *Site) searchObjects(w http.ResponseWriter, r *http.Request) {
	query, err := readQuery(r)
	if err != nil {
		writeError(w, err)
		return
	}
	startAt, err := queryInt(r, "startAt", 0)
	if err != nil {
		writeError(w, err)
		return
	}
	maxResults, err := queryInt(r, "maxResults", 25)
	if err != nil {
		writeError(w, err)
		return
	}
	if startAt < 0 || maxResults <= 0 {
		writeMessage(w, http.StatusBadRequest, "startAt must not be negative and maxResults must be positive.")
		return
	}
	maxResults = min(maxResults, s.opts.MaxPage)
	found, err := s.world.Search(r.Context(), accountOf(r), query, aql.Page{Start: startAt, Limit: maxResults, CountTo: s.countTo()})
	if err != nil {
		writeError(w, err)
		return
	}
	last := !found.More
	b := make([]byte, 0, s.pageSize(len(found.IDs)))
	b = append(b, `{"startAt":`...)
	b = strconv.AppendInt(b, int64(startAt), 10)
	b = append(b, `,"maxResults":`...)
	b = strconv.AppendInt(b, int64(maxResults), 10)
	b = append(b, `,"total":`...)
	b = strconv.AppendInt(b, int64(min(found.Total, s.countTo())), 10)
	b = append(b, `,"isLast":`...)
	if s.opts.IsLastAsString {
		b = strconv.AppendQuote(b, strconv.FormatBool(last))
	} else {
		b = strconv.AppendBool(b, last)
	}
	b = append(b, `,"last":`...)
	b = strconv.AppendBool(b, last)
	b = append(b, `,"hasMoreResults":`...)
	b = strconv.AppendBool(b, !last)
	b = append(b, `,"values":`...)
	b, definitions := s.appendObjects(b, r, found.IDs, queryBool(r, "includeAttributes", true))
	b = append(b, `,"objectTypeAttributes":`...)
	b = append(b, definitions...)
	b = append(b, '}')
	if len(found.IDs) > 0 {
		s.bytesPerObject.Store(int64(len(b) / len(found.IDs)))
	}
	writeRaw(w, http.StatusOK, jsonContentType, b)
}

// pageSize guesses how many bytes a page will have by the one before, so that
// megabytes need not be copied as it grows.
func (s *Site) pageSize(objects int) int {
	each := int(s.bytesPerObject.Load())
	return 8192 + objects*(each+each/16)
}

// appendObjects appends the objects of a page, and returns the definitions of
// the attributes of the types that are present on it.
func (s *Site) appendObjects(b []byte, r *http.Request, ids []world.ID, attributes bool) (page, definitions []byte) {
	s.world.View(func(v *world.View) {
		o := newObjectWriter(s.wire(r), v)
		var types []world.ID
		b = append(b, '[')
		first := true
		for _, id := range ids {
			obj, ok := v.SearchObject(id)
			if !ok {
				continue // deleted since the search
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			if !slices.Contains(types, obj.TypeID()) {
				types = append(types, obj.TypeID())
			}
			b = o.object(b, obj, objectParts{attributes: attributes})
		}
		b = append(b, ']')
		definitions = o.objectTypeAttributes(nil, types)
	})
	return b, definitions
}

// countTo is where totals stop counting.
func (s *Site) countTo() int {
	if s.opts.TotalCap < 0 {
		return aql.Everything
	}
	return s.opts.TotalCap
}

func (s *Site) countObjects(w http.ResponseWriter, r *http.Request) {
	query, err := readQuery(r)
	if err != nil {
		writeError(w, err)
		return
	}
	found, err := s.world.Search(r.Context(), accountOf(r), query, aql.Page{CountTo: aql.Everything})
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"totalCount": found.Total})
}

func (s *Site) searchByAQL(w http.ResponseWriter, r *http.Request) {
	s.searchByPage(w, r, r.URL.Query().Get("qlQuery"))
}

func (s *Site) searchByIQL(w http.ResponseWriter, r *http.Request) {
	s.searchByPage(w, r, r.URL.Query().Get("iql"))
}

// searchByPage reads resultPerPage; resultsPerPage is silently ignored, which is
// where the legend of a cap of 25 comes from.
func (s *Site) searchByPage(w http.ResponseWriter, r *http.Request, query string) {
	page, err := queryInt(r, "page", 1)
	if err != nil {
		writeError(w, err)
		return
	}
	size, err := queryInt(r, "resultPerPage", 25)
	if err != nil {
		writeError(w, err)
		return
	}
	s.answerList(w, r, listRequest{
		query: query, page: page, size: size, attributes: queryBool(r, "includeAttributes", true),
		definitions: queryBool(r, "includeTypeAttributes", false),
	})
}

func (s *Site) navigate(w http.ResponseWriter, r *http.Request) {
	var in struct {
		QLQuery           looseString `json:"qlQuery"`
		IQL               looseString `json:"iql"`
		ObjectTypeID      looseString `json:"objectTypeId"`
		ObjectSchemaID    looseString `json:"objectSchemaId"`
		OrderBy           looseString `json:"orderByTypeAttrId"`
		Ascending         *looseInt   `json:"asc"`
		Page              *looseInt   `json:"page"`
		ResultsPerPage    *looseInt   `json:"resultsPerPage"`
		IncludeAttributes *looseBool  `json:"includeAttributes"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	query := string(in.QLQuery)
	if query == "" {
		query = string(in.IQL)
	}
	request := listRequest{query: query, page: 1, size: 25, attributes: in.IncludeAttributes == nil || bool(*in.IncludeAttributes), definitions: true}
	if in.Page != nil {
		request.page = int(*in.Page)
	}
	if in.ResultsPerPage != nil {
		request.size = int(*in.ResultsPerPage)
	}
	for _, narrow := range []struct {
		keyword string
		id      looseString
	}{{"objectTypeId", in.ObjectTypeID}, {"objectSchemaId", in.ObjectSchemaID}} {
		if narrow.id == "" {
			continue
		}
		id, ok := world.ParseID(string(narrow.id))
		if !ok {
			writeError(w, badRequest("The member %s must be an id.", narrow.keyword))
			return
		}
		request.within = append(request.within, narrow.keyword+" = "+id.String())
	}
	// An attribute that does not exist orders nothing, as in the old service.
	if id, ok := world.ParseID(string(in.OrderBy)); ok {
		if by, err := s.world.Attribute(id); err == nil {
			request.order = `ORDER BY "` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(by.Name) + `"`
			if in.Ascending != nil && *in.Ascending != 1 {
				request.order += " DESC"
			}
		}
	}
	s.answerList(w, r, request)
}

// listRequest is a search of the older kind, page by page.
type listRequest struct {
	query       string
	within      []string // conditions on top of the query
	order       string   // how to order what the query does not order itself
	page, size  int
	attributes  bool
	definitions bool
}

// aql is the query with the conditions on top, before its ORDER BY.
func (l *listRequest) aql() string {
	query, order := l.query, l.order
	if i := strings.LastIndex(strings.ToLower(query), "order by"); i >= 0 {
		query, order = query[:i], query[i:]
	}
	conditions := slices.Clone(l.within)
	if strings.TrimSpace(query) != "" {
		conditions = append(conditions, "("+strings.TrimSpace(query)+")")
	}
	return strings.TrimSpace(strings.Join(conditions, " AND ") + " " + order)
}

func (s *Site) answerList(w http.ResponseWriter, r *http.Request, l listRequest) {
	if l.page < 1 || l.size < 1 {
		writeMessage(w, http.StatusBadRequest, "The page and its size count from 1.")
		return
	}
	size := min(l.size, s.opts.MaxPage)
	start := (l.page - 1) * size
	query := l.query
	if len(l.within) > 0 || l.order != "" {
		query = l.aql()
	}
	found, err := s.world.Search(r.Context(), accountOf(r), query, aql.Page{Start: start, Limit: size, CountTo: s.countTo()})
	if err != nil {
		writeError(w, err)
		return
	}
	total := min(found.Total, s.countTo())
	b := append([]byte(nil), `{"objectEntries":`...)
	b, definitions := s.appendObjects(b, r, found.IDs, l.attributes)
	b = append(b, `,"objectTypeAttributes":`...)
	if l.definitions {
		b = append(b, definitions...)
	} else {
		b = append(b, "[]"...)
	}
	for _, member := range []struct {
		name  string
		value int
	}{
		{"totalFilterCount", total},
		{"startIndex", start + 1},
		{"toIndex", start + len(found.IDs)},
		{"pageObjectSize", size},
		{"pageNumber", l.page},
		{"pageSize", (total + size - 1) / size}, // how many pages there are
	} {
		b = append(b, `,"`+member.name+`":`...)
		b = strconv.AppendInt(b, int64(member.value), 10)
	}
	b = appendMember(b, "qlQuery", l.query)
	b = appendMember(b, "iql", l.query)
	b = append(b, `,"qlQuerySearchResult":true,"iqlSearchResult":true,"conversionPossible":false}`...)
	writeRaw(w, http.StatusOK, jsonContentType, b)
}
