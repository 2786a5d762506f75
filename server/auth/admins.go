package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"stowage/atlassian"
	"stowage/models"
)

const (
	// adminLife is how long an answer of a host is believed: so long somebody who lost the permission can still work, and
	// somebody who got it has to wait.
	adminLife = time.Minute
	// maxAdmins bounds the memory.
	maxAdmins = 20_000
	// askTimeout bounds one question, which several callers may wait for.
	askTimeout = 10 * time.Second
)

// remembered asks hosts who is an administrator, and remembers for a while what they said. Callers who ask the same at the
// same time share one question.
type remembered struct {
	ask    Admins
	now    func() time.Time
	flight singleflight.Group

	mu    sync.Mutex
	known map[question]answer
}

// question names the account and the installation it is asked of. A new secret or address makes another question, so that
// nothing outlives a re-installation. Secret is a hash.
type question struct{ tenant, base, secret, account string }

func (q question) key() string {
	return q.tenant + "\x00" + q.base + "\x00" + q.secret + "\x00" + q.account
}

type answer struct {
	admin bool
	until time.Time
}

func (m *remembered) isAdmin(ctx context.Context, inst models.Installation, accountID string) (bool, error) {
	secret := sha256.Sum256([]byte(inst.SharedSecret.Reveal()))
	q := question{tenant: inst.TenantID, base: inst.BaseURL, secret: hex.EncodeToString(secret[:]), account: accountID}
	if known, ok := m.recall(q); ok {
		return known.admin, nil
	}
	site := atlassian.HostSite{BaseURL: inst.BaseURL, ClientKey: inst.ClientKey, Secret: inst.SharedSecret}
	result := m.flight.DoChan(q.key(), func() (any, error) {
		// Whoever asked first may go away; the others still wait.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTimeout)
		defer cancel()
		admin, err := m.ask.IsAdmin(ctx, site, accountID)
		if err != nil {
			return false, err
		}
		m.remember(q, admin)
		return admin, nil
	})
	select {
	case r := <-result:
		admin, ok := r.Val.(bool)
		return admin && ok && r.Err == nil, r.Err
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}

func (m *remembered) recall(q question) (answer, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, ok := m.known[q]
	if !ok || !m.now().Before(known.until) {
		return answer{}, false
	}
	return known, true
}

func (m *remembered) remember(q question, admin bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if len(m.known) >= maxAdmins {
		for old, known := range m.known {
			if !now.Before(known.until) {
				delete(m.known, old)
			}
		}
		if len(m.known) >= maxAdmins {
			clear(m.known)
		}
	}
	m.known[q] = answer{admin: admin, until: now.Add(adminLife)}
}
