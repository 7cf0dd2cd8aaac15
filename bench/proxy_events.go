package main

import (
	"bufio"
	"context"
	"net/http"
	"sync"
	"time"
)

// events hands on the engine's events, and what extra adds to them, until they are cut.
func (p *proxy) events(w http.ResponseWriter, r *http.Request) {
	ctx, end := context.WithCancel(r.Context())
	p.mu.Lock()
	cutting := p.cutting
	p.mu.Unlock()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://docker"+r.URL.RequestURI(), nil)
	if err != nil {
		end()
		panic(http.ErrAbortHandler)
	}
	answer, err := p.engine.Do(q)
	if err != nil {
		end()
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	out := http.NewResponseController(w)
	_ = out.Flush() // fails when who asked has gone: then so does what follows
	p.follows <- time.Now()
	lines := make(chan []byte)
	var work sync.WaitGroup
	work.Go(func() { readLines(ctx, bufio.NewReader(answer.Body), lines) })
	defer func() { end(); work.Wait(); answer.Body.Close() }()
	for {
		var line []byte
		select {
		case line = <-lines: // nil when the engine has ended it
		case line = <-p.extra:
		case <-cutting:
		case <-ctx.Done():
		}
		if line == nil {
			panic(http.ErrAbortHandler)
		}
		if _, err := w.Write(line); err != nil || out.Flush() != nil {
			panic(http.ErrAbortHandler)
		}
	}
}

// readLines hands lines on, and closes to when there are no more.
func readLines(ctx context.Context, in *bufio.Reader, to chan<- []byte) {
	defer close(to)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		select {
		case to <- line:
		case <-ctx.Done():
			return
		}
	}
}

// cut breaks every stream of events, and nothing else. It returns when it was.
func (p *proxy) cut() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.cutting)
	p.cutting = make(chan struct{})
	return time.Now()
}
