// Package commands is the conversation: words and taps become asks, and what the Gate says becomes answers.
//
// Read desk.go (what comes in), parse.go and resolve.go (words become an ask), plan.go and report.go (how a
// plan and its run are told), then the ops that are about Vigie itself: help.go, self.go, history.go.
package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"vigie/ops"
)

// A Desk holds the conversations of every chat. Fill in the exported fields before the first call.
type Desk struct {
	Gate    *ops.Gate
	Store   ops.Store
	Screens map[string]Screen // by the transport's name: what a Place begins with, before the colon
	Zone    *time.Location    // of times in /history; nil is UTC
	Stack   string            // what the stack is called, for /start
	Version string
	// StaleAfter is how old a message may be and still be carried out; 0 means 5 minutes.
	StaleAfter time.Duration
	// Explain is what the policy comes to for a person.
	Explain func(ops.Caller) []Effect
	// Check verifies the whole journal.
	Check func(context.Context) (Audit, error)
	// Absent are the commands of systems that are not configured, each with what the configuration would need: "[n8n]".
	Absent map[string]string
	// Model is asked about what the words themselves do not say plainly; nil: nothing is asked.
	Model Model
	// Broken is told of what the operator of the bot must know.
	Broken func(error)

	mu    sync.Mutex // guards what follows; held for moments only
	forms map[chatter]form
	lives map[string]context.CancelFunc // by live id
	shows map[string]*show              // runs that are being told of
	calls map[string][]call             // copies of waiting plans in approvers' chats
	langs map[int64]ops.Lang            // chosen
	apps  map[int64]ops.Lang            // of their apps
	told  map[ops.Place]string          // which op's answer a message holds
	seen  map[int64]time.Time           // strangers, so that one cannot flood the journal
	known known                         // what plain words are read with
	talks map[chatter]talk

	once sync.Once // makes end
	end  chan struct{}
	work sync.WaitGroup // goroutines that keep messages up to date; waited for in Close
}

// A chatter is one person in one chat.
type chatter struct {
	chat ops.Place
	id   int64
}

// A form is an ask that waits for one more value.
type form struct {
	ask   ops.Ask
	param string
	typed map[string]string // for a run: what was typed already
	until time.Time
}

// Handle answers one message or tap. It returns when the answer is on its way, not when an operation is over;
// calls for one chat come one after the other, taps may come at any time.
func (d *Desk) Handle(ctx context.Context, s Said) (toast Toast) {
	if s.Who.Role == ops.Nobody {
		d.stranger(s)
		return Toast{}
	}
	d.hear(ctx, s.Who)
	s.Who.Lang = d.lang(ctx, s.Who)
	defer func() {
		if p := recover(); p != nil { // one bad message must not end the bot
			d.broken(fmt.Errorf("handling a message: panic: %v", p))
			d.say(ctx, s, ops.T("🔴 That broke something in me. The journal of the bot has the details.", "🔴 Ça a cassé quelque chose en moi. Le journal du bot a les détails."))
		}
	}()
	if s.Tap != "" {
		toast = d.tap(ctx, s)
		toast.Text = ops.Raw(toast.Text.In(s.Who.Lang)) // the person's choice, which the transport does not know
		return toast
	}
	d.words(ctx, s)
	return Toast{}
}

// stranger gets silence; the journal gets a line, at most one a minute for each.
func (d *Desk) stranger(s Said) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.seen == nil || len(d.seen) > 10_000 {
		d.seen = map[int64]time.Time{}
	}
	if time.Since(d.seen[s.Who.ID]) < time.Minute {
		return
	}
	d.seen[s.Who.ID] = time.Now()
	d.Gate.Tell(s.Who, ops.Stranger, fmt.Sprintf("wrote %d characters in %s", len([]rune(s.Text+s.Tap)), s.Place))
}

