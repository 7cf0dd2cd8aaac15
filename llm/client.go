package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sashabaranov/go-openai"
	"github.com/sony/gobreaker/v2"

	"vigie/ops"
)

// Options say which model is asked, through which LiteLLM proxy, and how much it may cost.
type Options struct {
	BaseURL string   // "http://litellm:4000/v1"
	Key     string   // a virtual key of the proxy, best with a budget of its own
	Models  []string // aliases of the proxy: the one to ask, then those to ask when it does not answer
	// DailyUSD is how much the answers of one UTC day may cost. A question is not asked that could cost more than what is left.
	DailyUSD float64
	// InUSD and OutUSD are prices per million tokens, for answers of which the proxy does not tell the cost.
	InUSD, OutUSD float64
	Timeout       time.Duration // of one answer; 0 is 30 s
	MaxTokens     int           // of one answer; 0 is 500
	Store         ops.Store     // keeps what was spent
	// Redact takes secrets out of every request, whatever part of it they stand in.
	Redact    func(string) string
	Transport http.RoundTripper // nil is the default
}

// A Client asks models through a LiteLLM proxy. It is safe for use by several goroutines.
type Client struct {
	o       Options
	api     *openai.Client
	breaker *gobreaker.CircuitBreaker[reply]
	purse   purse
}

// NewClient makes a client; it asks nothing yet.
func NewClient(o Options) *Client {
	o.Timeout, o.MaxTokens = cmp.Or(o.Timeout, 30*time.Second), cmp.Or(o.MaxTokens, 500)
	if o.Redact == nil { // without known secrets there are still those that look like one
		o.Redact = ops.NewRedactor().Redact
	}
	config := openai.DefaultConfig(o.Key)
	config.BaseURL = strings.TrimSuffix(o.BaseURL, "/")
	config.HTTPClient = edge{o.Transport, o.Redact}
	config.EmptyMessagesLimit = 1000
	return &Client{o: o, api: openai.NewClientWithConfig(config), purse: purse{store: o.Store, daily: o.DailyUSD},
		breaker: gobreaker.NewCircuitBreaker[reply](gobreaker.Settings{
			Name: "model", Timeout: time.Minute,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 3 },
			IsSuccessful: func(err error) bool { return !outOfReach(err) },
		})}
}

// A Cost is what an answer came to.
type Cost struct {
	Model   string // which answered: not always the one that was asked
	In, Out int    // tokens
	USD     float64
	Today   float64 // all answers of this UTC day, this one included
	Daily   float64 // what they may come to
}

// String is the cost as the journal keeps it.
func (c Cost) String() string {
	return fmt.Sprintf("model %s: %d+%d tokens, $%.5f, today $%.4f of $%.2f", ops.Clean(c.Model), c.In, c.Out, c.USD, c.Today, c.Daily)
}

// plus adds an earlier answer of the same turn.
func (c Cost) plus(o Cost) Cost {
	c.In, c.Out, c.USD = c.In+o.In, c.Out+o.Out, c.USD+o.USD
	return c
}

// A reply is one answer of a model.
type reply struct {
	text  string
	calls []openai.ToolCall
	cost  Cost
}

// mostText is how much text of one answer is read.
const mostText = 8 << 10

// ask asks the first model that answers. said is told of the text so far while it comes; nil: it comes in one piece.
func (c *Client) ask(ctx context.Context, messages []openai.ChatCompletionMessage, tools []openai.Tool, said func(string)) (reply, error) {
	var failed error
	for _, model := range c.o.Models {
		r, err := c.breaker.Execute(func() (reply, error) { return c.once(ctx, model, messages, tools, said) })
		if err == nil {
			return r, nil
		}
		err = explain(err)
		failed = errors.Join(failed, err)
		if ctx.Err() != nil || !worthAnother(err) {
			break
		}
	}
	return reply{}, failed
}

