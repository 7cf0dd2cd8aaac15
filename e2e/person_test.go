package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"vigie/bot/botapi"
)

// A person writes, taps and reads in one chat.
type person struct {
	w    *world
	id   int64
	chat int64
	mark time.Time // what was there before is read already
}

func (w *world) person(name string) *person {
	return &person{w: w, id: names[name], chat: names[name], mark: time.Now()}
}

// in is the person in another chat.
func (p *person) in(chat int64) *person {
	return &person{w: p.w, id: p.id, chat: chat, mark: time.Now()}
}

func (p *person) say(text string, options ...botapi.SayOption) {
	p.w.t.Helper()
	p.mark = time.Now()
	if _, err := p.w.tg.Say(p.id, p.chat, text, options...); err != nil {
		p.w.t.Fatal(err)
	}
}

// told are the bot's messages in the chat.
func (p *person) told() []botapi.Stored {
	return slices.DeleteFunc(p.w.tg.Messages(p.chat), func(m botapi.Stored) bool { return m.From == nil || !m.From.IsBot })
}

// sees waits for a message, new or changed since the person last did something, that matches.
func (p *person) sees(pattern string) botapi.Stored {
	p.w.t.Helper()
	re := compile(pattern)
	ctx, cancel := context.WithTimeout(p.w.t.Context(), patience)
	defer cancel()
	m, err := p.w.tg.WaitMessage(ctx, p.chat, func(m botapi.Stored) bool {
		return m.From != nil && m.From.IsBot && m.Revisions[len(m.Revisions)-1].At.After(p.mark) && re.MatchString(m.Text+m.Caption)
	})
	if err != nil {
		p.w.t.Fatalf("%s is not said: %v", pattern, err)
	}
	return m
}

// button finds the newest button whose label is, or begins with, label.
func (p *person) button(label string) (botapi.Stored, botapi.Button) {
	p.w.t.Helper()
	for _, fits := range []func(string) bool{
		func(s string) bool { return s == label },
		func(s string) bool { return strings.HasPrefix(s, label) },
	} {
		for _, m := range slices.Backward(p.told()) {
			if m.ReplyMarkup == nil {
				continue
			}
			for _, row := range m.ReplyMarkup.Rows {
				for _, b := range row {
					if fits(b.Text) {
						return m, b
					}
				}
			}
		}
	}
	p.w.t.Fatalf("there is no button %q:\n%s", label, p.w.tg.Transcript(p.chat))
	panic("unreachable")
}

// tap taps a button and does not wait for the answer.
func (p *person) tap(label string) *botapi.Tap {
	p.w.t.Helper()
	m, b := p.button(label)
	return p.replay(m.MessageID, b.CallbackData)
}

// replay sends what a button carries, as a hostile or stale client can.
func (p *person) replay(message int, data string) *botapi.Tap {
	p.w.t.Helper()
	p.mark = time.Now()
	tap, err := p.w.tg.TapData(p.id, p.chat, message, data)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return tap
}

// answer is what the bot answers to a tap.
func (w *world) answer(tap *botapi.Tap) string {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	a, err := tap.Wait(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return a.Text
}

// does says something, sees the plan, and taps its button.
func (p *person) does(text, plan, label string) {
	p.w.t.Helper()
	p.say(text)
	p.sees(plan)
	p.tap(label)
}

func (p *person) String() string { return fmt.Sprint(p.id) }
