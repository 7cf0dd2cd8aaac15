package commands

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigie/llm"
	"vigie/ops"
)

func asError(err error, e **ops.Error) bool { return errors.As(err, e) }

var sixDigits = regexp.MustCompile(`\b(\d{3}) ?(\d{3})\b`)

// typed takes words that answer a question: the target's name or a one-time code for a plan that waits, or the
// value that a form asked for. It reports whether they were that.
func (d *Desk) typed(ctx context.Context, s Said, text string) bool {
	if strings.HasPrefix(text, "/") {
		d.forget(s)
		return false
	}
	if d.confirmed(ctx, s, text) {
		return true
	}
	d.mu.Lock()
	f, ok := d.forms[d.chatter(s)]
	d.mu.Unlock()
	if !ok || time.Now().After(f.until) || f.ask.Op == "" {
		return false
	}
	d.forget(s)
	if first, _, _ := strings.Cut(text, " "); d.isCommand(first) {
		return false // somebody changed their mind
	}
	if len(strings.Fields(text)) > 2 && (d.takesOneWord(f) || d.understand(ctx, s, text).Kind != llm.Outside) {
		return false // a sentence, and no value
	}
	args := ops.Args{}
	for k, v := range f.ask.Args {
		args[k] = v
	}
	args[f.param] = text
	d.ask(ctx, s, ops.Ask{Op: f.ask.Op, Args: args}, false)
	return true
}

// takesOneWord reports whether the value that a form waits for is a name, a code or the like, and no sentence.
func (d *Desk) takesOneWord(f form) bool {
	op, _ := d.Gate.Op(f.ask.Op)
	return slices.ContainsFunc(op.Params, func(p ops.Param) bool { return p.Name == f.param && !p.Rest })
}

func (d *Desk) isCommand(word string) bool {
	_, ok := d.Gate.Op(strings.ToLower(word))
	return ok
}

func (d *Desk) forget(s Said) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.forms, d.chatter(s))
}

// confirmed takes a typed target name, a one-time code, or both, for the newest plan that waits for them from
// this person in this chat. The plan is found in the store, so this works after a restart too.
func (d *Desk) confirmed(ctx context.Context, s Said, text string) bool {
	waiting, err := d.Gate.Runs(ctx, ops.Waiting)
	if err != nil {
		d.broken(err)
		return false
	}
	here := d.screen(s.Place).Chat(s.Place)
	code := strings.Join(nonEmpty(sixDigits.FindStringSubmatch(text)), "")
	name := strings.TrimSpace(sixDigits.ReplaceAllString(text, ""))
	near := ""
	for i := len(waiting) - 1; i >= 0; i-- {
		r := waiting[i]
		mine := r.Who.ID == s.Who.ID && r.Verdict.Demand != ops.Others || r.Who.ID != s.Who.ID && r.Verdict.Demand == ops.Others && r.Verdict.Code
		if !mine || d.screen(r.Place).Chat(r.Place) != here {
			continue
		}
		named := r.Verdict.Demand == ops.Typed && strings.EqualFold(name, r.Plan.Target)
		coded := r.Verdict.Code && code != ""
		if !named && !coded {
			if r.Verdict.Demand == ops.Typed && near == "" && len(name) > 2 && mistakes(plain(name), plain(r.Plan.Target)) <= 2 {
				near = r.Plan.Target
			}
			continue
		}
		if coded {
			if err := d.screen(s.Place).Delete(ctx, s.Message); err != nil {
				d.broken(err) // a used code is worth nothing, but it should not stay in the chat
			}
		}
		d.decideTyped(ctx, s, r, name, code)
		return true
	}
	if near != "" { // what cannot be put back takes the exact name
		d.say(ctx, s, ops.T("🔒 Not quite: type %s exactly to go ahead. Nothing was done.", "🔒 Pas tout à fait : tape exactement %s pour continuer. Rien n’a été fait.", ops.Name(near)))
		return true
	}
	return false
}

func nonEmpty(groups []string) []string {
	if len(groups) < 2 {
		return nil
	}
	return groups[1:]
}

// decideTyped joins a name and a code that may come in two messages.
func (d *Desk) decideTyped(ctx context.Context, s Said, r ops.Run, name, code string) {
	d.mu.Lock()
	f := d.forms[d.chatter(s)]
	if f.ask.Op == "" && f.typed["run"] == r.ID && name == "" {
		name = f.typed["name"]
	}
	d.mu.Unlock()
	_, err := d.Gate.Decide(ctx, s.Who, r.ID, ops.Decision{Yes: true, Typed: name, Code: code})
	if err == nil {
		d.forget(s)
		return
	}
	d.await(s, form{typed: map[string]string{"run": r.ID, "name": name}})
	d.problem(ctx, s, ops.Ask{}, err)
}
