// Package bots looks after other Telegram bots: whether their updates go where they should, and arrive there. One token that
// a program polled while a webhook was set on it, answered 409 for 18 days before anybody saw it.
//
// It asks getWebhookInfo and nothing else. It never polls, sets or removes anything: those bots are somebody's.
//
// Read bots.go (what can be asked for), ask.go (what Telegram says), judge.go (what that means), list.go (the op).
package bots

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// Options say which bots there are.
type Options struct {
	Bots    []Bot
	APIURL  string // "https://api.telegram.org" if empty
	Pending int    // more updates than this that wait are a trouble; 50 if 0
}

// A Bot is one that somebody else runs.
type Bot struct {
	Name    string // what people call it, one word
	Token   Secret
	Webhook string // where its updates should go; "" if it polls and must have no webhook, [Anywhere] if that does not matter
}

// Anywhere stands for any webhook, and for none.
const Anywhere = "*"

// A Secret is shown to nobody: only the one place that needs it reveals it.
type Secret interface{ Reveal() string }

// A System is what the op and the watcher here look at. [New] makes one.
type System struct {
	o      Options
	client *http.Client
	mu     sync.Mutex // guards past; never held on the network
	past   map[string]*past
}

// names are what can stand in a subject and in a chat without being read as something else.
var names = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?$`)

const officialAPI = "https://api.telegram.org"

// New makes a system of o. The error names everything that is wrong with o, and no secret.
func New(o Options) (*System, error) {
	o.APIURL, o.Pending = strings.TrimRight(cmp.Or(o.APIURL, officialAPI), "/"), cmp.Or(o.Pending, 50)
	s := &System{o: o, past: map[string]*past{}, client: &http.Client{
		Timeout: askTimeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	var wrong []error
	if u, err := url.Parse(o.APIURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		wrong = append(wrong, errors.New("the address of the Bot API begins with https:// or http:// and names a host"))
	}
	if o.Pending < 0 {
		wrong = append(wrong, errors.New("pending is not below 0"))
	}
	for _, b := range o.Bots {
		switch {
		case !names.MatchString(b.Name):
			wrong = append(wrong, fmt.Errorf("bot %q: the name is one word of letters, digits and . _ - inside", b.Name))
		case s.past[b.Name] != nil:
			wrong = append(wrong, fmt.Errorf("bot %q: the name is taken", b.Name))
		case b.Token == nil || b.Token.Reveal() == "":
			wrong = append(wrong, fmt.Errorf("bot %q: its token is missing", b.Name))
		case strings.ContainsAny(b.Token.Reveal(), "/?#% \n"):
			wrong = append(wrong, fmt.Errorf("bot %q: its token is none that @BotFather gave", b.Name))
		}
		s.past[b.Name] = &past{}
	}
	return s, errors.Join(wrong...)
}

const (
	every   = 5 * time.Minute
	subject = "bot:"
	blind   = "watch:bots"
)

// Watcher looks at all bots every five minutes. It tells of bots ("bot:NAME": webhook, pending, error, token), and of not
// reaching Telegram ("watch:bots": blind).
func (s *System) Watcher() ops.Watcher { return watcher{s} }

type watcher struct{ *System }

func (watcher) Name() string { return "bots" }

// Watch implements [ops.Watcher].
func (s watcher) Watch(ctx context.Context, _ json.RawMessage, tell func(ops.Sighting)) {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	var told []ops.Trouble
	for {
		looks := s.look(ctx)
		if ctx.Err() != nil {
			return
		}
		list := s.note(looks, time.Now())
		tell(ops.Sighting{Troubles: append(list, over(told, list, looks)...), Whole: subject})
		tell(ops.Sighting{Troubles: unseen(looks), Whole: blind})
		told = list
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return
		}
	}
}

var set ops.Set[*System]

// Bind returns every op in this package, looking at s.
func Bind(s *System) ops.Bound { return set.Bind(s) }
