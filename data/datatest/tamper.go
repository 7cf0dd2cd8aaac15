package datatest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"vigie/data"
	"vigie/ops"
)

func tampered(t *testing.T, place Place) {
	for _, c := range []struct {
		name string
		sql  []string
		want []data.Break
	}{
		{"nothing", nil, nil},
		{"a note", []string{"UPDATE journal SET note = 'x' WHERE seq = 5"}, []data.Break{{Seq: 5, Kind: data.Edited}}},
		{"a person", []string{"UPDATE journal SET who = 8 WHERE seq = 5"}, []data.Break{{Seq: 5, Kind: data.Edited}}},
		{"a time, by a millisecond", []string{"UPDATE journal SET time = time + 1 WHERE seq = 5"}, []data.Break{{Seq: 5, Kind: data.Edited}}},
		{"what moves to where", []string{"UPDATE journal SET op = '', run = op WHERE seq = 5"}, []data.Break{{Seq: 5, Kind: data.Edited}}},
		{"a sum", []string{"UPDATE journal SET sum = prev WHERE seq = 5"}, []data.Break{{Seq: 5, Kind: data.Edited}, {Seq: 6, Kind: data.Relinked}}},
		{"the last note", []string{"UPDATE journal SET note = 'x' WHERE seq = 10"}, []data.Break{{Seq: 10, Kind: data.Edited}}},
		{"one deleted", []string{"DELETE FROM journal WHERE seq = 5"}, []data.Break{{Seq: 6, Kind: data.Missing}}},
		{"the first deleted", []string{"DELETE FROM journal WHERE seq = 1"}, []data.Break{{Seq: 2, Kind: data.Missing}}},
		{"one deleted and the gap closed", []string{"DELETE FROM journal WHERE seq = 5", "UPDATE journal SET seq = seq + 100 WHERE seq > 5",
			"UPDATE journal SET seq = seq - 101 WHERE seq > 100", "UPDATE head SET seq = 9"},
			[]data.Break{{Seq: 5, Kind: data.Edited}, {Seq: 5, Kind: data.Relinked}, {Seq: 6, Kind: data.Edited}, {Seq: 7, Kind: data.Edited},
				{Seq: 8, Kind: data.Edited}, {Seq: 9, Kind: data.Edited}}},
		{"two swapped", []string{"UPDATE journal SET seq = 99 WHERE seq = 5", "UPDATE journal SET seq = 5 WHERE seq = 6", "UPDATE journal SET seq = 6 WHERE seq = 99"},
			[]data.Break{{Seq: 5, Kind: data.Edited}, {Seq: 5, Kind: data.Relinked}, {Seq: 6, Kind: data.Edited}, {Seq: 6, Kind: data.Relinked}, {Seq: 7, Kind: data.Relinked}}},
		{"one inserted", []string{"DELETE FROM journal WHERE seq = 5", copyOf(4, 5)},
			[]data.Break{{Seq: 5, Kind: data.Edited}, {Seq: 5, Kind: data.Relinked}, {Seq: 6, Kind: data.Relinked}}},
		{"one put before the first", []string{copyOf(1, 0)}, []data.Break{{Seq: 0, Kind: data.Edited}, {Seq: 0, Kind: data.Missing}, {Seq: 1, Kind: data.Relinked}}},
		{"one added", []string{copyOf(10, 11)}, []data.Break{{Seq: 11, Kind: data.Edited}, {Seq: 11, Kind: data.Relinked}, {Seq: 11, Kind: data.Added}}},
		{"the end cut off", []string{"DELETE FROM journal WHERE seq > 7"}, []data.Break{{Seq: 10, Kind: data.CutOff}}},
		{"all of it", []string{"DELETE FROM journal"}, []data.Break{{Seq: 10, Kind: data.CutOff}}},
		{"the record of the end", []string{"DELETE FROM head"}, []data.Break{{Seq: 1, Kind: data.Added}}},
		{"another end recorded", []string{"UPDATE head SET sum = 'x'"}, []data.Break{{Seq: 10, Kind: data.Edited}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, ctx := place(t), context.Background()
			s := Open(t, o)
			ten(t, s)
			db := Raw(t, o)
			for _, statement := range c.sql {
				if result, err := db.ExecContext(ctx, statement); err != nil {
					t.Fatalf("%s: %v", statement, err)
				} else if n, _ := result.RowsAffected(); n == 0 {
					t.Fatalf("%s: did nothing", statement)
				}
			}
			report := must[data.VerifyReport](t)(s.Verify(ctx))
			if !slices.Equal(report.Breaks, c.want) {
				t.Errorf("found %v, want %v", report.Breaks, c.want)
			}
			for _, b := range report.Breaks {
				if say := b.Say(); say.En == "" || say.Fr == "" || say.En == say.Fr {
					t.Errorf("%v is said as %v", b, say)
				}
			}
		})
	}
}

func copyOf(from, to int) string {
	return fmt.Sprintf("INSERT INTO journal SELECT %d, time, who, name, via, what, op, run, plan, note, prev, sum FROM journal WHERE seq = %d", to, from)
}

func ten(t *testing.T, s *data.Store) {
	for i := range 10 {
		must[[]ops.Entry](t)(s.Append(context.Background(), ops.Entry{Who: 7, Name: "ann", What: ops.Note, Op: "docker.stop", Note: fmt.Sprint(i)}))
	}
}

func remade(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	s := Open(t, o)
	ten(t, s)
	head := data.MarkOf(must[ops.Entry](t)(s.Head(ctx)))
	early := data.MarkOf(must[[]ops.Entry](t)(s.Entries(ctx, ops.Query{}))[7])
	if back, err := data.ParseMark(head.String()); err != nil || back != head {
		t.Fatalf("%s is read as %v (%v)", head, back, err)
	}
	if report := must[data.VerifyReport](t)(s.Verify(ctx, head, early)); len(report.Breaks) > 0 {
		t.Fatalf("nothing was done, and found %v", report.Breaks)
	}
	db := Raw(t, o)
	for _, statement := range []string{"DELETE FROM journal WHERE seq > 4", "UPDATE head SET seq = 4, sum = (SELECT sum FROM journal WHERE seq = 4)"} {
		must[any](t)(db.ExecContext(ctx, statement))
	}
	whole(t, s, 4) // by itself the chain looks good
	report := must[data.VerifyReport](t)(s.Verify(ctx, head, early))
	if !slices.Equal(report.Breaks, []data.Break{{Seq: 10, Kind: data.Forgotten}}) {
		t.Errorf("cut at both ends: %v", report.Breaks)
	}
	for i := range 8 {
		must[[]ops.Entry](t)(s.Append(ctx, note("forged %d", i)))
	}
	report = must[data.VerifyReport](t)(s.Verify(ctx, head, early))
	if !slices.Equal(report.Breaks, []data.Break{{Seq: 10, Kind: data.Forgotten}}) {
		t.Errorf("written anew: %v", report.Breaks)
	}
	for _, bad := range []string{"", "12", "x:y", "0:" + head.Sum, "-1:" + head.Sum, "12:abc", "12:" + head.Sum + "00"} {
		if m, err := data.ParseMark(bad); err == nil {
			t.Errorf("%q is read as %v", bad, m)
		}
	}
	ended, end := context.WithCancel(ctx)
	end()
	if _, err := s.Verify(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("verifying with an ended context: %v", err)
	}
}
