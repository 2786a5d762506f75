package snapshot

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"stowage/blob"
)

// sweepTerm is how long a sweep announces itself for; it does so again before the time is up.
const sweepTerm = 15 * time.Minute

// Swept counts what a sweep removed.
type Swept struct {
	Segments int
	Bytes    int64
}

// Sweep removes the segments that no backup of the tenant has: those of deleted backups, and of backups that were begun and never
// committed. It returns ErrBusy and removes nothing while a backup is running that gave a sign of life within olderThan; one that did not
// is taken for abandoned, and if it is resumed all the same it notices what is gone. If any manifest cannot be read nothing is removed,
// for nobody knows what it names.
func Sweep(ctx context.Context, store blob.Store, keys *Keys, olderThan time.Duration) (Swept, error) {
	s := &sweeper{store: store, tenant: keys.tenant}
	if err := s.announce(ctx); err != nil {
		return Swept{}, err
	}
	swept, err := s.sweep(ctx, keys, olderThan)
	if done := store.Delete(context.WithoutCancel(ctx), sweepingName(keys.tenant)); done != nil {
		err = errors.Join(err, fmt.Errorf("end the sweep: %w", done))
	}
	return swept, err
}

type sweeper struct {
	store  blob.Store
	tenant string
	until  time.Time
}

// announce tells writers to keep away, unless another sweep does.
func (s *sweeper) announce(ctx context.Context) error {
	name := sweepingName(s.tenant)
	until := time.Now().UTC().Add(sweepTerm).Truncate(time.Second)
	mark := []byte(until.Format(time.RFC3339) + "\n")
	fresh, err := s.store.PutIfAbsent(ctx, name, mark)
	if err != nil {
		return fmt.Errorf("announce the sweep: %w", err)
	}
	if !fresh {
		other, err := readMark(ctx, s.store, name)
		if err != nil {
			return err
		}
		if time.Now().Before(other) {
			return fmt.Errorf("another sweep may be running until %s: %w", other.Format(time.RFC3339), ErrBusy)
		}
		if err := s.store.Put(ctx, name, mark); err != nil {
			return fmt.Errorf("announce the sweep: %w", err)
		}
	}
	s.until = until
	return nil
}

// stay announces the sweep again before its time is up.
func (s *sweeper) stay(ctx context.Context) error {
	now := time.Now()
	if s.until.Sub(now) > sweepTerm/2 {
		return nil
	}
	if now.After(s.until) {
		return fmt.Errorf("the sweep was held up for too long: %w", ErrBusy)
	}
	until := now.UTC().Add(sweepTerm).Truncate(time.Second)
	if err := s.store.Put(ctx, sweepingName(s.tenant), []byte(until.Format(time.RFC3339)+"\n")); err != nil {
		return fmt.Errorf("announce the sweep: %w", err)
	}
	s.until = until
	return nil
}

func (s *sweeper) sweep(ctx context.Context, keys *Keys, olderThan time.Duration) (Swept, error) {
	if err := s.abandoned(ctx, olderThan); err != nil {
		return Swept{}, err
	}
	named, err := s.named(ctx, keys)
	if err != nil {
		return Swept{}, err
	}
	var swept Swept
	for info, err := range s.store.List(ctx, segmentsPrefix(s.tenant)) {
		if err != nil {
			return swept, fmt.Errorf("list segments: %w", err)
		}
		name := info.Name[strings.LastIndexByte(info.Name, '/')+1:]
		key, ok := segmentKey(name)
		if !ok || named[key] || info.Name != segmentPath(s.tenant, name) {
			continue
		}
		if err := s.stay(ctx); err != nil {
			return swept, err
		}
		if err := s.store.Delete(ctx, info.Name); err != nil {
			return swept, fmt.Errorf("delete %s: %w", info.Name, err)
		}
		swept.Segments++
		swept.Bytes += info.Size
	}
	return swept, nil
}

// abandoned removes the marks of backups that gave no sign of life, or says which one did.
func (s *sweeper) abandoned(ctx context.Context, olderThan time.Duration) error {
	var old []string
	for info, err := range s.store.List(ctx, runningPrefix(s.tenant)) {
		if err != nil {
			return fmt.Errorf("list running backups: %w", err)
		}
		at, err := readMark(ctx, s.store, info.Name)
		if err != nil && !errors.Is(err, ErrTampered) {
			return err
		}
		// A mark that cannot be read counts as a new one, unless it is removed by hand.
		if err != nil || (!at.IsZero() && time.Since(at) < olderThan) {
			return fmt.Errorf("backup %s is running: %w", strings.TrimPrefix(info.Name, runningPrefix(s.tenant)), ErrBusy)
		}
		old = append(old, info.Name)
	}
	for _, name := range old {
		if err := s.store.Delete(ctx, name); err != nil {
			return fmt.Errorf("delete %s: %w", name, err)
		}
	}
	return nil
}

// named returns the segments that backups have.
func (s *sweeper) named(ctx context.Context, keys *Keys) (map[[32]byte]bool, error) {
	ids, err := listIDs(ctx, s.store, s.tenant)
	if err != nil {
		return nil, err
	}
	named := make(map[[32]byte]bool)
	for _, id := range ids {
		if err := s.stay(ctx); err != nil {
			return nil, err
		}
		d, err := loadManifest(ctx, s.store, keys, id)
		if errors.Is(err, ErrNoBackup) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for i := range d.Segments {
			if key, ok := segmentKey(d.Segments[i].Name); ok {
				named[key] = true
			}
		}
	}
	return named, nil
}

func segmentKey(name string) (key [32]byte, ok bool) {
	if !validSegmentName(name) {
		return key, false
	}
	_, err := hex.Decode(key[:], []byte(name))
	return key, err == nil
}
