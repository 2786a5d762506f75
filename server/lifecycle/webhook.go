package lifecycle

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"stowage/models"
	"stowage/server/problem"
)

const (
	// minWebhookSecret is the least that a secret of the licence webhook has.
	minWebhookSecret = 32
	// webhookFresh is how far the time of a webhook may be from ours.
	webhookFresh = 5 * time.Minute

	timestampHeader = "X-Stowage-Timestamp"
	signatureHeader = "X-Stowage-Signature"
)

// licenceMessage is the body of a licence webhook.
type licenceMessage struct {
	ClientKey string `json:"clientKey"`
	State     string `json:"state"`
	Type      string `json:"type"`
}

// licenceChanged takes a licence webhook. Hosts of Connect send none; it is for whoever sells the app and hears of changes
// first. The sender signs "timestamp.body" with HMAC-SHA256:
//
//	X-Stowage-Timestamp: 1795176000
//	X-Stowage-Signature: sha256=5d41…
//
// Each signature is taken once, and only near its time.
func (l *Lifecycle) licenceChanged(r *http.Request, body []byte) error {
	ctx := r.Context()
	if len(l.secrets) == 0 {
		return problem.ErrNotFound
	}
	signature, at, err := l.verifyWebhook(r, body)
	if err != nil {
		return err
	}
	message, err := parseLicence(body)
	if err != nil {
		return err
	}
	once := "licence:" + signature
	if err := l.unused(ctx, once); err != nil {
		return err
	}
	if err := l.recordLicence(ctx, message, at); err != nil {
		return err
	}
	// It is used up after the deed, so that one which came to nothing can be sent again.
	_, err = l.store.UseToken(ctx, once, at.Add(2*webhookFresh))
	return err
}

// recordLicence records what a webhook of a time says.
func (l *Lifecycle) recordLicence(ctx context.Context, message licenceMessage, at time.Time) error {
	inst, err := l.store.FindInstallation(ctx, message.ClientKey)
	switch {
	case err != nil:
		return err
	case inst.State == models.Uninstalled, !inst.PurgedAt.IsZero():
		return problem.ErrNotFound
	}
	known, err := l.licences.licence(ctx, inst.TenantID)
	if err != nil {
		return err
	}
	if known.Source == sourceWebhook && at.Before(known.CheckedAt) {
		return nil // A later one was here already.
	}
	return l.licences.set(ctx, inst.TenantID, models.Licence{
		State: message.State, Type: message.Type, Evaluation: message.State == models.LicenceEvaluation, Source: sourceWebhook,
		CheckedAt: at,
	})
}

// verifyWebhook verifies signature and time over the bytes as they came.
func (l *Lifecycle) verifyWebhook(r *http.Request, body []byte) (signature string, at time.Time, err error) {
	refuse := func(reason string) (string, time.Time, error) {
		return "", time.Time{}, problem.ErrUnauthorized.Because(errors.New(reason))
	}
	stamps, signatures := r.Header.Values(timestampHeader), r.Header.Values(signatureHeader)
	if len(stamps) != 1 || len(signatures) != 1 {
		return refuse("the webhook is not signed")
	}
	claimed, ok := strings.CutPrefix(signatures[0], "sha256=")
	sum, err := hex.DecodeString(claimed)
	if !ok || err != nil || len(sum) != sha256.Size {
		return refuse("the signature has another form")
	}
	valid := false
	for _, secret := range l.secrets {
		mac := hmac.New(sha256.New, []byte(secret.Reveal()))
		mac.Write([]byte(stamps[0]))
		mac.Write([]byte("."))
		mac.Write(body)
		valid = hmac.Equal(mac.Sum(nil), sum) || valid
	}
	if !valid {
		return refuse("the signature does not hold")
	}
	seconds, err := strconv.ParseInt(stamps[0], 10, 64)
	if err != nil {
		return refuse("the time has another form")
	}
	at = time.Unix(seconds, 0)
	if age := l.now().Sub(at); age > webhookFresh || age < -webhookFresh {
		return refuse("the webhook is not of now")
	}
	// In one form, whatever the case of the digits was.
	return hex.EncodeToString(sum), at, nil
}

// parseLicence reads the body of a licence webhook. Its sender is ours, so that nothing unknown is let pass.
func parseLicence(body []byte) (licenceMessage, error) {
	invalid := problem.New(http.StatusUnprocessableEntity, "invalid", "The licence webhook cannot be understood.")
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	var m licenceMessage
	if err := decoder.Decode(&m); err != nil {
		return licenceMessage{}, invalid
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return licenceMessage{}, invalid
	}
	switch m.State {
	case models.LicenceActive, models.LicenceEvaluation, models.LicenceExpired, models.LicenceNone:
	default:
		return licenceMessage{}, invalid.With(problem.Field{Location: "body.state", Message: "The state is active, evaluation, expired or none."})
	}
	if m.ClientKey == "" || len(m.Type) > 64 {
		return licenceMessage{}, invalid
	}
	return m, nil
}

// SignWebhook signs the body of a licence webhook at a time. It returns the headers to send with it.
func SignWebhook(secret []byte, at time.Time, body []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return http.Header{timestampHeader: {stamp}, signatureHeader: {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}
