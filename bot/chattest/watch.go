package chattest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"vigie/alerts"
	"vigie/ops"
)

// An AlertsSection is a transcript's "alerts" section, in TOML. Without the section nothing is watched.
type AlertsSection struct {
	To            []string            `toml:"to"`     // people, or groups as "@ops"
	Quiet         map[string][]int    `toml:"quiet"`  // by person: hours from and to
	Delay         map[string]string   `toml:"delay"`  // by kind
	Route         []alerts.Route      `toml:"route"`  //
	Repair        []alerts.Repair     `toml:"repair"` //
	EscalateAfter string              `toml:"escalate_after"`
	EscalateTo    []string            `toml:"escalate_to"`
	Storm         int                 `toml:"storm"`
	Nightly       map[string][]string `toml:"nightly"`  // windows: by name, hour of the day, length and subjects
	Fallback      bool                `toml:"fallback"` // there is a second way
	Watch         bool                `toml:"watch"`    // the systems are watched too, besides what the transcript makes up
}

// A stage is the watcher of «! alert: …» lines: troubles that a transcript makes up.
type stage struct{ tell chan ops.Sighting }

func (s *stage) Name() string { return "stage" }

func (s *stage) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	for {
		select {
		case <-ctx.Done():
			return
		case seen := <-s.tell:
			tell(seen)
		}
	}
}

// parseAlert reads «SUBJECT KIND notice|warning|critical|over [wait=… calm=… fades=… ago=… needs=a,b lock=… line=… quote=…] TITLE».
func parseAlert(text string) (t ops.Trouble, err error) {
	words := strings.Fields(text)
	if len(words) < 3 {
		return t, fmt.Errorf("an alert is: SUBJECT KIND SEVERITY|over TITLE")
	}
	t.Subject, t.Kind, t.Severity = words[0], words[1], ops.Severity(words[2])
	if words[2] == "over" {
		t.Over, t.Severity = true, ops.Notice
	}
	words = words[3:]
	for len(words) > 0 {
		key, value, ok := strings.Cut(words[0], "=")
		if !ok {
			break
		}
		var d time.Duration
		switch key {
		case "wait", "calm", "fades", "ago":
			if d, err = time.ParseDuration(value); err != nil {
				return t, err
			}
		}
		value = strings.ReplaceAll(value, "_", " ")
		switch key {
		case "wait":
			t.Wait = d
		case "calm":
			t.Calm = d
		case "fades":
			t.Fades = d
		case "ago":
			t.At = time.Now().Add(-d)
		case "needs":
			t.Needs = strings.Split(value, ",")
		case "lock":
			t.Locks = append(t.Locks, strings.ReplaceAll(value, " ", "_"))
		case "line":
			t.Lines = append(t.Lines, ops.Raw(value))
		case "quote":
			t.Quote = value
		default:
			return t, fmt.Errorf("an alert has no %s", key)
		}
		words = words[1:]
	}
	if name, ok := strings.CutPrefix(t.Subject, "container:"); ok && !t.Over {
		t.Offers = []ops.Button{ops.AskFor(ops.T("Restart %s", "Redémarrer %s", name), "docker.restart", "service", name),
			ops.AskFor(ops.T("Why?", "Pourquoi ?"), "docker.inspect", "service", name)}
	}
	t.Title = ops.Raw(strings.Join(words, " "))
	return t, nil
}

// alerts makes the engine that the transcript asks for; nil if it asks for none.
func (p *player) alertsOf(sys System) *alerts.Engine {
	if p.section == "" {
		return nil
	}
	var s AlertsSection
	if err := toml.Unmarshal([]byte(p.section), &s); err != nil {
		p.t.Fatalf("the alerts section: %v", err)
	}
	p.screen.sorted = true
	o := alerts.Options{Store: p.store, Screen: p.line, Default: s.To, Routes: s.Route, Repairs: s.Repair, Zone: time.UTC, Stack: "javisi",
		EscalateTo: s.EscalateTo, Storm: s.Storm, Delay: map[string]time.Duration{}, Locks: sys.Locks, Subjects: sys.Subjects, Mend: p.mend,
		Watchers: []ops.Watcher{p.stage}, Broken: func(err error) { p.t.Logf("for the operator of the bot: %v", err) }}
	if s.Watch {
		o.Watchers = append(slices.Clone(sys.Watchers), p.stage)
	}
	o.EscalateAfter = p.span(s.EscalateAfter)
	for kind, d := range s.Delay {
		o.Delay[kind] = p.span(d)
	}
	for name, c := range everybody {
		hours := s.Quiet[name]
		r := alerts.Recipient{Key: name, Place: ops.Place(fmt.Sprintf("chat:%d", c.ID)), Who: c, Lang: func(ctx context.Context) ops.Lang { return p.desk.Lang(ctx, c) }}
		if len(hours) == 2 {
			r.Quiet = alerts.Quiet{From: hours[0] * 60, To: hours[1] * 60}
		}
		o.People = append(o.People, r)
	}
	o.People = append(o.People, alerts.Recipient{Key: "@ops", Place: "chat:-ops"})
	for name, w := range s.Nightly {
		o.Windows = append(o.Windows, alerts.Window{Name: name, For: p.span(w[1]), Subject: w[2:], Next: daily(p.span(w[0]))})
	}
	if s.Fallback {
		o.Fallback = secondWay{p.screen}
	}
	return alerts.New(o)
}

func (p *player) span(s string) time.Duration {
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		p.t.Fatalf("the alerts section: %v", err)
	}
	return d
}

// daily gives the starts of something that begins at the same time of each day.
func daily(at time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		start := after.UTC().Truncate(24 * time.Hour).Add(at)
		if !start.After(after) {
			start = start.Add(24 * time.Hour)
		}
		return start
	}
}

// mend asks for an op as Vigie itself, and says yes.
func (p *player) mend(ctx context.Context, ask ops.Ask, place ops.Place, lang ops.Lang) (string, error) {
	who := ops.Caller{ID: -1, Name: "vigie", Role: ops.Operator, Via: "repair", Lang: lang}
	_, run, err := p.gate.Ask(ctx, who, ask, place)
	if err == nil && run.State == ops.Waiting {
		run, err = p.gate.Decide(ctx, who, run.ID, ops.Decision{Yes: true})
	}
	if err != nil {
		return "", err
	}
	return run.ID, nil
}

// secondWay writes what goes the second way into the conversation.
type secondWay struct{ screen *screen }

func (w secondWay) Send(_ context.Context, text string) error {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	w.screen.fresh = append(w.screen.fresh, said{"", time.Now(), block("bot> ", "(by the second way)\n"+text), nil})
	return nil
}
