package jobs

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"stowage/internal/redact"
	"stowage/jobs/jobstest"
)

func openRedis(t *testing.T, url redact.Secret) *Redis {
	t.Helper()
	r, err := OpenRedis(t.Context(), RedisOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func TestAnAddressIsTakenApart(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]redisAddress{
		"redis://localhost":                       {hosts: []string{"localhost:6379"}},
		"redis://localhost:6380/3":                {hosts: []string{"localhost:6380"}, db: 3},
		"redis://localhost?db=4":                  {hosts: []string{"localhost:6379"}, db: 4},
		"redis://:pa%2Fss@h":                      {hosts: []string{"h:6379"}, password: "pa/ss"},
		"redis://user:p@ss@[::1]:7000/1":          {hosts: []string{"[::1]:7000"}, user: "user", password: "p@ss", db: 1},
		"redis://[::1]":                           {hosts: []string{"[::1]:6379"}},
		"rediss://u:p@h:1/0":                      {tls: true, hosts: []string{"h:1"}, user: "u", password: "p"},
		"redis+sentinel://h1,h2:1/main":           {hosts: []string{"h1:26379", "h2:1"}, master: "main"},
		"redis+sentinel://:p@h1:2,h2:1/main?db=2": {hosts: []string{"h1:2", "h2:1"}, master: "main", password: "p", db: 2},
		"rediss+sentinel://h/m?sentinel_password=s&sentinel_username=u": {
			tls: true, hosts: []string{"h:26379"}, master: "m", sentinelUser: "u", sentinelPassword: "s",
		},
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			got, err := parseRedisAddress(address)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&want, got, cmp.AllowUnexported(redisAddress{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAnAddressThatIsNotUnderstoodIsRefused also holds every message against the secret in the address.
func TestAnAddressThatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	const canary = "canary8472"
	for _, address := range []string{
		canary,
		"http://:%s@h",
		"redis:///0",
		"redis://:%s@h:port",
		"redis://:%s@h:0",
		"redis://:%s@h:70000",
		"redis://:%s@h1,h2",
		"redis://:%s@::1",
		"redis://:%s@h/x",
		"redis://:%s@h/-1",
		"redis://:%s@h/1/2",
		"redis://:%s@h/1?db=1",
		"redis://:%s@h?db=1&db=2",
		"redis://:%s@h?timeout=1",
		"redis://:%s@h?sentinel_password=%s",
		"redis://:%s@h#x",
		"redis://:%s%%zz@h",
		"redis+sentinel://:%s@h1,h2",
		"redis+sentinel://:%s@h1,h2/a/b",
		"redis+sentinel://:%s@h1,/a",
		"redis+sentinel://:%s@h1/a?db=x",
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			address := strings.ReplaceAll(address, "%s", canary)
			_, err := OpenRedis(t.Context(), RedisOptions{URL: redact.New(address)})
			if err == nil {
				t.Fatal("it was taken")
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the message tells the password: %v", err)
			}
		})
	}
}

func TestAServerThatDoesNotAnswerIsSaidToWithoutItsSecret(t *testing.T) {
	t.Parallel()
	const canary = "canary8472"
	r := openRedis(t, redact.New("redis://:"+canary+"@127.0.0.1:1"))
	err := r.Ping(t.Context())
	if err == nil {
		t.Fatal("nobody is there, and it answers")
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err)} {
		if strings.Contains(text, canary) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte(canary))) {
			t.Errorf("the message tells the password: %s", text)
		}
	}
}

func TestTheRedisInsideTheProcessForgetsKeysWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := openRedis(t, redact.Secret{})
		if !r.InProcess() {
			t.Error("it is said to be elsewhere")
		}
		if err := r.shared.Set(t.Context(), "k", "v", 10_000_000_000).Err(); err != nil {
			t.Fatal(err)
		}
		pass(t, 9_000_000_000)
		if n := r.shared.Exists(t.Context(), "k").Val(); n != 1 {
			t.Error("the key is gone too early")
		}
		pass(t, 2_000_000_000)
		if n := r.shared.Exists(t.Context(), "k").Val(); n != 0 {
			t.Error("the key is still there")
		}
	})
}

func TestASentinelTellsWhereTheMasterIs(t *testing.T) {
	t.Parallel()
	server := jobstest.StartRedis(t)
	sentinel := jobstest.StartSentinel(t, "main", server)
	r := openRedis(t, redact.New("redis+sentinel://"+sentinel.Addr()+"/main?db=2"))
	if err := r.shared.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	direct := openRedis(t, redact.New("redis://"+server.Addr()+"/2"))
	if got := direct.shared.Get(t.Context(), "k").Val(); got != "v" {
		t.Errorf("the master's second database holds %q", got)
	}
}

func FuzzAnAddressNeverPanicsNorTellsItsPassword(f *testing.F) {
	f.Add("redis://:canary8472@h:1/2?db=3")
	f.Add("redis+sentinel://u:canary8472@h1,[::1]:2/m?sentinel_password=x")
	f.Add("rediss://@/,")
	f.Fuzz(func(t *testing.T, address string) {
		a, err := parseRedisAddress(address)
		if err != nil && strings.Contains(err.Error(), "canary8472") && !strings.Contains(address, "?") {
			t.Errorf("%v", err)
		}
		if err == nil && (len(a.hosts) == 0 || a.db < 0) {
			t.Errorf("taken as %d hosts, database %d", len(a.hosts), a.db)
		}
	})
}
