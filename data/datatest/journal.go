package datatest

import (
	"context"
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vigie/data"
	"vigie/ops"
)

func appends(t *testing.T, place Place) {
	o, ctx := place(t), context.Background()
	s := Open(t, o)
	if head := must[ops.Entry](t)(s.Head(ctx)); head != (ops.Entry{}) {
		t.Fatalf("the head of nothing is %v", head)
	}
	paris := time.FixedZone("Paris", 3600)
	first := ops.Entry{Time: time.Date(2026, 11, 23, 13, 0, 0, 123_987_654, paris), Who: -42, Name: "Zoë «ann» 🐙", Via: "telegram",
		What: ops.Asked, Op: "docker.restart", Run: "r1", Plan: "abc", Note: "line\nline\ttab'\"\\"}
	odd := ops.Entry{What: ops.Note, Note: "nul \x00 and broken \xff utf-8", Seq: 99, Prev: "forged", Sum: "forged"}
	before := time.Now().Truncate(time.Millisecond)
	written := must[[]ops.Entry](t)(s.Append(ctx, first, odd))

	want := first
	want.Time = time.Date(2026, 11, 23, 12, 0, 0, 123_000_000, time.UTC)
	want.Seq, want.Sum = 1, written[0].Sum
	if written[0] != want {
		t.Errorf("wrote\n%v, want\n%v", written[0], want)
	}
	if w := written[1]; w.Seq != 2 || w.Prev != written[0].Sum || w.Note != "nul \uFFFD and broken \uFFFD utf-8" || w.Time.Before(before) {
		t.Errorf("wrote %v", w)
	}
	for _, w := range written {
		if len(w.Sum) != 2*sha256.Size {
			t.Errorf("the sum is %q", w.Sum)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = Open(t, o)
	again := must[[]ops.Entry](t)(s.Append(ctx, note("later")))
	if again[0].Seq != 3 || again[0].Prev != written[1].Sum {
		t.Errorf("after opening again: %v", again[0])
	}
	all := must[[]ops.Entry](t)(s.Entries(ctx, ops.Query{}))
	slices.Reverse(all)
	if !reflect.DeepEqual(all, append(written, again...)) {
		t.Errorf("read\n%v, wrote\n%v", all, written)
	}
	if head := must[ops.Entry](t)(s.Head(ctx)); head != again[0] {
		t.Errorf("the head is %v", head)
	}
	if none, err := s.Append(ctx); err != nil || len(none) != 0 {
		t.Errorf("appending nothing: %v %v", none, err)
	}
	whole(t, s, 3)
}

func queries(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for i := range 300 {
		e := ops.Entry{Time: noon.Add(time.Duration(i) * time.Second), What: ops.StepBegan, Op: "docker.stop", Run: "a", Who: 1}
		if i%2 == 1 {
			e.Op, e.Who = "docker.start", 2
		}
		if i%10 == 0 {
			e.Run, e.What = "b", ops.RunDone
		}
		must[[]ops.Entry](t)(s.Append(ctx, e))
	}
	for name, c := range map[string]struct {
		q    ops.Query
		n    int
		last int64
	}{
		"all, a hundred":    {ops.Query{}, 100, 300},
		"all":               {ops.Query{Limit: 1000}, 300, 300},
		"few":               {ops.Query{Limit: 3}, 3, 300},
		"a run":             {ops.Query{Run: "b", Limit: 1000}, 30, 291},
		"an op":             {ops.Query{Op: "docker.start", Limit: 1000}, 150, 300},
		"a person":          {ops.Query{Who: 1, Limit: 1000}, 150, 299},
		"what":              {ops.Query{What: []string{ops.RunDone, ops.RunFailed}, Limit: 1000}, 30, 291},
		"since":             {ops.Query{Since: noon.Add(290 * time.Second)}, 10, 300},
		"since, a bit more": {ops.Query{Since: noon.Add(290*time.Second + 1)}, 9, 300},
		"all of these":      {ops.Query{Run: "a", Op: "docker.stop", Who: 1, What: []string{ops.StepBegan}, Since: noon.Add(time.Second), Limit: 5}, 5, 299},
		"nobody":            {ops.Query{Who: 3}, 0, 0},
		"injection":         {ops.Query{Run: "a' OR 'a'='a"}, 0, 0},
	} {
		list := must[[]ops.Entry](t)(s.Entries(ctx, c.q))
		if len(list) != c.n || (c.n > 0 && list[0].Seq != c.last) {
			t.Errorf("%s: %d entries, want %d from %d", name, len(list), c.n, c.last)
		}
		if !slices.IsSortedFunc(list, func(a, b ops.Entry) int { return int(b.Seq - a.Seq) }) {
			t.Errorf("%s: not newest first", name)
		}
	}
}

func crowd(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	const people, each = 50, 20
	var all sync.WaitGroup
	for p := range people {
		all.Go(func() {
			last := int64(0)
			for i := range each {
				written, err := s.Append(ctx, note("%d of %d", i, p), note("and %s", strings.Repeat("more ", i)))
				if err != nil {
					t.Error(err)
					return
				}
				if written[0].Seq <= last || written[1].Seq != written[0].Seq+1 || written[1].Prev != written[0].Sum {
					t.Errorf("my entries are not in order: %v after %d", written, last)
				}
				last = written[1].Seq
			}
		})
	}
	all.Wait()
	whole(t, s, people*each*2)
	if st := must[data.Stats](t)(s.Stats(ctx)); st.Writes != people*each || st.Commits >= st.Writes {
		t.Errorf("%d writes took %d commits: they were not grouped", st.Writes, st.Commits)
	}
}
