package sim_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
)

func picture(tb testing.TB) []byte {
	tb.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 48, 48))
	img.Set(1, 1, color.White)
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// form is a multipart body with one file, and the change of a request that sends it.
func form(tb testing.TB, part, filename string, content []byte, fields ...string) func(*http.Request) {
	tb.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for pair := range slices.Chunk(fields, 2) {
		if err := w.WriteField(pair[0], pair[1]); err != nil {
			tb.Fatal(err)
		}
	}
	f, err := w.CreateFormFile(part, filename)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		tb.Fatal(err)
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	return func(q *http.Request) {
		q.Header.Set("Content-Type", w.FormDataContentType())
		q.Body, q.ContentLength = io.NopCloser(bytes.NewReader(b.Bytes())), int64(b.Len())
	}
}

func bearer(token string) func(*http.Request) {
	return func(q *http.Request) { q.Header.Set("Authorization", "Bearer "+token) }
}

func TestIconsAreUploadedThroughTheMediaService(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	token := text(t, r.call(200, "GET", "/icon/token-for-uploading-icon", "").document(), "mediaJwtToken")
	media := r.info.APIBaseURL + "/file/binary?collection=insight_" + r.info.WorkspaceID + "_icons&name=box.png&deletable=true"
	content := picture(t)
	sent := r.send(r.bare, "POST", media, string(content), bearer(token), func(q *http.Request) { q.Header.Set("Content-Type", "image/png") }).wants(201, "POST", media)
	file := text(t, sent.document(), "data", "id")
	icon := text(t, r.call(201, "POST", "/icon/create", `{"name":"Box","mediaFileUuid":"`+file+`","objectSchemaId":"`+o.schema+`"}`).document(), "id")
	if got := r.call(200, "GET", "/icon/"+icon+"/icon.png?size=48", ""); !bytes.Equal(got.body, content) || got.header.Get("Content-Type") != "image/png" {
		t.Errorf("the picture came back as %d bytes of %s", len(got.body), got.header.Get("Content-Type"))
	}
	if list := r.call(200, "GET", "/icon/objectschema/"+o.schema, "").list(); len(list) != 1 || list[0]["name"] != "Box" {
		t.Errorf("the icons of the schema are %v", list)
	}
	r.call(200, "PUT", "/objecttype/"+o.office, `{"iconId":"`+icon+`"}`)
	r.call(400, "DELETE", "/icon/"+icon, "")
	r.call(200, "PUT", "/objecttype/"+o.office, `{"iconId":"`+o.icon+`"}`)
	if got := r.call(200, "PUT", "/icon/"+icon, `{"name":"Crate"}`).document(); got["name"] != "Crate" {
		t.Errorf("renamed to %v", got)
	}
	r.call(200, "DELETE", "/icon/"+icon, "")
	r.call(404, "GET", "/icon/"+icon, "")

	second := r.call(201, "POST", "/icon", "x", form(t, "file", "door.png", content, "name", "Door")).document()
	if second["name"] != "Door" {
		t.Errorf("the form made %v", second)
	}
	r.call(400, "POST", "/icon/create", `{"name":"Box","mediaFileUuid":"nothing"}`)
	r.call(400, "POST", "/icon", "x", form(t, "file", "door.png", []byte("no picture")))
	r.wrong(406, "GET", "/icon/"+o.icon+"/icon.png", "", func(q *http.Request) { q.Header.Set("Accept", "application/json") })
}

