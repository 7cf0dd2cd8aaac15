package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"vigie/data"
	"vigie/ops"
)

const privateWords = "hunter2-of-one-person"

type nothing struct{}

// A vault has one op, which shows a secret.
func vault(t *testing.T, asked *int) ops.Bound {
	t.Helper()
	var set ops.Set[struct{}]
	ops.Look(&set, ops.Spec{Name: "vault.show", Command: "vault", Secret: true, Doc: ops.T("show", "montrer")}, func(context.Context, struct{}, nothing) (ops.Answer, error) {
		*asked++
		return ops.Answer{Blocks: []ops.Block{{Private: ops.Conceal(privateWords)}}}, nil
	})
	return set.Bind(struct{}{})
}

type allowAll struct{}

func (allowAll) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// A mute store cannot append.
type mute struct{ ops.Store }

func (mute) Append(context.Context, ...ops.Entry) ([]ops.Entry, error) {
	return nil, errors.New("disk full")
}

// A secret is shown to an admin who is alone, whatever the rules allow others, and only once that is written down.
func TestSecretOp(t *testing.T) {
	store, err := data.Open(t.Context(), data.Options{Path: filepath.Join(t.TempDir(), "v.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	asked := 0
	g := &ops.Gate{Policy: allowAll{}, Store: store}
	if err := g.Open(vault(t, &asked)); err != nil {
		t.Fatal(err)
	}
	ann := ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}
	alone := ops.Alone(t.Context())
	for name, try := range map[string]struct {
		ctx context.Context
		who ops.Caller
	}{
		"others read along": {t.Context(), ann},
		"an operator":       {alone, ops.Caller{ID: 2, Name: "bob", Role: ops.Operator}},
		"a model":           {alone, ops.Caller{ID: 1, Name: "ann", Role: ops.Admin, OnBehalfOf: 1}},
		"a stranger":        {alone, ops.Caller{ID: 9}},
	} {
		if _, _, err := g.Ask(try.ctx, try.who, ops.Ask{Op: "vault.show"}, "here"); ops.KindOf(err) != ops.Denied || asked != 0 {
			t.Errorf("%s: %v, asked %d times", name, err, asked)
		}
	}
	if _, _, err := g.Preview(alone, ann, ops.Ask{Op: "vault.show"}); ops.KindOf(err) != ops.Denied || asked != 0 {
		t.Error("it is not tried out: ", err)
	}
	a, _, err := g.Ask(alone, ann, ops.Ask{Op: "vault.show"}, "here")
	if err != nil || asked != 1 || a.Blocks[0].Private.Reveal() != privateWords {
		t.Fatal(err)
	}
	head, err := store.Head(t.Context())
	if err != nil || head.What != ops.Read || head.Op != "vault.show" || head.Note != ops.Hidden {
		t.Errorf("%+v %v", head, err)
	}
	g.Store = mute{store}
	if _, _, err := g.Ask(alone, ann, ops.Ask{Op: "vault.show"}, "here"); ops.KindOf(err) != ops.Unavailable || asked != 1 {
		t.Errorf("what cannot be written down is not shown: %v", err)
	}
	raw, err := json.Marshal([]any{a.Blocks, a.Blocks[0].Private})
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{string(raw), fmt.Sprintf("%v %+v %#v", a, a.Blocks, a.Blocks), fmt.Sprintf("%s %q %x", a.Blocks[0].Private, a.Blocks[0].Private, a.Blocks[0].Private), ops.Looked{Answer: *a}.Words(1000)} {
		if strings.Contains(said, "hunter2") || strings.Contains(said, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("it prints: %s", said)
		}
	}
}
