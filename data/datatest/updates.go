package datatest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vigie/data"
	"vigie/ops"
)

func ids(list []data.Update) string {
	var numbers []int64
	for _, u := range list {
		numbers = append(numbers, u.ID)
	}
	return fmt.Sprint(numbers)
}

func some(numbers ...int64) (list []data.Update) {
	for _, n := range numbers {
		list = append(list, data.Update{ID: n, Body: fmt.Appendf(nil, `{"update_id": %d}`, n)})
	}
	return list
}

func updates(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	s := Open(t, o)
	check := func(what string, got []data.Update, err error, want ...int64) {
		t.Helper()
		if err != nil || ids(got) != ids(some(want...)) {
			t.Errorf("%s: %s, want %v (%v)", what, ids(got), want, err)
		}
		for _, u := range got {
			if want := fmt.Sprintf(`{"update_id": %d}`, u.ID); string(u.Body) != want {
				t.Errorf("%s: the body is %s", what, u.Body)
			}
		}
	}
	got, err := s.Record(ctx, "telegram", some(7, 5, 6, 5))
	check("fresh, twice in one batch", got, err, 7, 5, 6)
	got, err = s.Record(ctx, "telegram", some(6, 8))
	check("one of them again", got, err, 8)
	got, err = s.Record(ctx, "webhook", some(7))
	check("another source", got, err, 7)
	got, err = s.Record(ctx, "telegram", nil)
	check("nothing", got, err)
	raw := []byte{0, 0xff, 'a', 0}
	if got, err = s.Record(ctx, "raw", []data.Update{{ID: 1, Body: raw}, {ID: 2}}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Unhandled(ctx, "raw"); err != nil || len(got) != 2 || string(got[0].Body) != string(raw) || len(got[1].Body) != 0 {
		t.Errorf("bytes came back as %v (%v)", got, err)
	}
	if err := s.Handled(ctx, "telegram", 5, 8, 999); err != nil {
		t.Fatal(err)
	}
	got, err = s.Unhandled(ctx, "telegram")
	check("unhandled", got, err, 6, 7)
	got, err = s.Record(ctx, "telegram", some(5))
	check("a handled one again", got, err)
	if err := s.Handled(ctx, "telegram", 6); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil { // writes the mark
		t.Fatal(err)
	}
	s = Open(t, o)
	got, err = s.Unhandled(ctx, "telegram")
	check("after a restart", got, err, 7)
	got, err = s.Unhandled(ctx, "webhook")
	check("of the other source", got, err, 7)
}

func forgets(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	s := Open(t, o)
	must[[]data.Update](t)(s.Record(ctx, "telegram", some(1, 2, 3, 4)))
	if err := s.Handled(ctx, "telegram", 1, 2); err != nil {
		t.Fatal(err)
	}
	must[[]data.Update](t)(s.Unhandled(ctx, "telegram"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-8 * 24 * time.Hour).UnixMilli()
	if _, err := Raw(t, o).ExecContext(ctx, "UPDATE updates SET time = $1 WHERE id <> 2", long); err != nil {
		t.Fatal(err)
	}
	s = Open(t, o)
	must[[]data.Update](t)(s.Record(ctx, "telegram", some(5)))
	// 1 is old and was handled: forgotten. 2 is young, 3 and 4 are still to be handled: kept.
	got := must[[]data.Update](t)(s.Record(ctx, "telegram", some(1, 2, 3, 4)))
	if ids(got) != "[1]" {
		t.Errorf("forgot %s, want [1]", ids(got))
	}
}

func stats(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	must[[]ops.Entry](t)(s.Append(ctx, note("a"), note("b")))
	must[int64](t)(s.Save(ctx, ops.Doc{Kind: "run", ID: "r", Body: []byte(`1`)}, note("c")))
	must[[]data.Update](t)(s.Record(ctx, "telegram", some(1, 2, 3)))
	if err := s.Handled(ctx, "telegram", 2); err != nil {
		t.Fatal(err)
	}
	got := must[data.Stats](t)(s.Stats(ctx))
	if got.Entries != 3 || got.Docs != 1 || got.Updates != 3 || got.Unhandled != 2 || got.Writes != 3 || got.Commits < 3 || got.Failed != 0 {
		t.Errorf("%+v", got)
	}
	if got.Bytes < 4096 || got.Busy <= 0 || got.Slowest <= 0 || got.Slowest > got.Busy {
		t.Errorf("%+v", got)
	}
}
