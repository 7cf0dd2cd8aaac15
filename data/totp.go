package data

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"vigie/ops"
)

const (
	codeStep  = 30               // seconds, RFC 6238
	codeTries = 5                // wrong codes in a row
	codePause = 15 * time.Minute // and then a pause, without which six digits can be guessed
	codeWait  = 10 * time.Second // for the store
)

// Codes checks time-based one-time codes (RFC 6238: SHA-1, six digits, thirty seconds), give or take one
// step of clock. A code that was good once, and every older one, is good no more, also after a restart.
type Codes struct {
	store   ops.Store
	secrets map[int64]string
}

var _ ops.Codes = (*Codes)(nil)

// NewCodes takes each person's secret in base32, as authenticator apps show it.
func NewCodes(store ops.Store, secrets map[int64]string) (*Codes, error) {
	c := &Codes{store, map[int64]string{}}
	for id, secret := range secrets {
		secret = strings.ToUpper(strings.NewReplacer(" ", "", "-", "", "=", "").Replace(secret))
		if _, err := codeAt(secret, 0); err != nil {
			return nil, fmt.Errorf("the one-time code secret of %d is not base32", id) // and is not shown
		}
		if len(secret) < 16 { // ten bytes
			return nil, fmt.Errorf("the one-time code secret of %d is too short: 16 base32 digits at least", id)
		}
		c.secrets[id] = secret
	}
	return c, nil
}

func codeAt(secret string, step int64) (string, error) {
	return hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// codeState is what is remembered of a person's codes.
type codeState struct {
	Step  int64 `json:"step"`            // of the newest code that was good
	Wrong int   `json:"wrong,omitempty"` // in a row
	Since int64 `json:"since,omitempty"` // of the last wrong one, ms
}

// Check implements [ops.Codes]. After five wrong codes in a row it is an error of kind [ops.Denied] to try
// again within a quarter of an hour.
func (c *Codes) Check(id int64, code string, now time.Time) (bool, error) {
	secret, ok := c.secrets[id]
	if !ok {
		return false, ops.Fail(ops.Invalid, ops.T("You have no one-time code yet. An admin can set one up for you in the configuration",
			"Tu n’as pas encore de code à usage unique. Un admin peut t’en configurer un"), nil)
	}
	step, err := match(secret, strings.ReplaceAll(code, " ", ""), now.Unix()/codeStep)
	if err != nil {
		return false, fmt.Errorf("computing a one-time code: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), codeWait) // the interface has none: it is a small write
	defer cancel()
	for {
		good, err := c.try(ctx, id, step, now)
		if !errors.Is(err, ops.ErrConflict) {
			return good, err
		} // two at once: the second one sees what the first one did
	}
}

// match returns the step that code is for, or -1. It takes the same time whichever it is.
func match(secret, code string, step int64) (int64, error) {
	found := -1
	for i := range 3 {
		right, err := codeAt(secret, step-1+int64(i))
		if err != nil {
			return -1, err
		}
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare([]byte(right), []byte(code)), i, found)
	}
	if found < 0 {
		return -1, nil
	}
	return step - 1 + int64(found), nil
}

// try judges a code once, and remembers it.
func (c *Codes) try(ctx context.Context, id, step int64, now time.Time) (good bool, err error) {
	doc, err := c.store.Load(ctx, setting, fmt.Sprintf("codes/%d", id))
	state := codeState{Step: -1}
	switch {
	case errors.Is(err, ops.ErrNoDoc):
		doc = ops.Doc{Kind: setting, ID: fmt.Sprintf("codes/%d", id)}
	case err != nil:
		return false, fmt.Errorf("checking a one-time code: %w", err)
	default:
		if err := json.Unmarshal(doc.Body, &state); err != nil {
			return false, fmt.Errorf("reading what one-time codes were used: %w", err)
		}
	}
	if pause := codePause - now.Sub(moment(state.Since)); state.Wrong >= codeTries {
		if pause > 0 {
			return false, ops.Fail(ops.Denied, ops.T("%d wrong codes in a row: try again in %s", "%d codes faux de suite : réessaie dans %s",
				state.Wrong, ops.Span(pause)), nil)
		}
		state.Wrong = 0
	}
	if good = step > state.Step; good {
		state = codeState{Step: step}
	} else {
		state.Wrong++
		state.Since = millis(now)
	}
	if doc.Body, err = json.Marshal(state); err != nil {
		return false, err
	}
	if _, err = c.store.Save(ctx, doc); err != nil {
		return false, fmt.Errorf("remembering a one-time code: %w", err)
	}
	return good, nil
}
