package scores

import (
	"bytes"
	"context"
	"fmt"
	"image/png"
	"os"
	"strings"
	"sync"
	"testing"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

// server is the one PostgreSQL of these tests, which the first that needs it starts.
var server = sync.OnceValues(func() (*litellmtest.Server, error) { return litellmtest.Start(context.Background()) })
var started bool

func TestMain(m *testing.M) {
	code := m.Run()
	if started {
		if s, err := server(); err == nil {
			if err := s.Stop(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// schema is what the collector makes.
const schema = `CREATE TABLE model_scores (model text PRIMARY KEY, total_calls integer DEFAULT 0, successful_calls integer DEFAULT 0, failed_calls integer DEFAULT 0,
	total_tokens bigint DEFAULT 0, total_cost double precision DEFAULT 0, total_latency_ms double precision DEFAULT 0, likes integer DEFAULT 0, dislikes integer DEFAULT 0,
	score integer DEFAULT 50, avg_cost_per_call double precision DEFAULT 0, avg_latency_ms double precision DEFAULT 0, source text,
	first_seen timestamptz DEFAULT now(), last_updated timestamptz DEFAULT now());`

// base makes a database of a test's own, and returns what runs statements in it and its DSN.
func base(t *testing.T, name, statements string) (func(string), func(user string) string) {
	t.Helper()
	started = true
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	exec := func(db, statements string) {
		t.Helper()
		if err := s.Exec(context.Background(), db, statements); err != nil {
			t.Fatal(err)
		}
	}
	exec("postgres", "CREATE DATABASE "+name)
	exec(name, statements)
	return func(statements string) { t.Helper(); exec(name, statements) }, func(user string) string { return s.DSN(user, name) }
}

type allow struct{}

func (allow) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// look is what /scores says, and its picture.
func look(t *testing.T, dsn string, lang ops.Lang) (string, *ops.File) {
	t.Helper()
	s, err := New(Options{DSN: dsn})
	if err != nil {
		t.Fatal(err)
	}
	gate := &ops.Gate{Policy: allow{}, Store: forgetful{}}
	if err := gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	a, _, err := gate.Ask(t.Context(), ops.Caller{ID: 1, Role: ops.Viewer, Lang: lang}, ops.Ask{Op: "scores.show"}, "here")
	if err != nil {
		return "error: " + ops.Unmark(ops.SayOf(err).In(lang)), nil
	}
	var b strings.Builder
	var picture *ops.File
	for _, block := range a.Blocks {
		for _, row := range block.Table {
			fmt.Fprintln(&b, "|", strings.Join(row, " | "))
		}
		if block.File != nil {
			picture = block.File
		}
		fmt.Fprintln(&b, ops.Unmark(block.Line.In(lang)))
	}
	return b.String(), picture
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

func TestScores(t *testing.T) {
	exec, dsn := base(t, "scores_all", schema)
	got, picture := look(t, dsn("postgres"), ops.English)
	holds(t, got, "⚪ no model is scored yet")
	if picture != nil {
		t.Error("there is a picture of nothing")
	}
	exec(`INSERT INTO model_scores (model, total_calls, successful_calls, likes, dislikes, score, avg_cost_per_call, avg_latency_ms) VALUES
		('glm-5', 400, 392, 12, 1, 91, 0.00042, 1840), ('gpt', 10, 5, 0, 3, 30, 0.02, 900);
		INSERT INTO model_scores (model, score, last_updated) VALUES ('new', NULL, NULL)`)
	got, picture = look(t, dsn("postgres"), ops.English)
	holds(t, got, "🟢 3 models scored, the best: glm-5, 91 of 100", "| glm-5 | 91 | 98% | 0.42 | 1.8 | 12/1", "| new | 50 | – | – | – | 0/0\n| gpt | 30 | 50% | 20.00 | 0.9 | 0/3", "Compare, do not count")
	if strings.Contains(got, "400") {
		t.Errorf("an inflated count is shown:\n%s", got)
	}
	if picture == nil {
		t.Fatal("there is no picture")
	}
	if _, err := png.Decode(bytes.NewReader(picture.Data)); err != nil {
		t.Error(err)
	}
	got, _ = look(t, dsn("postgres"), ops.French)
	holds(t, got, "🟢 3 modèles notés", "98 %", "À comparer, pas à compter")
	exec(`UPDATE model_scores SET last_updated = now() - interval '50 hours'`)
	got, _ = look(t, dsn("postgres"), ops.English)
	holds(t, got, "🟠 3 models scored, but nothing new for 2 d")
	exec(`INSERT INTO model_scores (model, score) SELECT 'm' || n, 1 FROM generate_series(1, 20) n`)
	got, _ = look(t, dsn("postgres"), ops.English)
	holds(t, got, "and 11 more, with lower scores")
}

func TestCannotRead(t *testing.T) {
	exec, dsn := base(t, "scores_none", "CREATE ROLE scores_reader LOGIN")
	got, _ := look(t, dsn("postgres"), ops.English)
	holds(t, got, "error: there is no table model_scores in scores_none")
	exec(schema)
	got, _ = look(t, dsn("scores_reader"), ops.English)
	holds(t, got, "error: scores_reader may not read model_scores in scores_none")
	exec(`GRANT SELECT ON model_scores TO scores_reader`)
	got, _ = look(t, dsn("scores_reader"), ops.English)
	holds(t, got, "no model is scored yet")
	exec(`ALTER TABLE model_scores DROP COLUMN likes`)
	got, _ = look(t, dsn("postgres"), ops.French)
	holds(t, got, "il manque à model_scores une colonne", "likes")
	got, _ = look(t, "postgres://ann:word-of-ann@127.0.0.1:1/n8n", ops.English)
	holds(t, got, "nothing answers where the scores' database should be")
}

func TestNoLeak(t *testing.T) {
	const secret = "word-of-ann"
	s, err := New(Options{DSN: "postgres://ann:" + secret + "@127.0.0.1:1/n8n"})
	if err != nil {
		t.Fatal(err)
	}
	_, failed := s.read(t.Context())
	_, wrong := New(Options{DSN: "postgres://ann:" + secret + "@[/n8n"})
	if text := fmt.Sprintf("%v %+v %#v %s %v %#v %v", s, s, s, s, failed, failed, wrong); failed == nil || wrong == nil || strings.Contains(text, secret) {
		t.Errorf("the password leaks: %s", text)
	}
}
