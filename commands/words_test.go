package commands

import (
	"context"
	"strings"
	"testing"

	"vigie/ops"
)

// none is a system with one op, to read words for.
type none struct{}

var demo ops.Set[none]

var _ = ops.Look(&demo, ops.Spec{Name: "demo.logs", Command: "logs", Doc: ops.T("a", "b"), Theme: ops.T("a", "b")},
	func(context.Context, none, struct {
		Service string `doc:"a" fr:"b" names:"service"`
		Lines   int    `doc:"a" fr:"b" default:"40" min:"1" max:"500"`
		Since   string `doc:"a" fr:"b" optional:"true" choices:"1h,2h"`
		Find    string `doc:"a" fr:"b" optional:"true" rest:"true"`
	}) (ops.Answer, error) {
		return ops.Answer{}, nil
	})

var _ = ops.Look(&demo, ops.Spec{Name: "demo.files", Command: "files", Doc: ops.T("a", "b"), Theme: ops.T("a", "b")},
	func(context.Context, none, struct {
		Service string `doc:"a" fr:"b" names:"service"`
		Find    string `doc:"a" fr:"b" default:"latest" not:"/"`
		Lines   string `doc:"a" fr:"b" rest:"true"`
	}) (ops.Answer, error) {
		return ops.Answer{}, nil
	})

var _ = ops.Names(&demo, "service", func(context.Context, none) ([]ops.Choice, error) { return services, nil })

var services = []ops.Choice{
	{Value: "n8n", Also: []string{"javisi_n8n"}}, {Value: "n8n-init", Also: []string{"javisi_n8n_init"}}, {Value: "grafana"}, {Value: "grafana-image-renderer"},
	{Value: "firefly-iii", Also: []string{"javisi_firefly"}}, {Value: "postgresql"}, {Value: "redis"},
}

func desk(t testing.TB) *Desk {
	d := &Desk{Gate: &ops.Gate{}}
	if err := d.Gate.Open(demo.Bind(none{}), Bind(d)); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReadingWords(t *testing.T) {
	d := desk(t)
	for _, c := range []struct{ words, want string }{
		{"/logs n8n", "demo.logs service=n8n"},
		{"/LOGS@vigie_bot n8n 100", "demo.logs service=n8n lines=100"},
		{"logs n8n 2h", "demo.logs service=n8n since=2h"},
		{"/logs n8n 2h a b", "demo.logs service=n8n since=2h find=a b"},
		{"/logs lines=5 n8n", "demo.logs service=n8n lines=5"},
		{"/files n8n /srv/a b", "demo.files service=n8n lines=/srv/a b"},
		{"/files n8n 4f2a /srv/a", "demo.files service=n8n lines=/srv/a find=4f2a"},
		{"/log n8n", "demo.logs service=n8n"},
		{"/lgos n8n", "demo.logs service=n8n"},
		{"/logs", "demo.logs"},
		{"/start", "vigie.welcome"},
		{"aide", "vigie.help"},
		{"/logs n8n 9999", "invalid"},
		{"/logs n8n -v", "denied"},
		{"/reboot n8n --Remove-Orphans", "denied"},
		{"/nonsense", "not-found"},
		{"what is going on", "not-found"},
		{"", "invalid"},
	} {
		ask, _, err := d.read(context.Background(), Said{}, c.words)
		got := string(ops.KindOf(err))
		if err == nil {
			got = ask.Op
			for _, p := range []string{"service", "lines", "since", "find"} {
				if ask.Args[p] != "" {
					got += " " + p + "=" + ask.Args[p]
				}
			}
		}
		if got != c.want {
			t.Errorf("%q is read as %q, want %q (%v)", c.words, got, c.want, err)
		}
	}
}

func TestFindingNames(t *testing.T) {
	for _, c := range []struct {
		word, want string
		mended     bool
	}{
		{"n8n", "n8n", false},
		{"N8N", "n8n", false},
		{"javisi_n8n", "n8n", false},
		{"grafana", "grafana", false},
		{"init", "n8n-init", false},
		{"firefly", "firefly-iii", false},
		{"Post", "postgresql", false},
		{"grafna", "grafana", true},
		{"rdeis", "redis", true},
		{"redís", "redis", false},
		{"graf", "? grafana grafana-image-renderer", false},
		{"g", "? grafana grafana-image-renderer", false},
		{"fireflx", "firefly-iii", true},
		{"frefly", "firefly-iii", true},
		{"mysql", "not-found", false},
		{"zz", "not-found", false},
	} {
		got, mended, err := match(ops.Param{Name: "service"}, c.word, services)
		var e *ops.Error
		if asError(err, &e) {
			if got = string(e.Kind); e.Kind == ops.Invalid {
				got = "?"
				for _, c := range e.Choices {
					got += " " + c.Value
				}
			}
		}
		if got != c.want || mended != c.mended {
			t.Errorf("%q finds %q (mended: %v), want %q", c.word, got, mended, c.want)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"/logs n8n 5", "logs", "/", "//", "/logs a=b", "/logs service=", "é /x", "\x00", "/logs n8n " + strings.Repeat("x", 600)} {
		f.Add(s)
	}
	d := desk(f)
	f.Fuzz(func(t *testing.T, words string) {
		ask, _, err := d.read(context.Background(), Said{}, words)
		if err != nil {
			return
		}
		op, ok := d.Gate.Op(ask.Op)
		if !ok {
			t.Fatalf("%q is read as %q, which there is not", words, ask.Op)
		}
		for name := range ask.Args {
			known := false
			for _, p := range op.Params {
				known = known || p.Name == name
			}
			if !known {
				t.Errorf("%q gives %s a parameter %q that it does not have", words, op.Name, name)
			}
		}
	})
}

// TestHandlingAPanic: one bad message does not end the bot.
func TestHandlingAPanic(t *testing.T) {
	d := desk(t)
	told := 0
	d.Broken = func(error) { told++ }
	d.langs = map[int64]ops.Lang{1: ops.English}
	d.Gate.Policy = nil // what a bug looks like
	d.Handle(context.Background(), Said{Who: ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}, Place: "x:1", Text: "/help"})
	if told == 0 {
		t.Error("nobody was told")
	}
}
