package sim_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/openapitest"
)

// rig is a simulator with one site, and a client whose every exchange is held
// against the published description.
type rig struct {
	tb     testing.TB
	sim    *sim.Sim
	site   *sim.Site
	info   sim.Info
	base   string // the workspace's API
	spec   *openapitest.Spec
	client *http.Client // validated
	bare   *http.Client // not validated, for requests that are wrong on purpose
}

func newRig(tb testing.TB, change ...func(*sim.Options)) *rig {
	tb.Helper()
	opts := sim.Options{Sites: []sim.SiteOptions{{Name: "acme"}}}
	for _, c := range change {
		c(&opts)
	}
	s, err := sim.New(opts)
	if err != nil {
		tb.Fatal(err)
	}
	spec := openapitest.Load(tb)
	r := &rig{tb: tb, sim: s, site: s.Sites()[0], spec: spec}
	r.info = r.site.Info("http://sim.test")
	r.base = r.info.APIBaseURL + "/jsm/assets/workspace/" + r.info.WorkspaceID + "/v1"
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r.bare = &http.Client{Transport: sim.Transport(s), CheckRedirect: stay}
	r.client = &http.Client{Transport: spec.Transport(tb, sim.Transport(s)), CheckRedirect: stay}
	return r
}

// on is the rig of a subtest, which must fail by itself.
func (r *rig) on(tb testing.TB) *rig {
	tb.Helper()
	own := *r
	own.tb = tb
	return &own
}

// answer is what came back.
type answer struct {
	tb     testing.TB
	status int
	header http.Header
	body   []byte
}

func (r *rig) send(client *http.Client, method, url, body string, change ...func(*http.Request)) answer {
	r.tb.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(r.tb.Context(), method, url, reader)
	if err != nil {
		r.tb.Fatal(err)
	}
	request.SetBasicAuth(r.info.Email, r.info.Token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(request)
	}
	response, err := client.Do(request)
	if err != nil {
		r.tb.Fatalf("%s %s: %v", method, url, err)
	}
	received, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		r.tb.Fatalf("%s %s: %v", method, url, err)
	}
	return answer{tb: r.tb, status: response.StatusCode, header: response.Header, body: received}
}

// call sends a request to the workspace's API and wants a status.
func (r *rig) call(want int, method, path, body string, change ...func(*http.Request)) answer {
	r.tb.Helper()
	return r.send(r.client, method, r.base+path, body, change...).wants(want, method, path)
}

// wrong does the same without holding the exchange against the description.
func (r *rig) wrong(want int, method, path, body string, change ...func(*http.Request)) answer {
	r.tb.Helper()
	return r.send(r.bare, method, r.base+path, body, change...).wants(want, method, path)
}

func (a answer) wants(status int, method, path string) answer {
	a.tb.Helper()
	if a.status != status {
		a.tb.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.body)
	}
	return a
}

// document decodes the body.
func (a answer) document() map[string]any {
	a.tb.Helper()
	return decode[map[string]any](a)
}

func (a answer) list() []map[string]any {
	a.tb.Helper()
	return decode[[]map[string]any](a)
}

func decode[T any](a answer) T {
	a.tb.Helper()
	var out T
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.UseNumber()
	if err := d.Decode(&out); err != nil {
		a.tb.Fatalf("decode %s: %v", a.body, err)
	}
	return out
}

// text is a member of a document that is a string.
func text(tb testing.TB, document map[string]any, path ...string) string {
	tb.Helper()
	var at any = document
	for _, name := range path {
		m, ok := at.(map[string]any)
		if !ok {
			tb.Fatalf("no member %s in %v", strings.Join(path, "."), document)
		}
		at = m[name]
	}
	s, ok := at.(string)
	if !ok {
		tb.Fatalf("member %s is %v, not a string", strings.Join(path, "."), at)
	}
	return s
}

// named finds the document of a list by its name.
func named(tb testing.TB, list []map[string]any, name string) map[string]any {
	tb.Helper()
	for _, document := range list {
		if document["name"] == name {
			return document
		}
	}
	tb.Fatalf("nothing named %q in %v", name, list)
	return nil
}

// office is a small schema: cities, and offices in them.
type office struct {
	schema, city, office             string // ids
	cityName, officeName, officeCity string // attribute ids
	sydney                           string // an object id
	icon, reference                  string
}

func (r *rig) office() office {
	r.tb.Helper()
	var o office
	o.icon = text(r.tb, r.call(200, "GET", "/icon/global", "").list()[0], "id")
	o.reference = text(r.tb, named(r.tb, r.call(200, "GET", "/config/referencetype", "").list(), "Reference"), "id")
	o.schema = text(r.tb, r.call(201, "POST", "/objectschema/create", `{"name":"ITSM","objectSchemaKey":"ITSM","description":"Things"}`).document(), "id")
	o.city = text(r.tb, r.call(201, "POST", "/objecttype/create", `{"name":"City","iconId":"`+o.icon+`","objectSchemaId":"`+o.schema+`"}`).document(), "id")
	o.office = text(r.tb, r.call(201, "POST", "/objecttype/create", `{"name":"Office","description":"Where we sit","iconId":"`+o.icon+`","objectSchemaId":"`+o.schema+`"}`).document(), "id")
	o.cityName = text(r.tb, named(r.tb, r.call(200, "GET", "/objecttype/"+o.city+"/attributes", "").list(), "Name"), "id")
	o.officeName = text(r.tb, named(r.tb, r.call(200, "GET", "/objecttype/"+o.office+"/attributes", "").list(), "Name"), "id")
	o.officeCity = text(r.tb, r.call(201, "POST", "/objecttypeattribute/"+o.office,
		`{"name":"City","type":1,"typeValue":"`+o.city+`","additionalValue":"`+o.reference+`"}`).document(), "id")
	o.sydney = text(r.tb, r.call(201, "POST", "/object/create", object(o.city, o.cityName, "Sydney")).document(), "id")
	return o
}

// object is the body of a create: a type, and pairs of attribute and value.
func object(objectType string, pairs ...string) string {
	var b strings.Builder
	b.WriteString(`{"objectTypeId":"` + objectType + `","attributes":[`)
	for pair := range slices.Chunk(pairs, 2) {
		if b.String()[b.Len()-1] != '[' {
			b.WriteByte(',')
		}
		value, err := json.Marshal(pair[1])
		if err != nil {
			panic(err)
		}
		b.WriteString(`{"objectTypeAttributeId":"` + pair[0] + `","objectAttributeValues":[{"value":` + string(value) + `}]}`)
	}
	b.WriteString("]}")
	return b.String()
}

func jsonBody(body string) io.Reader { return strings.NewReader(body) }
