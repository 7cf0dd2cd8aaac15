package llm

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/sashabaranov/go-openai"

	"vigie/ops"
)

// Fresh is what a person wrote themselves, just now. It is made of a message's words and of nothing else: not of an answer, a log,
// an alert, a file name or a quotation.
type Fresh struct{ words string }

// FreshWords are words that a person has just sent.
func FreshWords(s string) Fresh { return Fresh{strings.TrimSpace(s)} }

// A Question is one message of a person, and what they may ask for.
type Question struct {
	Words Fresh
	Tools Toolbox // ops that this person may use, and no others
	Last  string  // the command that was understood before, as typed: "/logs n8n"; "" if none
	Lang  ops.Lang
}

// Heard is what a model took a person's words for.
type Heard struct {
	asks []ops.Ask
	// Says is the model's own prose, where it made no ask. It is shown as a quotation, and means nothing to Vigie.
	Says string
	Cost Cost
}

// Asks are what was understood, in order. They have passed every check that typed words pass; they are asks of the person and go
// where the person's asks go: to the policy, to a plan, to an approval.
func (h Heard) Asks() []ops.Ask { return h.asks }

// Understand lets a model choose among the tools for a person's words. The model sees those words and the tools, and nothing that
// anybody else wrote: no answer of an op is ever given back to it here. That is why what it chooses may be a change; see [Client.Explain].
func (c *Client) Understand(ctx context.Context, q Question) (Heard, error) {
	if q.Words.words == "" {
		return Heard{}, &Failure{Garbled, errors.New("there are no words")}
	}
	messages := []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: understandPrompt(q)},
		{Role: openai.ChatMessageRoleUser, Content: ops.Clean(cutWords(q.Words.words))},
	}
	r, err := c.ask(ctx, messages, q.Tools.tools(), nil)
	h := Heard{Cost: r.cost}
	if err != nil {
		return h, err
	}
	for _, call := range r.calls[:min(len(r.calls), mostCalls)] {
		ask, err := q.Tools.read(call)
		if err != nil { // one bad call spoils the whole: the rest may rest on it
			return Heard{Cost: r.cost}, &Failure{Garbled, err}
		}
		h.asks = append(h.asks, ask)
	}
	if len(h.asks) == 0 {
		if h.Says = strings.TrimSpace(ops.Clean(r.text)); h.Says == "" {
			return h, &Failure{Garbled, errEmpty}
		}
	}
	return h, nil
}

// Evidence is what others wrote: answers of ops, in which stand logs, labels, names and what services said.
type Evidence struct {
	Source string // "/diagnose n8n"
	Text   string
}

// A Case is what a model is to explain.
type Case struct {
	Subject  string // "n8n"
	Verdict  string // what the rules make of it
	Evidence []Evidence
	// Tools are what it may look with. They must be ops that only look.
	Tools Toolbox
	// Look looks with one of them, for the person who asked.
	Look func(context.Context, ops.Ask) (Evidence, error)
	Lang ops.Lang
}

// An Explained is what a model made of evidence. It holds no ask and nothing that one could be made of: whoever has read what
// others wrote proposes nothing.
type Explained struct {
	Says  string
	Looks []string // what it looked at besides: "docker.logs service=n8n"
	Cost  Cost
}

// How far an explanation goes.
const (
	mostLooks    = 4
	mostRounds   = 4
	mostEvidence = 6 << 10 // bytes of each
	mostPrompt   = 40 << 10
)

// Explain lets a model read evidence, look at more with ops that only look, and say what it makes of it. said is told of its words
// while they come. What it says is words, whatever it says; what it calls can only look.
func (c *Client) Explain(ctx context.Context, k Case, said func(string)) (Explained, error) {
	k.Tools.ops = onlyLooks(k.Tools.ops)
	fence := newFence()
	messages := []openai.ChatCompletionMessage{
		{Role: openai.ChatMessageRoleSystem, Content: explainPrompt(k, fence)},
		{Role: openai.ChatMessageRoleUser, Content: fence.all(k)},
	}
	var done Explained
	for round := range mostRounds {
		tools := k.Tools.tools()
		if round == mostRounds-1 || len(done.Looks) >= mostLooks || size(messages) > mostPrompt {
			tools = nil // it has seen enough: now it must say
		}
		r, err := c.ask(ctx, messages, tools, said)
		done.Cost = r.cost.plus(done.Cost)
		if err != nil {
			return done, err
		}
		if len(r.calls) == 0 || tools == nil {
			if done.Says = strings.TrimSpace(ops.Clean(r.text)); done.Says == "" {
				return done, &Failure{Garbled, errEmpty}
			}
			return done, nil
		}
		messages = append(messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: r.text, ToolCalls: r.calls})
		for i, call := range r.calls {
			answer := "not looked at: that is enough"
			if i < mostCalls && len(done.Looks) < mostLooks {
				answer = k.look(ctx, call, fence, &done)
			}
			messages = append(messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleTool, ToolCallID: call.ID, Content: answer})
		}
	}
	return done, &Failure{Garbled, fmt.Errorf("it looked %d times and said nothing", len(done.Looks))}
}

// look answers one call.
func (k Case) look(ctx context.Context, call openai.ToolCall, f fence, done *Explained) string {
	ask, err := k.Tools.read(call)
	if err != nil {
		return "refused: " + ops.Unmark(err.Error())
	}
	line := ask.Op
	for _, name := range sortedNames(ask.Args) {
		line += " " + name + "=" + ask.Args[name]
	}
	done.Looks = append(done.Looks, line)
	found, err := k.Look(ctx, ask)
	if err != nil {
		return "not seen: " + ops.Unmark(ops.SayOf(err).En)
	}
	return f.around(found)
}

func onlyLooks(list []ops.Op) (looks []ops.Op) {
	for _, op := range list {
		if op.Risk == ops.Reads {
			looks = append(looks, op)
		}
	}
	return looks
}

func size(messages []openai.ChatCompletionMessage) (n int) {
	for _, m := range messages {
		n += len(m.Content)
	}
	return n
}