func (d *Desk) words(ctx context.Context, s Said) {
	text := strings.TrimSpace(s.Text)
	switch {
	case s.Voice:
		d.say(ctx, s, ops.T("I cannot listen to voice messages. Type it, or tap below.", "Je n’écoute pas les messages vocaux. Écris-le, ou touche ci-dessous."), d.starters()...)
		return
	case text == "":
		return
	case s.Forwarded:
		d.say(ctx, s, ops.T("⚪ I do not carry out forwarded messages: they are somebody else's words.", "⚪ Je n’exécute pas les messages transférés : ce sont les mots d’un autre."))
		return
	}
	fresh := cmpDuration(d.StaleAfter, 5*time.Minute)
	if s.Edited || !s.Sent.IsZero() && time.Since(s.Sent) > fresh {
		d.late(ctx, s, text)
		return
	}
	if d.typed(ctx, s, text) {
		return
	}
	if !strings.HasPrefix(text, "/") {
		d.sentence(ctx, s, text)
		return
	}
	ask, understood, err := d.read(ctx, s, text)
	if err != nil {
		d.problem(ctx, s, ask, err)
		return
	}
	d.ask(ctx, s, ask, understood)
}

func cmpDuration(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// late answers what is not carried out because of when or how it came, and offers it as a button: a tap is now.
func (d *Desk) late(ctx context.Context, s Said, text string) {
	why := ops.T("⚪ You changed that message; I only act on what is sent anew.", "⚪ Tu as modifié ce message ; je n’agis que sur ce qui est envoyé de nouveau.")
	if !s.Edited {
		why = ops.T("⚪ Not done: you wrote this %s ago, while I could not see it.", "⚪ Pas fait : tu as écrit ça il y a %s, pendant que je ne le voyais pas.", ops.Since(s.Sent))
	}
	a := ops.Say(why)
	if ask, ok := d.one(ctx, s, text); ok {
		a.Row(ops.Button{Label: ops.T("Do it now: %s", "Le faire maintenant : %s", d.command(ask)), Ask: &ask})
	}
	d.show(ctx, s, a)
}

// one is the single ask that words are plainly, if they are one.
func (d *Desk) one(ctx context.Context, s Said, text string) (ops.Ask, bool) {
	if strings.HasPrefix(text, "/") {
		ask, _, err := d.read(ctx, s, text)
		return ask, err == nil
	}
	if ask, ok := d.exact(ctx, text); ok {
		return ask, true
	}
	r := d.understand(ctx, s, text)
	if len(r.Asks) != 1 || r.Asks[0].Guessed {
		return ops.Ask{}, false
	}
	return r.Asks[0].Ask, true
}

func (d *Desk) tap(ctx context.Context, s Said) Toast {
	ask, rest, err := DecodeTap(s.Tap)
	if err != nil {
		return Toast{Text: ops.T("I no longer know that button. Ask again.", "Je ne connais plus ce bouton. Redemande."), Alert: true}
	}
	if ask != nil {
		return d.ask(ctx, s, *ask, false)
	}
	kind, rest, _ := strings.Cut(rest, ":")
	id, verb, _ := strings.Cut(rest, ":")
	switch kind {
	case "r":
		return d.steer(ctx, s, id, verb)
	case "g":
		return d.tapGone(ctx, s)
	case "l":
		d.endLive(id)
		return Toast{Text: ops.T("stopped", "arrêté")}
	}
	return Toast{Text: ops.T("I no longer know that button. Ask again.", "Je ne connais plus ce bouton. Redemande."), Alert: true}
}

// ask puts a complete ask to the Gate and shows what comes of it; what is brief answers a tap over the chat.
func (d *Desk) ask(ctx context.Context, s Said, ask ops.Ask, understood bool) (toast Toast) {
	ask, guessed, err := d.complete(ctx, s, ask)
	if err != nil {
		d.problem(ctx, s, ask, err)
		return Toast{}
	}
	d.spoke(s, ask, nil)
	screen := d.screen(s.Place)
	screen.Typing(s.Place)
	place := s.Place
	if s.Tap != "" && d.tells(s.Message) == ask.Op {
		place = s.Message // [↻] and its like renew the message that they stand under
	}
	if _, forgets := screen.(forgetful); forgets && s.Private {
		ctx = ops.Alone(ctx)
	}
	answer, run, err := d.Gate.Ask(ops.Once(ctx, s.Key), s.Who, ask, screen.Chat(s.Place))
	switch {
	case err == nil && answer != nil && answer.Gone > 0:
		d.flash(ctx, s, *answer)
	case err != nil:
		d.problem(ctx, s, ask, err)
	case answer != nil && answer.Brief && s.Tap != "" && len(answer.Blocks) > 0:
		return Toast{Text: ops.Text{En: ops.Unmark(answer.Blocks[0].Line.En), Fr: ops.Unmark(answer.Blocks[0].Line.Fr)}}
	case answer != nil:
		if understood || guessed {
			answer.Blocks = append([]ops.Block{{Line: ops.T("understood: %s", "compris : %s", ops.Name(d.command(ask)))}}, answer.Blocks...)
		}
		if message := d.put(ctx, s, place, ask.Op, *answer); message != "" {
			d.secondOpinion(ctx, s, message, ask, *answer)
		}
	case run.Again && (run.State != ops.Waiting || run.Place != screen.Chat(run.Place)): // its own message tells of it
	default:
		if (understood || guessed) && s.Who.Via != viaModel { // else the plan says it itself
			d.present(ctx, *run, ops.T("understood: %s", "compris : %s", ops.Name(d.command(ask))))
		} else {
			d.present(ctx, *run, ops.Text{})
		}
	}
	return Toast{}
}

// Lang is the language that a person is answered in.
func (d *Desk) Lang(ctx context.Context, who ops.Caller) ops.Lang { return d.lang(ctx, who) }

// tells is the op whose answer a message holds, if it is remembered.
func (d *Desk) tells(message ops.Place) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.told[message]
}

