package e2e

import (
	"context"
	"slices"
	"strings"

	"vigie/data"
	"vigie/ops"
)

// journal is what is written down by now, oldest first.
func (w *world) journal() []ops.Entry {
	w.t.Helper()
	ctx := context.WithoutCancel(w.t.Context())
	if w.reader == nil {
		r, err := data.OpenReadOnly(ctx, w.store)
		if err != nil {
			return nil // the bot has not made it yet
		}
		w.reader = r
	}
	list, err := w.reader.Entries(ctx, ops.Query{Limit: 10_000})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

// noted counts the journal's lines of a sort about an op; "" is any op.
func (w *world) noted(what, op string) (n int) {
	w.t.Helper()
	for _, e := range w.journal() {
		if e.What == what && (op == "" || e.Op == op) {
			n++
		}
	}
	return n
}

// awaitNoted waits until there are n lines of a sort about an op.
func (w *world) awaitNoted(n int, what, op string) {
	w.t.Helper()
	w.until("the journal has "+what+" of "+op, func() bool { return w.noted(what, op) >= n })
}

// verified fails the test unless the journal is whole.
func (w *world) verified() {
	w.t.Helper()
	if code, said := w.run("audit", "verify"); code != 0 || !strings.Contains(said, "unbroken") {
		w.t.Errorf("audit verify: exit %d: %s", code, said)
	}
}

// unhandled is how many updates the bot has recorded and not marked as handled.
func (w *world) unhandled() int {
	w.t.Helper()
	if len(w.journal()) == 0 {
		return -1
	}
	bot, _, _ := strings.Cut(w.token, ":")
	list, err := w.reader.Unhandled(w.t.Context(), "telegram:"+bot)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}
