package jobs

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// redisAddress is the address of Redis, taken apart. Nothing of it is ever printed.
type redisAddress struct {
	tls            bool
	hosts          []string
	user, password string
	db             int
	// master is set where the hosts are Sentinels.
	master                         string
	sentinelUser, sentinelPassword string
}

// The options an address may carry.
const (
	optionDB               = "db"
	optionSentinelUser     = "sentinel_username"
	optionSentinelPassword = "sentinel_password"
)

const maxRedisDB = 1 << 16

var errRedisAddress = errors.New("the address of redis cannot be read: it looks like redis://host:6379/0 or redis+sentinel://host,host/master")

// parseRedisAddress takes an address apart. Its errors repeat nothing that could be a secret.
func parseRedisAddress(address string) (*redisAddress, error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, errRedisAddress
	}
	a := &redisAddress{}
	sentinel, port := false, "6379"
	switch scheme {
	case "redis":
	case "rediss":
		a.tls = true
	case "redis+sentinel", "rediss+sentinel":
		sentinel, port, a.tls = true, "26379", scheme == "rediss+sentinel"
	default:
		return nil, errors.New("the address of redis begins with redis://, rediss://, redis+sentinel:// or rediss+sentinel://")
	}
	// A list of hosts is none of the things net/url reads, so they are taken out first.
	authority, tail := rest, ""
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		authority, tail = rest[:i], rest[i:]
	}
	info, hosts := "", authority
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		info, hosts = authority[:i+1], authority[i+1:]
	}
	u, err := url.Parse("redis://" + info + "host" + tail)
	if err != nil || u.Fragment != "" {
		return nil, errRedisAddress
	}
	if err := a.setHosts(hosts, port, sentinel); err != nil {
		return nil, err
	}
	a.user = u.User.Username()
	a.password, _ = u.User.Password()
	return a, a.setPathAndOptions(u, sentinel)
}

func (a *redisAddress) setHosts(list, port string, sentinel bool) error {
	for host := range strings.SplitSeq(list, ",") {
		name, at, err := net.SplitHostPort(host)
		if err != nil {
			at = port
			name = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
			if strings.Contains(name, ":") && name == host {
				return errRedisAddress
			}
		}
		if n, err := strconv.ParseUint(at, 10, 16); err != nil || n == 0 || name == "" {
			return errRedisAddress
		}
		a.hosts = append(a.hosts, net.JoinHostPort(name, at))
	}
	if !sentinel && len(a.hosts) > 1 {
		return errors.New("the address of redis names several hosts: that is for redis+sentinel:// only")
	}
	return nil
}

func (a *redisAddress) setPathAndOptions(u *url.URL, sentinel bool) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errRedisAddress
	}
	known := []string{optionDB}
	if sentinel {
		known = append(known, optionSentinelUser, optionSentinelPassword)
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the address of redis has an option %q that is not known: there are %s", name, strings.Join(known, ", "))
		}
		if len(values) != 1 {
			return fmt.Errorf("the address of redis has the option %q more than once", name)
		}
	}
	path, db := strings.Trim(u.Path, "/"), query.Get(optionDB)
	if sentinel {
		if path == "" || strings.Contains(path, "/") {
			return errors.New("the address of redis names no master: redis+sentinel://host,host/master")
		}
		a.master, a.sentinelUser, a.sentinelPassword = path, query.Get(optionSentinelUser), query.Get(optionSentinelPassword)
	} else if path != "" {
		if db != "" {
			return errors.New("the address of redis names its database twice")
		}
		db = path
	}
	if db == "" {
		return nil
	}
	if a.db, err = strconv.Atoi(db); err != nil || a.db < 0 || a.db > maxRedisDB {
		return errors.New("the address of redis names a database that is no number")
	}
	return nil
}