func TestTheMediaServiceWantsItsOwnTokens(t *testing.T) {
	t.Parallel()
	r := newRig(t, twoSites)
	other := r.sim.Site("globex").Info("http://sim.test")
	token := text(t, r.call(200, "GET", "/icon/token-for-uploading-icon", "").document(), "mediaJwtToken")
	media := r.info.APIBaseURL + "/file/binary?name=a"
	for name, change := range map[string]func(*http.Request){
		"the API token":    func(*http.Request) {},
		"nothing":          func(q *http.Request) { q.Header.Del("Authorization") },
		"a forged token":   bearer(token + "x"),
		"half of a token":  bearer(token[:len(token)/2]),
		"a token of words": bearer("a.b.c"),
	} {
		if got := r.send(r.bare, "POST", media, "x", change); got.status != 401 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	file := text(t, r.send(r.bare, "POST", media, "bytes", bearer(token)).wants(201, "POST", media).document(), "data", "id")
	read := r.info.APIBaseURL + "/file/" + file + "/binary"
	if got := r.send(r.bare, "GET", read, "", bearer(token)).wants(200, "GET", read); string(got.body) != "bytes" {
		t.Errorf("read %q", got.body)
	}
	globex := r.send(r.bare, "GET", other.APIBaseURL+"/jsm/assets/workspace/"+other.WorkspaceID+"/v1/icon/token-for-uploading-icon", "",
		func(q *http.Request) { q.SetBasicAuth(other.Email, other.Token) })
	if got := r.send(r.bare, "GET", read, "", bearer(text(t, globex.document(), "mediaJwtToken"))); got.status != 404 {
		t.Errorf("another site's token reads with %d", got.status)
	}
}

func TestAttachmentsGoThroughTheMediaService(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	path := "/attachments/object/" + o.sydney
	credentials := r.call(200, "GET", path+"/credentials", "").document()
	token, media := text(t, credentials, "mediaJwtToken"), text(t, credentials, "mediaBaseUrl")
	url := media + "/file?name=plan.txt"
	sent := r.send(r.bare, "POST", url, "x", form(t, "file", "other.txt", []byte("the plan")), bearer(token)).wants(201, "POST", url)
	file := text(t, sent.document(), "data", "id")
	made := r.call(201, "POST", path, `{"attachments":[{"contentType":"text/plain","filename":"plan.txt","mediaId":"`+file+`","size":8,"comment":"look"}]}`).list()
	if len(made) != 1 || made[0]["filename"] != "plan.txt" || made[0]["filesize"] != "8 B" || made[0]["comment"] != "look" {
		t.Fatalf("made %v", made)
	}
	id := text(t, made[0], "id")
	if got := r.call(200, "GET", "/attachments/"+id, ""); string(got.body) != "the plan" || got.header.Get("Content-Type") != "text/plain" {
		t.Errorf("downloaded %q of %s", got.body, got.header.Get("Content-Type"))
	}
	if at := text(t, made[0], "url"); at != r.base+"/attachments/"+id {
		t.Errorf("it is said to be at %s", at)
	}
	r.call(201, "POST", path, "x", form(t, "file", "form.bin", bytes.Repeat([]byte{1}, 20000), "comment", "by form"))
	list := r.call(200, "GET", path, "").list()
	if len(list) != 2 || list[1]["filesize"] != "19.5 kB" {
		t.Errorf("listed %v", list)
	}
	read := r.call(200, "GET", "/object/"+o.sydney, "").document()
	if read["extendedInfo"].(map[string]any)["attachmentsExists"] != true {
		t.Errorf("extended info %v", read["extendedInfo"])
	}
	r.call(200, "DELETE", "/attachments/"+id, "")
	r.call(404, "GET", "/attachments/"+id, "")
	r.call(400, "POST", path, `{"attachments":[]}`)
	r.call(400, "POST", path, `{"attachments":[{"mediaId":"nothing"}]}`)
	r.call(404, "GET", "/attachments/object/999", "")
	r.call(404, "GET", "/attachments/object/999/credentials", "")
}

func TestAvatarsAreUploadedAndWornByObjects(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	content := picture(t)
	uuid := text(t, r.call(201, "POST", "/avatar/upload", "x",
		form(t, "rlabs-insight-object-avatar", "face.png", content, "avatarUUID", "made-up")).document(), "avatarUUID")
	if uuid == "made-up" {
		t.Error("the server kept the caller's UUID")
	}
	body := `{"objectTypeId":"` + o.city + `","attributes":[],"hasAvatar":true,"avatarUUID":"` + uuid + `"}`
	worn := r.call(200, "PUT", "/object/"+o.sydney, body).document()
	avatar := worn["avatar"].(map[string]any)
	if worn["hasAvatar"] != true || avatar["avatarUUID"] != uuid {
		t.Errorf("worn %v", avatar)
	}
	url := text(t, avatar, "mediaClientConfig", "mediaBaseUrl") + "/file/" + text(t, avatar, "mediaClientConfig", "fileId") + "/binary"
	got := r.send(r.bare, "GET", url, "", bearer(text(t, avatar, "mediaClientConfig", "mediaJwtToken"))).wants(200, "GET", url)
	if !bytes.Equal(got.body, content) {
		t.Error("the media service has another picture")
	}
	reading := text(t, avatar, "mediaClientConfig", "mediaJwtToken")
	if got := r.send(r.bare, "POST", r.info.APIBaseURL+"/file", "x", bearer(reading)); got.status != 403 {
		t.Errorf("a token for reading writes with %d", got.status)
	}
	if got := r.call(200, "GET", "/object/"+o.sydney+"/avatar.png?size=48", ""); !bytes.Equal(got.body, content) {
		t.Error("the avatar is another picture")
	}
	bare := r.call(200, "PUT", "/object/"+o.sydney, `{"objectTypeId":"`+o.city+`","attributes":[],"hasAvatar":false,"avatarUUID":""}`).document()
	if bare["hasAvatar"] != false || !strings.Contains(text(t, bare, "avatar", "url48"), "/icon/") {
		t.Errorf("without avatar %v", bare["avatar"])
	}
	r.call(404, "GET", "/object/"+o.sydney+"/avatar.png", "")
	r.call(400, "PUT", "/object/"+o.sydney, `{"objectTypeId":"`+o.city+`","attributes":[],"hasAvatar":true,"avatarUUID":"nothing"}`)
}

func TestCommentsAreWrittenByTheCaller(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	made := r.call(201, "POST", "/comment/create", `{"role":0,"objectId":"`+o.sydney+`","comment":"one <b>\ntwo"}`).document()
	if text(t, made, "actor", "displayName") != "Administrator of acme" || made["commentOutput"] != "<p>one &lt;b&gt;<br/>two</p>" {
		t.Errorf("made %v", made)
	}
	r.call(201, "POST", "/comment/create", `{"role":0,"objectId":`+o.sydney+`,"comment":"later"}`)
	list := r.call(200, "GET", "/comment/object/"+o.sydney+"?asc=false", "").list()
	if len(list) != 2 || list[0]["comment"] != "later" {
		t.Errorf("listed %v", list)
	}
	r.call(404, "GET", "/comment/object/999", "")
	r.call(400, "POST", "/comment/create", `{"role":0,"objectId":"`+o.sydney+`","comment":""}`)
}

func TestRolesSayWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.site.World().PutGroup(world.Group{Name: "it-team"})
	o := r.office()
	links := r.call(200, "GET", "/config/role/objectschema/"+o.schema, "").document()
	if byType := r.call(200, "GET", "/config/role/objecttype/"+o.office, "").document(); len(links) != 3 || byType["Object Schema Users"] != links["Object Schema Users"] {
		t.Fatalf("roles %v and %v", links, byType)
	}
	link := text(t, links, "Object Schema Managers")
	if !strings.Contains(link, "/jsm/insight/") {
		t.Errorf("the link is %s", link)
	}
	id := link[strings.LastIndexByte(link, '/')+1:]
	body := `{"id":` + id + `,"categorisedActors":{"atlassian-group-role-actor":["it-team"],"atlassian-user-role-actor":["` + r.site.Credential().AccountID + `"]}}`
	r.call(200, "PUT", "/config/role/"+id, body)
	actors := r.send(r.client, "GET", link, "").wants(200, "GET", link).document()["actors"].([]any)
	if len(actors) != 2 || actors[0].(map[string]any)["displayName"] != "Administrator of acme" {
		t.Errorf("actors %v", actors)
	}
	r.call(400, "PUT", "/config/role/"+id, `{"categorisedActors":{"ghosts":["x"]}}`)
	r.call(404, "GET", "/config/role/999", "")
}

