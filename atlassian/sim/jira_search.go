package sim

import (
	"encoding/base64"
	"hash/fnv"
	"net/http"
	"strconv"
	"strings"

	"stowage/atlassian/sim/world"
)

func (s *Site) jiraSearchRoutes(rt *router, api string) {
	rt.HandleFunc("GET "+api+"/search/jql", s.searchIssues)
	rt.HandleFunc("POST "+api+"/search/jql", s.searchIssues)
	rt.HandleFunc("POST "+api+"/search/approximate-count", s.countIssues)
	rt.HandleFunc("GET "+api+"/search", searchIsGone)
	rt.HandleFunc("POST "+api+"/search", searchIsGone)
}

// searchIsGone answers the old search, which the service took away.
func searchIsGone(w http.ResponseWriter, _ *http.Request) {
	writeMessage(w, http.StatusGone, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
}

// Sizes of a page of issues: more when nothing but ids and keys is asked for.
const (
	maxIssuesWithFields = 100
	maxIssuesWithout    = 5000
)

type issueSearchIn struct {
	JQL        looseString `json:"jql"`
	Token      looseString `json:"nextPageToken"`
	MaxResults *looseInt   `json:"maxResults"`
	Fields     []string    `json:"fields"`
}

func readIssueSearch(r *http.Request) (issueSearchIn, error) {
	var in issueSearchIn
	if r.Method == http.MethodPost {
		return in, readJSON(r, &in)
	}
	params := r.URL.Query()
	in.JQL, in.Token, in.Fields = looseString(params.Get("jql")), looseString(params.Get("nextPageToken")), queryList(r, "fields")
	if params.Has("maxResults") {
		n, err := queryInt(r, "maxResults", 0)
		if err != nil {
			return in, err
		}
		in.MaxResults = new(looseInt(n))
	}
	return in, nil
}

func (s *Site) searchIssues(w http.ResponseWriter, r *http.Request) {
	in, err := readIssueSearch(r)
	if err != nil {
		writeError(w, err)
		return
	}
	size := 50
	if in.MaxResults != nil {
		size = int(*in.MaxResults)
	}
	if size <= 0 {
		writeMessage(w, http.StatusBadRequest, "maxResults must be positive.")
		return
	}
	bare := true
	for _, f := range in.Fields {
		bare = bare && (f == "id" || f == "key")
	}
	most := maxIssuesWithFields
	if bare {
		most = maxIssuesWithout
	}
	size = min(size, most)
	start, ok := pageStart(string(in.Token), string(in.JQL))
	if !ok {
		writeMessage(w, http.StatusBadRequest, "The provided next page token is invalid or was made for another query.")
		return
	}
	found, err := s.world.SearchIssues(r.Context(), accountOf(r), string(in.JQL))
	if err != nil {
		writeError(w, err)
		return
	}
	out := struct {
		Issues []wireIssue `json:"issues"`
		Next   string      `json:"nextPageToken,omitempty"`
		IsLast bool        `json:"isLast"`
	}{Issues: []wireIssue{}, IsLast: start+size >= len(found)}
	choice := chooseFields(in.Fields, "id")
	for _, i := range cut(found, start, size) {
		out.Issues = append(out.Issues, s.foundIssue(r, i, choice, in.Fields))
	}
	if !out.IsLast {
		out.Next = pageToken(start+size, string(in.JQL))
	}
	writeJSON(w, http.StatusOK, out)
}

// foundIssue shows an issue as a search does: its id alone unless fields are asked for.
func (s *Site) foundIssue(r *http.Request, i world.Issue, choice fieldChoice, fields []string) wireIssue {
	only := true
	for _, f := range fields {
		only = only && f == "id"
	}
	if only {
		return wireIssue{ID: i.ID.String()}
	}
	return s.jiraIssue(r, i, choice)
}

func (s *Site) countIssues(w http.ResponseWriter, r *http.Request) {
	var in struct {
		JQL looseString `json:"jql"`
	}
	if err := readJSON(r, &in); err != nil {
		writeError(w, err)
		return
	}
	found, err := s.world.SearchIssues(r.Context(), accountOf(r), string(in.JQL))
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]int{"count": len(found)})
}

// A page token holds where the next page starts and a hash of the query it is good for.

func pageToken(start int, query string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(start) + "." + queryHash(query)))
}

func pageStart(token, query string) (int, bool) {
	if token == "" {
		return 0, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return 0, false
	}
	start, hash, _ := strings.Cut(string(raw), ".")
	n, err := strconv.Atoi(start)
	return n, err == nil && n >= 0 && hash == queryHash(query)
}

func queryHash(query string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(query))
	return strconv.FormatUint(h.Sum64(), 36)
}