// remember notes which op's answer a message holds, for a while.
func (d *Desk) remember(message ops.Place, op string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.told == nil || len(d.told) > 2000 {
		d.told = map[ops.Place]string{}
	}
	d.told[message] = op
}

// put shows an answer, and keeps it up to date if it is live.
// It returns the message of one that is not live.
func (d *Desk) put(ctx context.Context, s Said, place ops.Place, op string, a ops.Answer) ops.Place {
	if a.Live != nil {
		d.startLive(ctx, s, place, a)
		return ""
	}
	message, err := d.screen(place).Show(ctx, place, s.Who.Lang, a)
	if err != nil {
		d.broken(fmt.Errorf("showing an answer: %w", err))
		return ""
	}
	d.remember(message, op)
	return message
}

func (d *Desk) say(ctx context.Context, s Said, t ops.Text, row ...ops.Button) {
	a := ops.Say(t)
	a.Row(row...)
	d.show(ctx, s, a)
}

func (d *Desk) show(ctx context.Context, s Said, a ops.Answer) {
	if _, err := d.screen(s.Place).Show(ctx, d.screen(s.Place).Chat(s.Place), s.Who.Lang, a); err != nil {
		d.broken(fmt.Errorf("showing an answer: %w", err))
	}
}

func (d *Desk) screen(place ops.Place) Screen {
	transport, _, _ := strings.Cut(string(place), ":")
	if s, ok := d.Screens[transport]; ok {
		return s
	}
	return nowhere{}
}

func (d *Desk) broken(err error) {
	if d.Broken != nil && !errors.Is(err, context.Canceled) {
		d.Broken(err)
	}
}

// Close ends what is kept up to date and waits for it. The Gate is closed before: its last words are still told.
func (d *Desk) Close() {
	d.mu.Lock()
	for _, end := range d.lives {
		end()
	}
	d.mu.Unlock()
	close(d.ending())
	d.work.Wait()
}

// ending is closed when the desk is.
func (d *Desk) ending() chan struct{} {
	d.once.Do(func() { d.end = make(chan struct{}) })
	return d.end
}

// nowhere is the screen of a transport that this process does not have.
type nowhere struct{}

func (nowhere) Show(_ context.Context, p ops.Place, _ ops.Lang, _ ops.Answer) (ops.Place, error) {
	return p, fmt.Errorf("there is no way to reach %s", p)
}
func (nowhere) Update(ops.Place, ops.Lang, ops.Answer)  {}
func (nowhere) Delete(context.Context, ops.Place) error { return nil }
func (nowhere) Typing(ops.Place)                        {}
func (nowhere) Private(int64) (ops.Place, bool)         { return "", false }
func (nowhere) Chat(p ops.Place) ops.Place              { return p }