func TestReferenceTypesAndPropertiesAndLabels(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o := r.office()
	id := text(t, r.call(201, "POST", "/config/referencetype", `{"name":"Sits in","color":"42526E","objectSchemaId":"`+o.schema+`"}`).document(), "id")
	if got := r.call(200, "PUT", "/config/referencetype/"+id, `{"name":"Is in"}`).document(); got["name"] != "Is in" || got["color"] != "42526E" {
		t.Errorf("changed to %v", got)
	}
	r.call(200, "GET", "/config/referencetype/"+id, "")
	r.call(200, "DELETE", "/config/referencetype/"+id, "")
	r.call(400, "DELETE", "/config/referencetype/"+o.reference, "")
	r.call(200, "POST", "/global/config/objectschema/"+o.schema+"/property", `{"allowOtherObjectSchema":true}`)
	property := r.call(200, "GET", "/global/config/objectschema/"+o.schema+"/property", "").document()
	if property["allowOtherObjectSchema"] != true || property["createObjectsCustomField"] != false {
		t.Errorf("property %v", property)
	}
	code := text(t, r.call(201, "POST", "/objecttypeattribute/"+o.city, `{"name":"Code","type":0,"defaultTypeId":0}`).document(), "id")
	if got := r.call(200, "PUT", "/objecttypeattribute/"+code+"/configure", `{"label":true}`).document(); got["label"] != true {
		t.Errorf("configured %v", got)
	}
	name := named(t, r.call(200, "GET", "/objecttype/"+o.city+"/attributes", "").list(), "Name")
	if name["label"] != false {
		t.Errorf("two labels: %v", name)
	}
}

func TestEveryUndocumentedFeatureCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	r := newRig(t, func(o *sim.Options) { o.Sites[0].Without = sim.Undocumented() })
	o := r.office()
	described := slices.Concat(r.spec.Operations(), r.spec.Deprecated())
	n := 0
	for _, label := range r.site.Operations() {
		method, path, _ := strings.Cut(label, " ")
		if slices.Contains(described, label) || strings.HasPrefix(path, "/rest/") || strings.HasPrefix(path, "/_edge/") ||
			strings.HasPrefix(path, "/file") || strings.HasPrefix(path, "/secure/") {
			continue
		}
		n++
		path = strings.NewReplacer("{id}", o.sydney, "{objectTypeId}", o.city).Replace(path)
		got := r.send(r.bare, method, r.base+path, "")
		if got.status != 404 || got.header.Get("Content-Type") != "application/xml;charset=UTF-8" {
			t.Errorf("%s answers %d %s", label, got.status, got.header.Get("Content-Type"))
		}
	}
	if n < 20 {
		t.Errorf("only %d undocumented routes were tried", n)
	}
	r.call(200, "GET", "/icon/"+o.icon, "")
}