// once asks one model, and pays.
func (c *Client) once(ctx context.Context, model string, messages []openai.ChatCompletionMessage, tools []openai.Tool, said func(string)) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	guess := guessTokens(messages, tools)
	most := c.price(guess, c.o.MaxTokens)
	release, err := c.purse.hold(ctx, most)
	if err != nil {
		return reply{}, err
	}
	defer release()
	request := openai.ChatCompletionRequest{Model: model, Messages: messages, Tools: tools, MaxTokens: c.o.MaxTokens}
	var r reply
	var header http.Header
	var usage openai.Usage
	if said == nil {
		r, header, usage, err = c.whole(ctx, request)
	} else {
		r, header, usage, err = c.streamed(ctx, request, said)
	}
	if err != nil && r.text == "" && header == nil {
		if !unanswered(err) {
			return reply{}, err // turned down: nothing is owed
		}
		// It was sent, and the provider may be answering nobody for money: a model that is always late must not be free.
		_, e := c.purse.pay(context.WithoutCancel(ctx), most)
		return reply{}, errors.Join(err, e)
	}
	r.cost = Cost{Model: cmp.Or(r.cost.Model, model), In: cmp.Or(usage.PromptTokens, guess), Out: cmp.Or(usage.CompletionTokens, len(r.text)/3+50*len(r.calls)), Daily: c.o.DailyUSD}
	r.cost.USD = c.price(r.cost.In, r.cost.Out)
	if told, e := strconv.ParseFloat(header.Get("x-litellm-response-cost"), 64); e == nil && told >= 0 && told < 1000 {
		r.cost.USD = told
	}
	// Owed, whoever has lost patience meanwhile.
	today, e := c.purse.pay(context.WithoutCancel(ctx), r.cost.USD)
	r.cost.Today = today
	return r, errors.Join(err, e)
}

func (c *Client) whole(ctx context.Context, request openai.ChatCompletionRequest) (r reply, _ http.Header, _ openai.Usage, _ error) {
	got, err := c.api.CreateChatCompletion(ctx, request)
	if err != nil {
		return r, nil, openai.Usage{}, err
	}
	if len(got.Choices) == 0 {
		return r, got.Header(), got.Usage, errEmpty
	}
	m := got.Choices[0].Message
	r.text, r.calls, r.cost.Model = cut(m.Content), m.ToolCalls, got.Model
	return r, got.Header(), got.Usage, nil
}

func (c *Client) streamed(ctx context.Context, request openai.ChatCompletionRequest, said func(string)) (r reply, _ http.Header, usage openai.Usage, _ error) {
	request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	stream, err := c.api.CreateChatCompletionStream(ctx, request)
	if err != nil {
		return r, nil, usage, err
	}
	defer stream.Close()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return r, stream.Header(), usage, nil
		}
		if err != nil {
			return r, stream.Header(), usage, err
		}
		if part.Usage != nil {
			usage = *part.Usage
		}
		r.cost.Model = cmp.Or(part.Model, r.cost.Model)
		for _, choice := range part.Choices {
			r.calls = join(r.calls, choice.Delta.ToolCalls)
			if choice.Delta.Content != "" && len(r.text) < mostText {
				r.text = cut(r.text + choice.Delta.Content)
				said(r.text)
			}
		}
	}
}

// join puts the fragments of tool calls together, by their index.
func join(calls, parts []openai.ToolCall) []openai.ToolCall {
	for _, p := range parts {
		at := len(calls) - 1
		if p.Index != nil {
			at = *p.Index
		} else if p.ID != "" || at < 0 {
			at = len(calls)
		}
		if at < 0 || at > mostCalls {
			continue
		}
		for len(calls) <= at {
			calls = append(calls, openai.ToolCall{Type: openai.ToolTypeFunction})
		}
		c := &calls[at]
		c.ID = cmp.Or(c.ID, p.ID)
		c.Function.Name += p.Function.Name
		if len(c.Function.Arguments) < mostText {
			c.Function.Arguments += p.Function.Arguments
		}
	}
	return calls
}

func cut(s string) string {
	if len(s) > mostText {
		return strings.ToValidUTF8(s[:mostText], "")
	}
	return s
}

func (c *Client) price(in, out int) float64 {
	return (float64(in)*c.o.InUSD + float64(out)*c.o.OutUSD) / 1e6
}

// guessTokens is how many tokens a question has at most, nearly: three bytes each.
func guessTokens(messages []openai.ChatCompletionMessage, tools []openai.Tool) (n int) {
	for _, m := range messages {
		n += len(m.Content)/3 + 8
	}
	for _, t := range tools {
		n += len(fmt.Sprint(t.Function.Name, t.Function.Description, t.Function.Parameters)) / 3
	}
	return n
}
