package chattest

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"vigie/alerts"
	"vigie/commands"
	"vigie/data"
	"vigie/data/runs"
	"vigie/llm/script"
	"vigie/ops"
	"vigie/policies"
)

// A System is what the bot operates.
type System struct {
	Bound     []ops.Bound
	Protected func(string) (ops.Text, bool)
	Watchers  []ops.Watcher // watch only if the transcript has an "alerts" section
	Locks     func(subject string) []string
	Subjects  func(context.Context) ([]ops.Choice, error)
	Desk      func(*commands.Desk) // is told of the desk, if it looks around through it
}

// Systems makes it, afresh for each start of the bot.
type Systems func() System

var everybody = map[string]ops.Caller{
	"ann":   {ID: 1, Name: "ann", Role: ops.Admin, Via: "chat", Lang: ops.English},
	"bruno": {ID: 2, Name: "bruno", Role: ops.Operator, Via: "chat", Lang: ops.French},
	"cat":   {ID: 3, Name: "cat", Role: ops.Viewer, Via: "chat", Lang: ops.English},
	"dan":   {ID: 4, Name: "dan", Role: ops.Operator, Via: "chat", Lang: ops.English},
	"zed":   {ID: 9, Name: "zed", Via: "chat"},
}

type people struct{}

func (people) ByRole(r ops.Role) (list []ops.Caller) {
	for _, name := range []string{"ann", "bruno", "cat", "dan"} {
		if c := everybody[name]; c.Role.AtLeast(r) {
			list = append(list, c)
		}
	}
	return list
}

// A player plays one transcript: a whole bot, but for its transport, on a real store.
type player struct {
	t       *testing.T
	world   World
	systems Systems
	file    string
	policy  string
	section string // "alerts"
	model   string // "model"
	script  *script.Server

	screen *screen
	stage  *stage
	engine *alerts.Engine // nil if nothing is watched
	end    context.CancelFunc
	ended  chan struct{}
	store  *data.Store
	gate   *ops.Gate
	desk   *commands.Desk
	said   int
	line   *line
}

