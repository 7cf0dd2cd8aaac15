package assets

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

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

// schema is what the stack's migration makes.
const schema = `CREATE TABLE asset_provenance (asset_id TEXT PRIMARY KEY, type TEXT CHECK (type IN ('image', 'video', 'audio')), provider TEXT, model TEXT, prompt TEXT, output_name TEXT,
	result_url TEXT, render_id TEXT, agent_id TEXT DEFAULT 'artist', cost_usd NUMERIC(10,6) DEFAULT 0, storage_path TEXT, generated_at TIMESTAMPTZ DEFAULT now(), metadata JSONB DEFAULT '{}',
	created_at TIMESTAMPTZ DEFAULT now());`

const daily = `CREATE VIEW asset_cost_daily AS SELECT date_trunc('day', generated_at) AS day, provider, type, count(*) AS asset_count, sum(cost_usd) AS total_cost_usd, avg(cost_usd) AS avg_cost_usd
	FROM asset_provenance WHERE generated_at > now() - interval '30 days' GROUP BY 1, 2, 3;`

const rows = `INSERT INTO asset_provenance (asset_id, type, provider, model, output_name, result_url, render_id, cost_usd, generated_at) VALUES
	('1', 'video', 'byteplus', 'seedance', 'waves', 'https://x/waves.mp4', 'r1', 0.84, now()),
	('2', 'image', 'litellm', 'gpt-image', 'cat', NULL, NULL, 0.0425, now() - interval '5 days'),
	('3', 'image', 'litellm', NULL, NULL, NULL, NULL, NULL, now() - interval '6 days'),
	('4', 'image', 'comfyui', 'dawn', 'dog', NULL, 'r4', 0, now() - interval '40 days');`

// fresh makes databases of a test's own, each with its statements, and returns their names in order.
func fresh(t *testing.T, statements ...string) (*litellmtest.Server, []string) {
	t.Helper()
	started = true
	s, err := server()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for n, each := range statements {
		name := strings.ToLower(fmt.Sprintf("%s_%d", strings.ReplaceAll(strings.TrimPrefix(t.Name(), "Test"), "/", "_"), n))
		for _, todo := range [][2]string{{"postgres", "CREATE DATABASE " + name}, {name, each}} {
			if err := s.Exec(t.Context(), todo[0], todo[1]); err != nil {
				t.Fatal(err)
			}
		}
		names = append(names, name)
	}
	return s, names
}

