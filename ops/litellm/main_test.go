package litellm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"vigie/ops"
	"vigie/ops/litellm/litellmtest"
)

// server is the one PostgreSQL of these tests, which the first that needs it starts: fuzzing needs none.
var server = &lazy{}

type lazy struct {
	once sync.Once // guards what follows
	*litellmtest.Server
	err error
}

func (l *lazy) start(t testing.TB) {
	t.Helper()
	l.once.Do(func() { l.Server, l.err = litellmtest.Start(context.Background()) })
	if l.err != nil {
		t.Fatal(l.err)
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	if server.Server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var databases struct {
	sync.Mutex // guards n
	n          int
}

// A base is one LiteLLM's database, of a test's own.
type base struct {
	t    testing.TB
	name string
	ids  int
}

func newBase(t testing.TB, schema string) *base {
	t.Helper()
	server.start(t)
	databases.Lock()
	databases.n++
	b := &base{t: t, name: fmt.Sprintf("litellm_%d", databases.n)}
	databases.Unlock()
	if err := server.Exec(context.Background(), "postgres", "CREATE DATABASE "+b.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Exec(context.Background(), "postgres", "DROP DATABASE "+b.name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	b.exec(schema)
	return b
}

func (b *base) exec(statements string) {
	b.t.Helper()
	if err := server.Exec(context.Background(), b.name, statements); err != nil {
		b.t.Fatal(err)
	}
}

// A call is a row of the log. What is not said is an ordinary call of openrouter's glm-5 by key 1.
type call struct {
	at                          time.Time
	usd                         float64
	provider, alias, model, key string
	tags, team, metadata        string
}

// write logs calls, as LiteLLM does at their end.
func (b *base) write(calls ...call) {
	b.t.Helper()
	c, err := pgx.Connect(context.Background(), server.DSN("postgres", b.name))
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close(context.Background())
	or := func(s, instead string) string {
		if s == "" {
			return instead
		}
		return s
	}
	for _, l := range calls {
		b.ids++
		_, err := c.Exec(context.Background(), `INSERT INTO "LiteLLM_SpendLogs" (request_id, call_type, api_key, spend, total_tokens, "startTime", "endTime", model, model_group,
			custom_llm_provider, request_tags, team_id, metadata) VALUES ($1, 'acompletion', $2, $3, 100, $4::timestamptz AT TIME ZONE 'UTC', $4::timestamptz AT TIME ZONE 'UTC', $5, $6, $7, $8::jsonb, nullif($9, ''), $10::jsonb)`,
			fmt.Sprintf("id-%d", b.ids), or(l.key, keyHash(1)), l.usd, l.at, or(l.model, "openrouter/z-ai/glm-5"), or(l.alias, "glm-5"), or(l.provider, "openrouter"), or(l.tags, "[]"), l.team, or(l.metadata, "{}"))
		if err != nil {
			b.t.Fatal(err)
		}
	}
}

func keyHash(n int) string { return fmt.Sprintf("%064x", n) }

// system reads the base as postgres.
func (b *base) system(o Options) *System {
	b.t.Helper()
	if o.DSN == "" {
		o.DSN = server.DSN("postgres", b.name)
	}
	s, err := New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// confirm lets everybody look.
type confirm struct{}

func (confirm) Decide(ops.Request) ops.Verdict { return ops.Verdict{Demand: ops.Allow} }

// forgetful takes journal lines and keeps none.
type forgetful struct{ ops.Store }

func (forgetful) Append(_ context.Context, entries ...ops.Entry) ([]ops.Entry, error) {
	return entries, nil
}

// ask asks one op as a person would, and returns what is shown.
func ask(t testing.TB, s *System, lang ops.Lang, op string, pairs ...string) (ops.Answer, error) {
	t.Helper()
	args := ops.Args{}
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	g := &ops.Gate{Policy: confirm{}, Store: forgetful{}}
	if err := g.Open(Bind(s)); err != nil {
		t.Fatal(err)
	}
	a, _, err := g.Ask(t.Context(), ops.Caller{ID: 1, Role: ops.Admin, Lang: lang}, ops.Ask{Op: op, Args: args}, "here")
	if err != nil {
		return ops.Answer{}, err
	}
	return *a, nil
}

// shown is an answer's text in one language; ask is how it must succeed.
func shown(a ops.Answer, lang ops.Lang) string {
	var lines []string
	for _, b := range a.Blocks {
		switch {
		case b.Table != nil:
			for _, r := range b.Table {
				lines = append(lines, "| "+strings.Join(r, " | "))
			}
		case b.File != nil:
			lines = append(lines, "("+b.File.Type+")")
		default:
			lines = append(lines, ops.Unmark(b.Line.In(lang))+b.Code)
		}
	}
	return strings.Join(lines, "\n")
}

func mustAsk(t testing.TB, s *System, op string, pairs ...string) string {
	t.Helper()
	a, err := ask(t, s, ops.English, op, pairs...)
	if err != nil {
		t.Fatalf("%s %v: %v", op, pairs, err)
	}
	return shown(a, ops.English)
}

// holds checks that text has all the parts.
func holds(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("it does not say %q:\n%s", p, text)
		}
	}
}

// memory is a Kept that counts.
type memory struct {
	mu    sync.Mutex // guards what follows
	state json.RawMessage
	saves int
}

func (m *memory) Load(context.Context) (json.RawMessage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state, nil
}

func (m *memory) Save(_ context.Context, state json.RawMessage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state, m.saves = slices.Clone(state), m.saves+1
	return nil
}

// A town hears what a watcher tells, and knows what is wrong now.
type town struct {
	mu   sync.Mutex // guards what follows
	now  map[string]ops.Trouble
	told int
	mark json.RawMessage
}

func (h *town) hear(s ops.Sighting) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now == nil {
		h.now = map[string]ops.Trouble{}
	}
	if s.Whole != "" {
		maps.DeleteFunc(h.now, func(key string, _ ops.Trouble) bool { return strings.HasPrefix(key, s.Whole) })
	}
	for _, t := range s.Troubles {
		h.now[t.Subject+" "+t.Kind] = t
	}
	h.told++
	if s.Mark != nil {
		h.mark = s.Mark
	}
}

func (h *town) trouble(key string) (ops.Trouble, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t, ok := h.now[key]
	return t, ok
}

func (h *town) keys() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Sorted(maps.Keys(h.now))
}

func kindOf(err error) ops.ErrorKind {
	var e *ops.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// lock holds the log as a migration does, until the returned func is called.
func (b *base) lock() (unlock func()) {
	b.t.Helper()
	c, err := pgx.Connect(context.Background(), server.DSN("postgres", b.name))
	if err == nil {
		_, err = c.Exec(context.Background(), `BEGIN; LOCK TABLE "LiteLLM_SpendLogs" IN ACCESS EXCLUSIVE MODE`)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return func() { _ = c.Close(context.Background()) } // which rolls it back
}

type pgxTx = pgx.Tx