func (p *player) start() {
	p.t.Helper()
	if p.screen == nil {
		p.screen = &screen{dirty: map[int]bool{}}
	}
	var file struct {
		Policy policies.Rules `toml:"policy"`
	}
	if err := toml.Unmarshal([]byte(p.policy), &file); err != nil {
		p.t.Fatalf("the policy section: %v", err)
	}
	policy, problems := policies.New(file.Policy, policies.Known{})
	if len(problems) > 0 {
		p.t.Fatalf("the policy section: %v", problems)
	}
	store, err := data.Open(context.Background(), data.Options{Path: p.file})
	if err != nil {
		p.t.Fatal(err)
	}
	broken := func(err error) { p.t.Logf("for the operator of the bot: %v", err) }
	sys := p.systems()
	p.store, p.line = store, &line{screen: p.screen}
	p.gate = &ops.Gate{Policy: policy, Store: store, Runner: runs.NewDirect(slog.New(slog.DiscardHandler)), People: people{}, Broken: broken,
		Protected: sys.Protected, Codes: codes{}, Zone: time.UTC,
		NeverArgs: map[string]ops.Text{"n8n_encryption_key": ops.T("n8n could not read its credentials any more", "n8n ne pourrait plus lire ses identifiants")}}
	p.desk = &commands.Desk{Gate: p.gate, Store: store, Screens: map[string]commands.Screen{"chat": p.line}, Stack: "javisi", Broken: broken,
		Explain: func(who ops.Caller) (list []commands.Effect) {
			var specs []ops.Spec
			for _, op := range p.gate.Ops() {
				specs = append(specs, op.Spec)
			}
			for _, l := range policy.Explain(who, specs, time.Now()) {
				list = append(list, commands.Effect{Verdict: l.Verdict, Commands: l.Commands, Only: l.Only})
			}
			return list
		},
		Check: func(ctx context.Context) (commands.Audit, error) {
			r, err := store.Verify(ctx)
			return commands.Audit{Entries: r.Entries, Head: data.MarkOf(r.Head).String()}, err
		}}
	model, err := p.modelOf(p.model, store)
	if err != nil {
		p.t.Fatal(err)
	}
	if model != nil {
		p.desk.Model = model
	}
	if sys.Desk != nil {
		sys.Desk(p.desk)
	}
	bound := append(slices.Clone(sys.Bound), commands.Bind(p.desk))
	p.stage = &stage{make(chan ops.Sighting)}
	if p.engine = p.alertsOf(sys); p.engine != nil {
		bound = append(bound, alerts.Bind(p.engine))
	}
	if err := p.gate.Open(bound...); err != nil {
		p.t.Fatal(err)
	}
	left, err := p.gate.Recover(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	p.gate.Watch = func(r ops.Run) {
		if p.engine != nil {
			p.engine.Ran(r)
		}
		p.desk.Watch(r)
	}
	ctx, end := context.WithCancel(context.Background())
	p.end, p.ended = end, make(chan struct{})
	go func() { // waited for in stop and kill
		defer close(p.ended)
		if p.engine == nil {
			return
		}
		if err := p.engine.Run(ctx); err != nil {
			p.t.Errorf("watching: %v", err)
		}
	}()
	if err := p.gate.Runner.Launch(context.Background(), p.gate.Advance); err != nil {
		p.t.Fatal(err)
	}
	waiting, err := p.gate.Runs(context.Background(), ops.Running) // the real runner has them; this one forgets
	if err != nil {
		p.t.Fatal(err)
	}
	for _, r := range waiting {
		if err := p.gate.Runner.Start(context.Background(), r.ID, nil); err != nil {
			p.t.Fatal(err)
		}
	}
	p.desk.Resume(context.Background(), left)
	p.desk.Vanish(context.Background())
}

// stop ends the bot in order.
func (p *player) stop() {
	if p.store == nil {
		return
	}
	if err := p.gate.Close(context.Background()); err != nil {
		p.t.Error(err)
	}
	p.desk.Close()
	p.end()
	<-p.ended
	if err := p.store.Close(); err != nil {
		p.t.Error(err)
	}
	p.store = nil
}

// kill ends the bot as kill -9 does: from one moment to the next its store takes nothing more, and nobody sees
// what it says.
func (p *player) kill() {
	p.line.cut.Store(true)
	if err := p.store.Close(); err != nil {
		p.t.Error(err)
	}
	_ = p.gate.Close(context.Background()) // only so that its goroutines end with the bubble; nothing reaches the store
	p.desk.Close()
	p.end()
	<-p.ended
}

func (p *player) say(who, text string) {
	p.t.Helper()
	name, group, _ := strings.Cut(who, "@")
	c, ok := everybody[name]
	if !ok {
		p.t.Fatalf("nobody is called %s", name)
	}
	p.said++
	s := commands.Said{Who: c, Place: ops.Place(fmt.Sprintf("chat:%d", c.ID)), Private: group == "", Text: text, Sent: time.Now(),
		Message: ops.Place(fmt.Sprintf("chat:%d:said-%d", c.ID, p.said))}
	if group != "" {
		s.Place = ops.Place("chat:-" + group)
	}
	switch {
	case strings.HasPrefix(text, "["):
		label := strings.TrimSuffix(text[1:], "]")
		b, place, ok := p.screen.button(label, p.screen.Chat(s.Place))
		if !ok {
			p.t.Fatalf("%s> %s: there is no such button", who, text)
		}
		tap, _ := commands.EncodeTap(b) // what does not fit a real button is kept by the transport
		s.Text, s.Tap, s.Message, s.Place = "", tap, place, p.screen.Chat(place)
	case strings.HasPrefix(text, "(edited) "):
		s.Text, s.Edited = text[len("(edited) "):], true
	case strings.HasPrefix(text, "(forwarded) "):
		s.Text, s.Forwarded = text[len("(forwarded) "):], true
	case strings.HasPrefix(text, "(10 min ago) "):
		s.Text, s.Sent = text[len("(10 min ago) "):], time.Now().Add(-10*time.Minute)
	case text == "(voice)":
		s.Text, s.Voice = "", true
	}
	lang := c.Lang
	p.screen.toast(p.desk.Handle(context.Background(), s), lang)
}

// runID is what names a run: random, so transcripts do not show it, nor the sums that it goes into.
var runID = regexp.MustCompile(`\b[0-9a-f]{32}([0-9a-f]{32})?\b`)

// codes are the one-time codes of transcripts: 123456 is right, once per transcript second.
type codes struct{}

func (codes) Check(_ int64, code string, _ time.Time) (bool, error) { return code == "123456", nil }

func (p *player) journal() string {
	entries, err := p.store.Entries(context.Background(), ops.Query{Limit: 1000})
	if err != nil {
		p.t.Fatal(err)
	}
	var lines []string
	looks := 0 // how many of the last lines are looks of one moment: they are written down without waiting, so their order is nobody's
	for i := len(entries) - 1; i >= 0; i-- {
		e := entries[i]
		line := fmt.Sprintf("%s %s %s %s %s", e.Time.Format("15:04:05"), e.Name, e.What, e.Op, e.Note)
		if e.What != ops.Read || len(lines) > 0 && !strings.HasPrefix(line, lines[len(lines)-1][:len("15:04:05")]) {
			looks = 0
		}
		if e.What == ops.Read {
			looks++
		}
		lines = append(lines, runID.ReplaceAllString(strings.Join(strings.Fields(line), " "), "<id>"))
		slices.Sort(lines[len(lines)-looks:])
	}
	return strings.Join(lines, "\n") + "\n"
}

// A Playing bot is one that a test drives by hand.
type Playing struct {
	Gate *ops.Gate
	Desk *commands.Desk
	p    *player
}

// Start starts a bot on systems, with its store in dir, inside the caller's bubble.
func Start(t *testing.T, dir string, systems Systems) *Playing {
	p := &player{t: t, systems: systems, file: filepath.Join(dir, "vigie.db"), section: `to = ["ann"]`}
	p.start()
	return &Playing{p.gate, p.desk, p}
}

// Stop ends it in order.
func (p *Playing) Stop() { p.p.stop() }
