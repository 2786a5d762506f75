package jobs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"stowage/internal/pace"
)

// The limits in Redis: one hash per lane, with the members of laneState in microseconds of Redis' own clock, which is the
// same for all. Each script is one step that nobody can come between. Numbers are written by hand: a number that Lua
// turns into text by itself loses its last digits.
const (
	luaHead = `
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local function num(key, field) return tonumber(redis.call('HGET', key, field) or '0') end
local function put(key, field, value) redis.call('HSET', key, field, string.format('%.6f', value)) end
local function left(key)
  local f = num(key, 'factor')
  if f == 0 then return 1 end
  return math.min(1, f + tonumber(ARGV[1]) * (now - num(key, 'since')) / 1000000)
end
`
	// luaPaused: KEYS lanes, ARGV[1] recovery. Answers the longest pause.
	luaPaused = luaHead + `
local pause = 0
for _, key in ipairs(KEYS) do pause = math.max(pause, num(key, 'until') - now) end
return string.format('%.0f', pause)
`
	// luaReserve: KEYS lanes, ARGV[1] recovery, then gap in microseconds and burst of each lane. Answers pause and wait.
	luaReserve = luaHead + `
local pause = 0
for _, key in ipairs(KEYS) do pause = math.max(pause, num(key, 'until') - now) end
if pause > 0 then return {string.format('%.0f', pause), '0'} end
local wait = 0
for i, key in ipairs(KEYS) do
  local gap, burst = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  if gap > 0 then
    gap = gap / left(key)
    local next = math.max(num(key, 'next'), now)
    wait = math.max(wait, next - (burst - 1) * gap - now)
    put(key, 'next', next + gap)
    redis.call('EXPIRE', key, 3600)
  end
end
return {'0', string.format('%.0f', wait)}
`
	// luaRefuse: KEYS[1] the lane, ARGV recovery, slowdown, quiet, asked, base, cap, jitter; times in microseconds. Answers
	// the pause and how much longer it became.
	luaRefuse = luaHead + `
local key = KEYS[1]
local till = num(key, 'until')
local refusals = num(key, 'refusals')
if now >= till then
  if now - till > tonumber(ARGV[3]) then refusals = 0 end
  local factor = left(key) * tonumber(ARGV[2])
  refusals = refusals + 1
  put(key, 'factor', factor)
  put(key, 'since', now)
  put(key, 'refusals', refusals)
end
local asked = tonumber(ARGV[4])
if asked <= 0 then
  asked = math.min(tonumber(ARGV[6]), tonumber(ARGV[5]) * 2 ^ (refusals - 1)) * tonumber(ARGV[7])
end
local before = math.max(till, now)
till = math.max(till, now + asked)
put(key, 'until', till)
redis.call('EXPIRE', key, math.max(3600, math.ceil((till - now) / 1000000) + 60))
return {string.format('%.0f', till - now), string.format('%.0f', till - before)}
`
)

// limitScripts are compiled once; they never change.
var (
	pausedScript  = redis.NewScript(luaPaused)
	reserveScript = redis.NewScript(luaReserve)
	refuseScript  = redis.NewScript(luaRefuse)
)

// limitTimeout bounds one question to Redis: a call to a site must not wait for it longer than for the site.
const limitTimeout = time.Second

func (r *Redis) reserve(ctx context.Context, keys []string, lanes []Lane) (pause, wait time.Duration, err error) {
	args := []any{pace.Recovery}
	for _, lane := range lanes {
		if lane.PerMinute <= 0 {
			args = append(args, 0, 0)
			continue
		}
		gap, burst := spacing(lane.PerMinute)
		args = append(args, gap*1e6, burst)
	}
	return r.pair(ctx, reserveScript, keys, args)
}

func (r *Redis) refuse(ctx context.Context, key string, asked time.Duration, jitter float64) (pause, added time.Duration, err error) {
	return r.pair(ctx, refuseScript, []string{key}, []any{
		pace.Recovery, pace.Slowdown, limitQuiet.Microseconds(), max(0, asked).Microseconds(),
		limitBackoff.Base.Microseconds(), limitBackoff.Cap.Microseconds(), jitter,
	})
}

func (r *Redis) paused(ctx context.Context, keys []string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	text, err := pausedScript.Run(ctx, r.shared, keys, pace.Recovery).Text()
	if err != nil {
		return 0, fmt.Errorf("rate limit: %w", err)
	}
	return micros(text)
}

func (r *Redis) pair(ctx context.Context, script *redis.Script, keys []string, args []any) (a, b time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, limitTimeout)
	defer cancel()
	texts, err := script.Run(ctx, r.shared, keys, args...).StringSlice()
	if err != nil {
		return 0, 0, fmt.Errorf("rate limit: %w", err)
	}
	if len(texts) != 2 {
		return 0, 0, errors.New("rate limit: redis answered with something else")
	}
	if a, err = micros(texts[0]); err != nil {
		return 0, 0, err
	}
	b, err = micros(texts[1])
	return a, b, err
}

func micros(text string) (time.Duration, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("rate limit: %w", err)
	}
	return time.Duration(n) * time.Microsecond, nil
}
