package datatest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vigie/data"
	"vigie/ops"
)

func saves(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	ticket := ops.Doc{Kind: "ticket", ID: "t1", State: "waiting", Body: json.RawMessage(`{}`)}
	if _, err := s.Load(ctx, "ticket", "t1"); !errors.Is(err, ops.ErrNoDoc) {
		t.Fatalf("loading what is not there: %v", err)
	}
	if _, err := s.Save(ctx, ops.Doc{Kind: "ticket", ID: "t1", Version: 1, Body: json.RawMessage(`{}`)}); !errors.Is(err, ops.ErrConflict) {
		t.Fatalf("changing what is not there: %v", err)
	}
	if v := must[int64](t)(s.Save(ctx, ticket, note("one"))); v != 1 {
		t.Fatalf("the first version is %d", v)
	}
	for _, version := range []int64{0, 2} {
		ticket.Version = version
		if _, err := s.Save(ctx, ticket, note("never")); !errors.Is(err, ops.ErrConflict) {
			t.Fatalf("saving over version %d: %v", version, err)
		}
	}
	whole(t, s, 1) // a conflict writes nothing
	ticket.Version, ticket.State, ticket.Body = 1, "approved", json.RawMessage(`{"by":7}`)
	if v := must[int64](t)(s.Save(ctx, ticket, note("two"), note("three"))); v != 2 {
		t.Fatalf("the second version is %d", v)
	}
	whole(t, s, 3)
	got := must[ops.Doc](t)(s.Load(ctx, "ticket", "t1"))
	if got.State != "approved" || got.Version != 2 || string(got.Body) != `{"by":7}` || time.Since(got.Updated) > time.Minute || got.Updated.Location() != time.UTC {
		t.Fatalf("loaded %v", got)
	}
	for _, bad := range []ops.Doc{
		{ID: "x", Body: json.RawMessage(`1`)}, {Kind: "x", Body: json.RawMessage(`1`)},
		{Kind: "x", ID: "x"}, {Kind: "x", ID: "x", Body: json.RawMessage(`{`)}, {Kind: "x", ID: "x", Body: json.RawMessage("\"\xff\"")},
		{Kind: "x", ID: "x\x00", Body: json.RawMessage(`1`)}, {Kind: "x", ID: "x", Version: -1, Body: json.RawMessage(`1`)},
	} {
		if _, err := s.Save(ctx, bad); err == nil || errors.Is(err, ops.ErrConflict) {
			t.Errorf("saving %v: %v", bad, err)
		}
	}
	for i, state := range []string{"done", "waiting", "done", "failed"} {
		must[int64](t)(s.Save(ctx, ops.Doc{Kind: "run", ID: fmt.Sprint(9 - i), State: state, Body: json.RawMessage(`0`)}))
	}
	for _, c := range []struct {
		states []string
		want   string
	}{{nil, "9 8 7 6"}, {[]string{"done"}, "9 7"}, {[]string{"failed", "waiting"}, "8 6"}, {[]string{"lost"}, ""}} {
		var ids []string
		for _, d := range must[[]ops.Doc](t)(s.List(ctx, "run", c.states...)) {
			ids = append(ids, d.ID)
		}
		if strings.Join(ids, " ") != c.want {
			t.Errorf("runs that are %v: %v, want %s", c.states, ids, c.want)
		}
	}
}

func race(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	doc := ops.Doc{Kind: "run", ID: "r", State: "going", Body: json.RawMessage(`0`)}
	must[int64](t)(s.Save(ctx, doc))
	const versions = 10
	for version := range int64(versions) {
		var won atomic.Int64
		var all sync.WaitGroup
		begin := make(chan struct{})
		for i := range 50 {
			mine := doc
			mine.Version, mine.Body = version+1, json.RawMessage(fmt.Sprint(i))
			all.Go(func() {
				<-begin
				switch v, err := s.Save(ctx, mine, note("%d won %d", i, mine.Version)); {
				case err == nil && v == mine.Version+1:
					won.Add(1)
				case !errors.Is(err, ops.ErrConflict):
					t.Errorf("version %d: %v", v, err)
				}
			})
		}
		close(begin)
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d of 50 saved version %d", won.Load(), version+2)
		}
	}
	whole(t, s, versions)
}

func bodies(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	for i, body := range []string{
		`{"x":1}`, "{ \"b\" : 1 ,\n\t\"a\":2, \"a\":3 }", `"é \u00e9 🐙 \ud83d\udc19 \u0000"`, `1.000`, ` null `, `1e400`, `[` + strings.Repeat(`"0123456789",`, 100_000) + `1]`,
	} {
		id := fmt.Sprint(i)
		must[int64](t)(s.Save(ctx, ops.Doc{Kind: "ticket", ID: id, Body: json.RawMessage(body)}))
		if got := must[ops.Doc](t)(s.Load(ctx, "ticket", id)); string(got.Body) != body {
			t.Errorf("%.40q came back as %.40q", body, got.Body)
		}
	}
}

