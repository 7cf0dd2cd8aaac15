package scores

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/scores/scorestest"
)

// TestStandIn asks the stand-in and a real PostgreSQL the same of the same rows, and of the same faults.
func TestStandIn(t *testing.T) {
	exec, dsn := base(t, "scores_same", schema+"CREATE ROLE scores_stranger LOGIN;")
	fake, at := &scorestest.Server{}, time.Now().Add(-time.Hour).Truncate(time.Microsecond)
	for i, r := range []scorestest.Row{{Model: "glm-5", Score: 91, Calls: 400, Good: 392, Likes: 12, Dislikes: 1, Cost: 0.00042, Latency: 1840}, {Model: "b", Score: 30, Calls: 7}, {Model: "a", Score: 30, Calls: 7, Cost: 1e-9}, {Model: "c", Score: 30, Calls: 8}} {
		r.Updated = at.Add(time.Duration(i) * time.Minute)
		fake.Put(r)
		exec(fmt.Sprintf("INSERT INTO model_scores (model, score, total_calls, successful_calls, likes, dislikes, avg_cost_per_call, avg_latency_ms, last_updated) VALUES ('%s', %d, %d, %d, %d, %d, %g, %g, '%s')",
			r.Model, r.Score, r.Calls, r.Good, r.Likes, r.Dislikes, r.Cost, r.Latency, r.Updated.Format(time.RFC3339Nano)))
	}
	ask := func(o Options) string {
		s, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		list, err := s.read(context.Background())
		if err != nil {
			return "error: " + ops.Unmark(ops.SayOf(err).En)
		}
		var b strings.Builder
		for _, one := range list {
			one.Updated = one.Updated.UTC()
			fmt.Fprintf(&b, "%+v\n", one)
		}
		return b.String()
	}
	stand := Options{DSN: "postgres://postgres@postgresql/scores_same", Dial: fake.Dial, Look: fake.Look}
	same := func(o Options) {
		t.Helper()
		if got, want := ask(stand), ask(o); got != want {
			t.Errorf("the stand-in says\n%s\nand the real one\n%s", got, want)
		}
	}
	same(Options{DSN: dsn("postgres")})
	fake.Break("secret")
	stand.DSN = "postgres://scores_stranger@postgresql/scores_same"
	same(Options{DSN: dsn("scores_stranger")})
	fake.Break("gone")
	stand.DSN = "postgres://postgres@postgresql/scores_same"
	exec("DROP TABLE model_scores")
	same(Options{DSN: dsn("postgres")})
	fake.Break("locked")
	if got := ask(stand); got != "error: PostgreSQL on postgresql refuses postgres: the password is wrong, or pg_hba.conf does not let it in" {
		t.Error(got)
	}
	fake.Break("down")
	if got := ask(stand); !strings.HasPrefix(got, "error: nothing answers where the scores' database should be (postgresql, port 5432)") {
		t.Error(got)
	}
	fake.Break("")
	synctest.Test(t, func(t *testing.T) { // as in a transcript: nothing is left running
		if got := ask(stand); strings.Count(got, "\n") != 4 {
			t.Error(got)
		}
	})
}
