package service

import (
	"bufio"
	"bytes"
	"context"
	"database/sql" //nolint:depguard // The test looks at the database from outside.
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stowage/atlassian/sim"
	"stowage/atlassian/sim/world"
	"stowage/test/rig"
)

// The secrets that are planted, none of which may be found anywhere.
const (
	tokenCanary    = "canary-token-of-the-connection-4711"
	wrongCanary    = "canary-token-that-is-wrong-4712"
	targetCanary   = "canary-token-of-a-target-4713"
	addressCanary  = "canary-password-in-an-address-4714"
	databaseCanary = "canary-password-of-the-database-4715"
	redisCanary    = "canary-password-of-redis-4716"
	webhookCanary  = "canary-secret-of-the-licence-webhook-4717"
	labelCanary    = "canary-label-of-an-object-4718"
	// plain is no secret: finding it shows that the search can find.
	plain = "a description that is no secret 4719"
)

// heard keeps what goes through a client of HTTP.
type heard struct {
	next http.RoundTripper

	mu   sync.Mutex
	text bytes.Buffer
}

// keep adds to what was heard.
func (h *heard) keep(parts ...[]byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, part := range parts {
		h.text.Write(part)
		h.text.WriteByte('\n')
	}
}

func (h *heard) all() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return bytes.Clone(h.text.Bytes())
}

// answers keeps the answers that a client gets.
type answers struct{ heard }

// RoundTrip implements http.RoundTripper.
func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := a.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	a.keep([]byte(r.Method+" "+r.URL.Path), fmt.Append(nil, res.Header), body)
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// installs keeps the shared secrets that sites give to apps.
type installs struct {
	next http.RoundTripper

	mu      sync.Mutex
	secrets []string
}

// RoundTrip implements http.RoundTripper.
func (i *installs) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		var said struct{ SharedSecret string }
		if err := json.Unmarshal(body, &said); err == nil && said.SharedSecret != "" {
			i.mu.Lock()
			i.secrets = append(i.secrets, said.SharedSecret)
			i.mu.Unlock()
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return i.next.RoundTrip(r)
}

// redisConn speaks to a Redis.
type redisConn struct {
	net.Conn

	in *bufio.Reader
}

// dialRedis opens a connection and sends commands.
func dialRedis(ctx context.Context, t *testing.T, addr string, commands ...string) *redisConn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	c := &redisConn{Conn: conn, in: bufio.NewReader(conn)}
	t.Cleanup(func() { _ = conn.Close() })
	for _, command := range commands {
		c.send(t, command)
	}
	return c
}

// send sends a command and returns the lines of its answer, of which there is one, or those of a list of texts.
func (c *redisConn) send(t *testing.T, command string) (lines []string) {
	t.Helper()
	if _, err := io.WriteString(c, command+"\r\n"); err != nil {
		t.Fatal(err)
	}
	line := c.line(t)
	if strings.HasPrefix(line, "-") {
		t.Fatalf("Redis answers %s", line)
	}
	if !strings.HasPrefix(line, "*") {
		return []string{line}
	}
	n, err := strconv.Atoi(line[1:])
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		c.line(t) // the length
		lines = append(lines, c.line(t))
	}
	return lines
}

