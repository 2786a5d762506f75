package worker_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"stowage/jobs"
)

// redisDump returns everything that is in Redis.
func redisDump(t *testing.T, r *jobs.Redis) []string {
	t.Helper()
	client, ok := r.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		t.Fatal("no client")
	}
	defer func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx := t.Context()
	keys, err := client.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	dump := keys
	for _, key := range keys {
		kind, err := client.Type(ctx, key).Result()
		if err != nil {
			t.Fatal(err)
		}
		var value any
		switch kind {
		case "string":
			value, err = client.Get(ctx, key).Result()
		case "list":
			value, err = client.LRange(ctx, key, 0, -1).Result()
		case "set":
			value, err = client.SMembers(ctx, key).Result()
		case "zset":
			value, err = client.ZRangeWithScores(ctx, key, 0, -1).Result()
		case "hash":
			value, err = client.HGetAll(ctx, key).Result()
		default:
			t.Errorf("%s is a %s", key, kind)
		}
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
		dump = append(dump, fmt.Sprint(value))
	}
	return dump
}