func system(t *testing.T, o Options) *System {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type allow struct{}

func (allow) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// look is what /assets says.
func look(t *testing.T, s *System, lang ops.Lang, pairs ...string) string {
	t.Helper()
	gate := &ops.Gate{Policy: allow{}, Store: forgetful{}}
	if err := gate.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	args := ops.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	a, _, err := gate.Ask(t.Context(), ops.Caller{ID: 1, Role: ops.Viewer, Lang: lang}, ops.Ask{Op: "assets.list", Args: args}, "here")
	if err != nil {
		return "error: " + ops.Unmark(ops.SayOf(err).In(lang))
	}
	var b strings.Builder
	for _, block := range a.Blocks {
		for _, row := range block.Table {
			fmt.Fprintln(&b, "|", strings.Join(row, " | "))
		}
		fmt.Fprintln(&b, ops.Unmark(block.Line.In(lang)))
	}
	for _, row := range a.Buttons {
		for _, button := range row {
			fmt.Fprintf(&b, "[%s] %v\n", button.Label.In(lang), button.Ask.Args)
		}
	}
	return b.String()
}

func holds(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

// The table is found in whichever database it is, and told; the view is used if it is there, and says the same.
func TestFound(t *testing.T) {
	for _, more := range []string{"", daily} {
		name := map[string]string{"": "Bare", daily: "View"}[more]
		t.Run(name, func(t *testing.T) {
			s, names := fresh(t, "", schema+more+rows, schema)
			got := look(t, system(t, Options{DSN: s.DSN("postgres", "postgres"), Databases: names}), ops.English)
			holds(t, got, "🟢 3 assets in 30 d cost 0.8825 $ · cost unknown: 1 · in "+names[1], "| provider | n | $\n| byteplus | 1 | 0.84\n| litellm | 2 | 0.0425\n", "today 0.84 $ · yesterday 0.00 $",
				"| byteplus | seedance | 0.84 | waves\n", "| litellm | – | ? | –\n", "⚪ "+names[2]+" has the table, empty")
			if strings.Contains(got, names[0]) || strings.Contains(got, "dog") {
				t.Errorf("it shows too much:\n%s", got)
			}
		})
	}
}

// What is asked for is a type, a provider or a model, in any case; what is none of them is answered with what there is.
func TestWishes(t *testing.T) {
	s, names := fresh(t, schema+rows)
	a := system(t, Options{DSN: s.DSN("postgres", names[0])})
	holds(t, look(t, a, ops.English, "find", "VIDEO"), "🟢 1 asset in 30 d cost 0.84 $ · VIDEO · in "+names[0])
	holds(t, look(t, a, ops.French, "find", "comfyui", "since", "1440h"), "🟢 1 création en 60 j, coût 0.00 $ · comfyui", "| fournisseur | n | $\n| comfyui | 1 | 0.00")
	holds(t, look(t, a, ops.English, "find", "sora"), "⚪ nothing was registered in 30 d · sora", "There is: image, video, byteplus, comfyui, litellm, dawn, gpt-image, seedance")
	holds(t, look(t, a, ops.English, "since", "1m0s"), "🟢 1 asset in 1 min cost 0.84 $")
}

// Two databases that hold rows are a defect, told with their counts; the one with the newest row is shown, the other can be.
func TestTwo(t *testing.T) {
	s, names := fresh(t, schema+`INSERT INTO asset_provenance (asset_id, provider, generated_at) VALUES ('9', 'old', now() - interval '3 days');`, schema+rows)
	a := system(t, Options{DSN: s.DSN("postgres", "postgres"), Databases: names, More: []string{s.DSN("postgres", names[1])}})
	holds(t, look(t, a, ops.English), "🟠 3 assets", "in "+names[1], "🟠 "+names[0]+" holds 1 row as well, newest 3 d ago: who registers does not agree on the database", "[Those of "+names[0]+"] map[database:"+names[0])
	holds(t, look(t, a, ops.French, "database", names[0]), "in", "| old | – | 0.00 | –", names[1]+" en contient aussi 4 lignes")
	for _, c := range []struct {
		name, render string
		want         bool
	}{{"waves", "", true}, {"", "r4", false}, {"other", "r1", true}, {"other", "", false}, {"dog", "", false}} {
		link, found, err := a.Find(t.Context(), c.name, c.render, time.Now().Add(-24*time.Hour))
		if err != nil || found != c.want || found && link != "https://x/waves.mp4" {
			t.Errorf("%+v: %q %v %v", c, link, found, err)
		}
	}
}

// A table of another shape is shown as far as it goes, and what is odd about it is said.
func TestOdd(t *testing.T) {
	s, names := fresh(t, `CREATE TABLE asset_provenance (provider text, cost_usd text, generated_at text); INSERT INTO asset_provenance VALUES ('a', '1.5', 'x'), ('a', 'free', 'y'), (NULL, NULL, NULL)`,
		`CREATE SCHEMA creative; CREATE TABLE creative.asset_provenance (type varchar(9), provider varchar(9), cost_usd double precision, created_at timestamp, generated_at integer);
			INSERT INTO creative.asset_provenance VALUES ('image', 'b', 'NaN', now() AT TIME ZONE 'UTC', 1), ('image', 'b', 0.5, now() AT TIME ZONE 'UTC', 1)`,
		`CREATE TABLE asset_provenance (thing int); INSERT INTO asset_provenance VALUES (1);`, schema+`CREATE VIEW asset_cost_daily AS SELECT 1 AS n;`+rows)
	one := func(n int) string { return look(t, system(t, Options{DSN: s.DSN("postgres", names[n])}), ops.English) }
	holds(t, one(0), "🟢 3 assets cost 1.50 $ · cost unknown: 2", "| a | 2 | 1.50\n| – | 1 | ?", "has no column model", "cost_usd is of type text: what is no number is not added up", "nothing in it tells when")
	holds(t, one(1), "🟢 2 assets in 30 d cost 0.50 $ · cost unknown: 1", "today 0.50 $")
	holds(t, one(2), "🟢 1 asset cost 0.00 $ · cost unknown: 1", "| ? | – | – | ? | –", "has no column provider", "has no column cost_usd")
	holds(t, one(3), "today 0.84 $ · yesterday 0.00 $")
	if _, found, err := system(t, Options{DSN: s.DSN("postgres", names[2])}).Find(t.Context(), "x", "", time.Now()); found || err != nil {
		t.Errorf("in a table without names: %v, %v", found, err)
	}
}

// What cannot be read is said with the next step, and the rest is shown.
func TestCannotRead(t *testing.T) {
	s, names := fresh(t, schema+rows+"CREATE ROLE assets_reader LOGIN", "")
	reader := s.DSN("assets_reader", names[0])
	holds(t, look(t, system(t, Options{DSN: reader}), ops.English), "error: assets_reader may not read asset_provenance in "+names[0]+": as its owner, GRANT SELECT on it")
	got := look(t, system(t, Options{DSN: reader, Databases: append([]string{"no_such"}, names...)}), ops.English)
	holds(t, got, "⚪ no table asset_provenance in "+names[1], "databases of [assets]", "🟠 there is no database no_such", "🟠 assets_reader may not read")
	holds(t, look(t, system(t, Options{DSN: s.DSN("postgres", "postgres"), Databases: []string{"no_such", names[0]}}), ops.English), "🟢 3 assets", "🟠 there is no database no_such on")
	holds(t, look(t, system(t, Options{DSN: s.DSN("postgres", names[1])}), ops.French), "⚪ pas de table asset_provenance dans "+names[1])
	holds(t, look(t, system(t, Options{DSN: s.DSN("postgres", names[1])}), ops.English, "database", names[1]), "error: there is no asset_provenance in")
	holds(t, look(t, system(t, Options{DSN: "postgres://ann:word-of-ann@127.0.0.1:1/n8n"}), ops.English), "error: nothing answers where n8n should be (127.0.0.1, port 1)")
	if _, _, err := system(t, Options{DSN: reader}).Find(t.Context(), "x", "", time.Now()); ops.KindOf(err) == "" {
		t.Error("looking up in what may not be read is no error")
	}
	if err := s.Exec(t.Context(), names[0], "GRANT SELECT ON asset_provenance TO assets_reader"); err != nil {
		t.Fatal(err)
	}
	holds(t, look(t, system(t, Options{DSN: reader}), ops.English), "🟢 3 assets")
}

func TestNoLeak(t *testing.T) {
	const secret = "word-of-ann"
	s := system(t, Options{DSN: "postgres://ann:" + secret + "@127.0.0.1:1/n8n"})
	_, _, failed := s.Find(t.Context(), "x", "", time.Now())
	_, wrong := New(Options{DSN: "postgres://ann:" + secret + "@[/n8n"})
	_, none := New(Options{})
	if text := fmt.Sprintf("%v %+v %#v %s %v %#v %v", s, s, s, s, failed, failed, wrong); failed == nil || wrong == nil || none == nil || strings.Contains(text, secret) {
		t.Errorf("the password leaks: %s", text)
	}
}
