package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"time"

	"vigie/bot/botapi"
)

const (
	token = "900001:bench"
	// chats are people, each in a private chat: the first two may do everything, the others look.
	chats     = 102
	firstChat = 1001
)

// A room is the stand-in Bot API, and when what reached it.
type room struct {
	*botapi.Server
	url    string
	web    *http.Server
	served chan error
	calls  chan call
}

// A call is one that arrived, before it was answered.
type call struct {
	at     time.Time
	method string
	chat   int64 // of what is sent or edited
	text   string
}

func openRoom(limits botapi.Limits) (*room, error) {
	o := botapi.Options{Bots: []botapi.Bot{{Token: token, Username: "vigie_bench_bot"}}, Limits: limits}
	for i := range chats {
		o.Users = append(o.Users, botapi.User{ID: int64(firstChat + i), FirstName: fmt.Sprintf("u%d", i), LanguageCode: "en"})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	// No row makes more calls than there is room for.
	r := &room{Server: botapi.New(o), url: "http://" + l.Addr().String(), served: make(chan error, 1), calls: make(chan call, 1<<16)}
	r.web = &http.Server{Handler: http.HandlerFunc(r.note)}
	go func() { r.served <- r.web.Serve(l) }() // close waits for it
	return r, nil
}

// note writes down a call and hands it on.
func (r *room) note(w http.ResponseWriter, q *http.Request) {
	c := call{at: time.Now(), method: path.Base(q.URL.Path)}
	if c.method == "sendMessage" || c.method == "editMessageText" {
		body, err := io.ReadAll(io.LimitReader(q.Body, 1<<20))
		if err != nil {
			return // the bot went away
		}
		form, _ := url.ParseQuery(string(body)) // what it cannot read, the stand-in refuses
		c.chat, _ = strconv.ParseInt(form.Get("chat_id"), 10, 64)
		c.text = form.Get("text")
		q.Body = io.NopCloser(bytes.NewReader(body))
	}
	r.calls <- c
	r.ServeHTTP(w, q)
}

// forget drops the calls that nobody waited for.
func (r *room) forget() {
	for {
		select {
		case <-r.calls:
		default:
			return
		}
	}
}

// until waits for a call that fits, and drops those before it. A process that ends meanwhile ends the waiting.
func (r *room) until(ctx context.Context, p *process, what string, fits func(call) bool) (call, error) {
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for {
		select {
		case c := <-r.calls:
			if fits(c) {
				return c, nil
			}
		case <-p.ended:
			return call{}, fmt.Errorf("waiting for %s: the bot ended: %v: %s", what, p.err, p.lastWords())
		case <-late.C:
			return call{}, fmt.Errorf("waiting for %s: nothing within a minute: %s", what, p.lastWords())
		case <-ctx.Done():
			return call{}, fmt.Errorf("waiting for %s: %w", what, ctx.Err())
		}
	}
}

func polls(c call) bool { return c.method == "getUpdates" }

func sends(chat int64) func(call) bool {
	return func(c call) bool { return c.method == "sendMessage" && c.chat == chat }
}

// ask has a person say something, and measures until the first message to them arrives.
func (r *room) ask(ctx context.Context, p *process, chat int64, words string) (time.Duration, error) {
	r.forget()
	began := time.Now()
	if _, err := r.Say(chat, chat, words); err != nil {
		return 0, fmt.Errorf("saying %s: %w", words, err)
	}
	c, err := r.until(ctx, p, "the answer to "+words, sends(chat))
	return c.at.Sub(began), err
}

func (r *room) close() {
	r.Server.Close()
	if err := r.web.Close(); err != nil {
		say("closing the stand-in: " + err.Error())
	}
	if err := <-r.served; !errors.Is(err, http.ErrServerClosed) {
		say("the stand-in ended: " + err.Error())
	}
}