func (c *redisConn) line(t *testing.T) string {
	t.Helper()
	line, err := c.in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// eavesdrop protects the Redis of a bench with a password, keeps all that is said to it from now on, and returns what gets hold of that
// and of all it holds.
func (b *bench) eavesdrop(ctx context.Context, t *testing.T) (everything func() []byte) {
	t.Helper()
	addr := b.redis.Addr()
	control := dialRedis(ctx, t, addr, "CONFIG SET rdbcompression no", "CONFIG SET requirepass "+redisCanary, "AUTH "+redisCanary)
	dir := control.send(t, "CONFIG GET dir")[1]
	listener := dialRedis(ctx, t, addr, "AUTH "+redisCanary, "MONITOR")
	said, done := &heard{}, make(chan struct{})
	go func() {
		defer close(done)
		for {
			line, err := listener.in.ReadBytes('\n')
			if err != nil {
				return
			}
			said.keep(line)
		}
	}()
	b.o.Redis = "redis://:" + redisCanary + "@" + addr + "/0"
	return func() []byte {
		control.send(t, "SAVE")
		held, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
		<-done
		return append(said.all(), held...)
	}
}

// stored is everything that the database of a bench keeps: all columns of all rows, or the bytes of the files.
func (b *bench) stored(ctx context.Context, t *testing.T) []byte {
	t.Helper()
	var kept bytes.Buffer
	if b.o.Database == "" {
		files, err := filepath.Glob(filepath.Join(b.o.Data, "stowage.db*"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			kept.Write(text)
		}
		return kept.Bytes()
	}
	db, err := sql.Open("pgx", b.o.Database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // It has told what it was asked.
	texts := func(query string) (list []string) {
		rows, err := db.QueryContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close() //nolint:errcheck // Err tells.
		for rows.Next() {
			var text string
			if err := rows.Scan(&text); err != nil {
				t.Fatal(err)
			}
			list = append(list, text)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return list
	}
	tables := texts("SELECT quote_ident(table_name) FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'")
	if len(tables) < 10 {
		t.Fatalf("the tables are %v", tables)
	}
	for _, table := range tables {
		// Bytes come as hexadecimal digits.
		for _, row := range texts("SELECT r::text FROM " + table + " r") {
			fmt.Fprintln(&kept, table, row)
		}
	}
	return kept.Bytes()
}

// findings names the canaries that stand in a text in some form.
func findings(text []byte, canaries map[string]string) (found []string) {
	for name, canary := range canaries {
		for form, as := range map[string]string{
			"plain": canary, "hex": hex.EncodeToString([]byte(canary)), "query": url.QueryEscape(canary),
			"base64": base64.StdEncoding.EncodeToString([]byte(canary))[:len(canary)],
		} {
			if at := bytes.Index(text, []byte(as)); at >= 0 {
				around := text[max(0, at-160):min(len(text), at+len(as)+40)]
				found = append(found, fmt.Sprintf("%s (%s): %q", name, form, around))
				break
			}
		}
	}
	return found
}

// plantObject gives an object of the source schema a label that is a canary.
func (b *bench) plantObject(t *testing.T) {
	t.Helper()
	w := b.sites.World(rig.Source)
	var object world.ID
	var in world.ObjectInput
	w.View(func(v *world.View) {
		for _, typ := range v.TypeIDs(b.sites.Made.Schema) {
			for a := range v.Attributes(typ) {
				if !a.Label {
					continue
				}
				for _, id := range v.ObjectIDs(nil, typ) {
					object, in = id, world.ObjectInput{TypeID: typ, Attributes: []world.AttributeValues{{Attribute: a.ID, Values: []string{labelCanary}}}}
					return
				}
			}
		}
	})
	if object == 0 {
		t.Fatal("there is no object to plant a label on")
	}
	if _, err := w.UpdateObject(b.sites.Sim.Site(rig.Source).Credential().AccountID, object, in); err != nil {
		t.Fatal(err)
	}
}

// TestNoSecretIsFoundAnywhere plants secrets, does everything once, well and badly, and looks for them in all that is written: logs,
// answers, database, Redis, and the store of backups.
func TestNoSecretIsFoundAnywhere(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes() {
		t.Run(shape, func(t *testing.T) {
			t.Parallel()
			ctx := within(t, patience)
			told := &installs{next: http.DefaultTransport}
			b := newBenchWith(t, shape, rig.SitesOptions{Objects: 60, Seed: 1, Apps: &http.Client{Transport: told, Timeout: time.Minute}}, 0)
			b.plantObject(t)
			inRedis := func() []byte { return nil }
			if shape == servers {
				inRedis = b.eavesdrop(ctx, t)
				address, err := url.Parse(b.o.Database)
				if err != nil {
					t.Fatal(err)
				}
				address.User = url.UserPassword(address.User.Username(), databaseCanary)
				b.o.Database = address.String()
			}
			b.o.Env = []string{"STOWAGE_LICENCE_WEBHOOK_SECRET=" + webhookCanary}
			p := b.start(t, func(o *rig.ServiceOptions) { o.Args = []string{"--log-level", "debug"} })
			for site, token := range map[string]string{rig.Source: tokenCanary, rig.Other: targetCanary} {
				known := b.sites.Sim.Site(site).Credential()
				if err := b.sites.Sim.Site(site).AddCredential(sim.Credential{Email: known.Email, Token: token, AccountID: known.AccountID}); err != nil {
					t.Fatal(err)
				}
			}
			c, err := b.sites.Install(ctx, rig.Source, p.Base)
			if err != nil {
				t.Fatal(err)
			}
			answered := &answers{heard{next: c.HTTP.Transport}}
			c.HTTP.Transport = answered
			b.everyDeed(t, c, p)

			files := b.blobs(t)
			blobs := make([][]byte, 0, 2*len(files))
			for name, text := range files {
				blobs = append(blobs, []byte(name), text)
			}
			database := b.stored(ctx, t)
			canaries := map[string]string{
				"token": tokenCanary, "wrong token": wrongCanary, "token of a target": targetCanary, "password in an address": addressCanary,
				"password of the database": databaseCanary, "password of Redis": redisCanary, "secret of the webhook": webhookCanary,
			}
			for i, secret := range told.secrets {
				canaries["shared secret "+strconv.Itoa(i)] = secret
			}
			key, err := os.ReadFile(filepath.Join(b.o.Data, "key"))
			if err != nil {
				t.Fatal(err)
			}
			canaries["key"], canaries["operator's token"] = strings.TrimSpace(string(key)), b.o.Operator
			if len(told.secrets) == 0 || !bytes.Contains(database, []byte(plain)) || !bytes.Contains(answered.all(), []byte(plain)) ||
				!bytes.Contains(answered.all(), []byte(labelCanary)) || len(files) < 3 {
				t.Fatalf("the search finds nothing that is there: %d shared secrets, %d files", len(told.secrets), len(files))
			}
			redis := inRedis()
			if shape == servers && !bytes.Contains(redis, []byte("asynq")) {
				t.Fatal("nothing was heard of Redis")
			}
			for what, text := range map[string][]byte{"log": []byte(p.Log()), "answers": answered.all(), "database": database, "Redis": redis, "store": bytes.Join(blobs, nil)} {
				for _, found := range findings(text, canaries) {
					t.Errorf("found in the %s: %s", what, found)
				}
				if what == "answers" {
					continue // An administrator may see the objects of the site.
				}
				for _, found := range findings(text, map[string]string{"label": labelCanary}) {
					t.Errorf("found in the %s: %s", what, found)
				}
			}
		})
	}
}

// everyDeed sets up, backs up, plans, restores, and fails at each of it.
func (b *bench) everyDeed(t *testing.T, c *rig.Client, p *rig.Process) {
	t.Helper()
	ctx := within(t, patience)
	info, other := b.sites.Sim.Site(rig.Source).Info(b.sites.Base), b.sites.Sim.Site(rig.Other).Info(b.sites.Base)
	refused := func(method, path string, in map[string]any) {
		t.Helper()
		if err := c.Do(ctx, method, path, in, nil); !refusedWith(err, http.StatusUnprocessableEntity) {
			t.Errorf("%s %s: %v", method, path, err)
		}
	}
	connection := func(token string) map[string]any {
		return map[string]any{"email": info.Email, "token": token, "workspaceId": info.WorkspaceID}
	}
	target := func(address, token string) map[string]any {
		return map[string]any{"name": "Other", "url": address, "email": other.Email, "token": token, "workspaceId": other.WorkspaceID}
	}
	refused(http.MethodPut, "/connection", connection(wrongCanary))
	refused(http.MethodPost, "/connection/check", connection(wrongCanary))
	post[map[string]any](ctx, t, c, "/connection/check", connection(tokenCanary))
	if err := c.Do(ctx, http.MethodPut, "/connection", connection(tokenCanary), nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Do(ctx, http.MethodPut, "/connection/storage", map[string]any{"kind": "builtin"}, nil); err != nil {
		t.Fatal(err)
	}
	finish(ctx, t, c, p, post[rig.Run](ctx, t, c, "/sync", nil).ID)
	refused(http.MethodPost, "/targets", target(other.BaseURL, wrongCanary))
	refused(http.MethodPost, "/targets", target("mongodb://user:"+addressCanary+"@db.example/x", targetCanary))
	refused(http.MethodPost, "/targets", target(strings.Replace(other.BaseURL, "http://", "http://user:"+addressCanary+"@", 1), targetCanary))
	refused(http.MethodPost, "/targets/check", target("https://user:"+addressCanary+"@10.0.0.1/", targetCanary))
	refused(http.MethodPost, "/targets", map[string]any{"name": targetCanary, "token": map[string]any{"is": targetCanary}})
	targetID := post[struct{ ID string }](ctx, t, c, "/targets", target(other.BaseURL, targetCanary)).ID

	schema, err := c.Schema(ctx, "ITSM")
	if err != nil {
		t.Fatal(err)
	}
	made := post[struct {
		BackupID string
		Run      rig.Run
	}](ctx, t, c, "/schemas/"+schema+"/backups", map[string]any{"description": plain})
	finish(ctx, t, c, p, made.Run.ID)
	here := begin(t, c, plan(t, c, made.BackupID))
	finish(ctx, t, c, p, here.ID)
	moved, err := c.Plan(ctx, made.BackupID, targetID, "Moved", "MOVED")
	if err != nil {
		t.Fatal(err)
	}
	there, restore, err := c.Restore(ctx, moved)
	if err != nil {
		t.Fatal(err)
	}
	if at := watch(ctx, t, c, p, there.ID, rig.Run.Ended); at.State == "failed" {
		t.Errorf("the migration failed: %s", at.Message)
	}

	// The site is down, then it does not know the token any more, then it refuses with words that quote what it was sent.
	_, lift := b.front.refuse(searchesOn(rig.Source), http.StatusServiceUnavailable)
	down := start(ctx, t, c, "ITSM")
	waitsWith(ctx, t, c, p, down.ID)
	post[rig.Run](ctx, t, c, "/runs/"+down.ID+"/stop", nil)
	lift()
	third := planAs(t, c, made.BackupID, "Third", "THIRD")
	lift = b.front.put(func(w http.ResponseWriter, r *http.Request) bool {
		if !creations()(r) {
			return false
		}
		sent, err := io.ReadAll(r.Body)
		if err != nil {
			return false
		}
		said, err := json.Marshal(map[string]any{"errorMessages": []string{string(sent), labelCanary}, "errors": map[string]string{}})
		if err != nil {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(said)
		return true
	})
	quoted := begin(t, c, third)
	watch(ctx, t, c, p, quoted.ID, rig.Run.Ended)
	lift()
	revoked := b.sites.Sim.Site(rig.Source)
	if !revoked.Revoke(tokenCanary) {
		t.Error("there was no token to revoke")
	}
	failed := start(ctx, t, c, "ITSM")
	if at := watch(ctx, t, c, p, failed.ID, rig.Run.Ended); at.State != "failed" {
		t.Errorf("the backup without a token is %s", at.State)
	}
	for _, path := range []string{
		"/session", "/connection", "/targets", "/targets/" + targetID, "/schemas", "/schemas/" + schema, "/schemas/" + schema + "/backups", "/backups/" + made.BackupID,
		"/plans/" + moved, "/restores", "/restores/" + restore, "/audit", "/licence", "/runs/" + here.ID, "/runs/" + there.ID + "/log", "/runs/" + failed.ID + "/log", "/runs/" + quoted.ID + "/log",
	} {
		get[map[string]any](ctx, t, c, path)
	}
	if _, err := c.Raw(ctx, http.MethodGet, "/restores/"+restore+"/log.json", nil); err != nil {
		t.Error(err)
	}
}

func TestServersThatCannotBeUsedAreNamedWithoutTheirPasswords(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"a database that is away":       {"STOWAGE_DATABASE_URL=postgres://somebody:" + databaseCanary + "@127.0.0.1:1/stowage"},
		"a database by words":           {"STOWAGE_DATABASE_URL=host=127.0.0.1 port=1 user=somebody password=" + databaseCanary},
		"a database of another kind":    {"STOWAGE_DATABASE_URL=mongodb://somebody:" + databaseCanary + "@127.0.0.1:1/stowage"},
		"an address that is none":       {"STOWAGE_DATABASE_URL=postgres://somebody:" + databaseCanary + "@[::1/%zz"},
		"a Redis of another kind":       {"STOWAGE_REDIS_URL=rabbit://:" + redisCanary + "@127.0.0.1:1/0"},
		"a Redis without a number":      {"STOWAGE_REDIS_URL=redis://:" + redisCanary + "@127.0.0.1:1/first"},
		"a Redis whose address is none": {"STOWAGE_REDIS_URL=redis://:" + redisCanary + "@[::1/%zz"},
		"a short secret of the webhook": {"STOWAGE_LICENCE_WEBHOOK_SECRET=canary-4717"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := command(t.Context(), t, env, "serve", "--data", t.TempDir(), "--base-url", "https://stowage.example", "--addr", "127.0.0.1:0")
			if sentence := got.sentence(t); got.code == 0 || strings.Contains(sentence, "canary") {
				t.Errorf("%d: %s", got.code, sentence)
			}
		})
	}
}