func neighbours(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	must[int64](t)(s.Save(ctx, ops.Doc{Kind: "run", ID: "r", Body: json.RawMessage(`0`)}))
	gone, leave := context.WithCancel(ctx)
	defer leave()
	var all sync.WaitGroup
	var appended, left, conflicts atomic.Int64
	for i := range 200 {
		all.Go(func() {
			switch i % 4 {
			case 0, 1:
				if _, err := s.Append(ctx, note("%d", i)); err != nil {
					t.Errorf("appending beside the others: %v", err)
				}
				appended.Add(1)
			case 2:
				if _, err := s.Save(ctx, ops.Doc{Kind: "run", ID: "r", Body: json.RawMessage(`0`)}, note("never")); !errors.Is(err, ops.ErrConflict) {
					t.Errorf("saving an old version: %v", err)
				}
				conflicts.Add(1)
			case 3:
				if i > 100 {
					leave()
				}
				if _, err := s.Append(gone, note("may be")); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("leaving: %v", err)
				} else if err != nil {
					left.Add(1)
				}
			}
		})
	}
	all.Wait()
	report := must[data.VerifyReport](t)(s.Verify(ctx))
	if len(report.Breaks) > 0 || report.Entries < 100 || report.Entries > 150 {
		t.Errorf("%d entries, breaks %v", report.Entries, report.Breaks)
	}
	if _, err := s.Append(gone, note("never")); !errors.Is(err, context.Canceled) {
		t.Errorf("appending with an ended context: %v", err)
	}
	if after := must[data.VerifyReport](t)(s.Verify(ctx)); after.Entries != report.Entries {
		t.Errorf("an ended context wrote something")
	}
	if appended.Load() != 100 || conflicts.Load() != 50 || left.Load() == 0 {
		t.Errorf("%d appended, %d conflicts, %d left: the test did not do what it is for", appended.Load(), conflicts.Load(), left.Load())
	}
}

func indexed(t *testing.T, place Place) {
	o := place(t)
	Open(t, o)
	for index, query := range map[string]string{
		"docs_state":      "SELECT body FROM docs WHERE kind = 'run' AND state IN ('going', 'held') ORDER BY num",
		"updates_waiting": "SELECT body FROM updates WHERE source = 'telegram' AND handled = 0 ORDER BY time, id",
		"journal_run":     "SELECT note FROM journal WHERE run = 'r' ORDER BY seq DESC LIMIT 100",
		"journal_time":    "SELECT MIN(seq + 0) FROM journal WHERE time >= 17",
		"journal_op":      "SELECT note FROM journal WHERE op = 'o' ORDER BY seq DESC LIMIT 100",
	} {
		how := explain(t, o, query)
		if !strings.Contains(how, index) {
			t.Errorf("%s\nis answered by\n%s", query, how)
		}
	}
}

// explain is how the database would answer a query if the tables were large.
func explain(t *testing.T, o data.Options, query string) string {
	ctx := context.Background()
	conn, err := Raw(t, o).Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	how := "EXPLAIN QUERY PLAN " + query
	if o.DSN != "" {
		how = "EXPLAIN " + query
		if _, err := conn.ExecContext(ctx, "SET enable_seqscan = off"); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := conn.QueryContext(ctx, how)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names := must[[]string](t)(rows.Columns())
	var lines []string
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(*cells[len(cells)-1].(*any)))
	}
	if err := rows.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s: %v", how, err)
	}
	return strings.Join(lines, "\n")
}

func settings(t *testing.T, place Place) {
	s, ctx := Open(t, place(t)), context.Background()
	if _, err := s.Setting(ctx, "offset"); !errors.Is(err, ops.ErrNoDoc) {
		t.Errorf("reading what is not set: %v", err)
	}
	for _, body := range []string{`17`, `{"a": 18}`} {
		if err := s.SetSetting(ctx, "offset", json.RawMessage(body)); err != nil {
			t.Fatal(err)
		}
		if got := must[json.RawMessage](t)(s.Setting(ctx, "offset")); string(got) != body {
			t.Errorf("set %s, got %s", body, got)
		}
	}
	doc := must[ops.Doc](t)(s.Load(ctx, "setting", "offset"))
	if doc.Version != 2 {
		t.Errorf("set twice, version %d", doc.Version)
	}
	must[int64](t)(s.Save(ctx, doc))
	if err := s.SetSetting(ctx, "offset", json.RawMessage(`{`)); err == nil {
		t.Error("a setting that is not JSON was taken")
	}
	if list := must[[]ops.Doc](t)(s.List(ctx, "setting")); len(list) != 1 || !slices.Equal(list[0].Body, doc.Body) {
		t.Errorf("settings: %v", list)
	}
}
