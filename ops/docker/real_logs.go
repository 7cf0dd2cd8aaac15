package docker

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"

	"vigie/ops"
)

const (
	defaultLines = 200
	defaultBytes = 4 << 20
	searchLines  = 50_000 // how far back a search looks: the engine counts before it filters
)

// Logs implements [Host].
func (e *Engine) Logs(ctx context.Context, id string, q LogQuery) ([]Line, error) {
	q.Lines, q.Bytes = cmp.Or(max(q.Lines, 0), defaultLines), cmp.Or(max(q.Bytes, 0), defaultBytes)
	tail := q.Lines
	if q.Find != "" || !q.Until.IsZero() {
		tail = max(tail, searchLines)
	}
	keep := &logTail{lines: q.Lines, bytes: q.Bytes}
	options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Tail: strconv.Itoa(tail)}
	if !q.Since.IsZero() {
		options.Since = q.Since.Format(time.RFC3339Nano)
	}
	if !q.Until.IsZero() {
		options.Until = q.Until.Format(time.RFC3339Nano)
	}
	find := strings.ToLower(q.Find)
	err := e.stream(ctx, id, options, q.Bytes, func(l Line) {
		if find == "" || strings.Contains(strings.ToLower(l.Text), find) {
			keep.add(l)
		}
	})
	return keep.list, err
}

// Follow implements [Host]. The engine ends a stream when its container stops; Follow goes on when it is started again.
func (e *Engine) Follow(ctx context.Context, id string, since time.Time, each func(Line)) error {
	if since.IsZero() {
		since = time.Now()
	}
	for {
		options := container.LogsOptions{ShowStdout: true, ShowStderr: true, Timestamps: true, Follow: true, Tail: strconv.Itoa(searchLines),
			Since: since.Format(time.RFC3339Nano)}
		err := e.stream(ctx, id, options, defaultBytes, func(l Line) {
			if l.At.Before(since) {
				return
			}
			if !l.At.IsZero() {
				since = l.At.Add(1)
			}
			each(l)
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		if !pause(ctx, time.Second) {
			return nil
		}
	}
}

// stream reads a log. A line longer than limit bytes loses its front.
func (e *Engine) stream(ctx context.Context, id string, o container.LogsOptions, limit int, each func(Line)) error {
	d, err := e.Inspect(ctx, id)
	if err != nil {
		return err
	}
	c := call{doing: doLogs, needs: "CONTAINERS=1", what: containerNoun, object: id, limit: 2 * time.Minute}
	if o.Follow {
		c.limit = 100 * 365 * 24 * time.Hour
	}
	_, err = ask(ctx, e, c, func(ctx context.Context, api *client.Client) (struct{}, error) {
		body, err := api.ContainerLogs(ctx, d.ID, o)
		if err != nil {
			return struct{}{}, err
		}
		defer body.Close()
		out, errs := &lineReader{limit: limit, each: each}, &lineReader{limit: limit, each: each, stderr: true}
		if d.TTY {
			out.raw = true
			_, err = io.Copy(out, body)
		} else {
			_, err = stdcopy.StdCopy(out, errs, body)
		}
		out.end()
		errs.end()
		return struct{}{}, err
	})
	return err
}

// A logTail keeps the last so many lines and bytes.
type logTail struct {
	list         []Line
	lines, bytes int
	size         int
}

func (n *logTail) add(l Line) {
	if len(l.Text) > n.bytes {
		l.Text = strings.ToValidUTF8(l.Text[len(l.Text)-n.bytes:], "")
	}
	n.list, n.size = append(n.list, l), n.size+len(l.Text)
	drop := 0
	for len(n.list)-drop > n.lines || n.size > n.bytes {
		n.size -= len(n.list[drop].Text)
		drop++
	}
	n.list = n.list[drop:]
}

// messageSize is where the engine cuts a line that does not end: each piece carries its own time.
const messageSize = 16 << 10

// A lineReader puts lines together from a log with timestamps. What is written to it at once is one message of
// the engine, unless the log is raw: then messages follow each other without a seam.
type lineReader struct {
	raw    bool
	stderr bool
	limit  int
	each   func(Line)

	at     time.Time // of the line under way
	text   []byte
	begun  bool // the line under way has its time
	piece  int  // bytes since the last time, in a raw log
	prefix []byte
	inTime bool // prefix may still grow into a time
}

func (r *lineReader) Write(p []byte) (int, error) {
	if !r.raw {
		r.message(p)
		return len(p), nil
	}
	for _, b := range p {
		r.byte(b)
	}
	return len(p), nil
}

// message takes one framed message: a time, a space, and text that ends a line or does not.
func (r *lineReader) message(p []byte) {
	at, text, ok := cutTime(p)
	if !ok {
		text = p
	}
	if !r.begun {
		r.at, r.begun = at, true
	}
	for {
		line, rest, ended := cutLine(text)
		r.grow(line)
		if !ended && len(text) >= messageSize {
			return // there is more of this line
		}
		r.flush() // also one without an end: the program ended first, and a next run's line is another
		if len(rest) == 0 {
			return
		}
		r.at, r.begun, text = at, true, rest
	}
}

// byte takes one byte of a raw log.
func (r *lineReader) byte(b byte) {
	if !r.begun || r.piece >= messageSize {
		if !r.inTime {
			r.inTime, r.prefix = true, r.prefix[:0]
		}
		r.prefix = append(r.prefix, b)
		if b != ' ' && b != '\n' && len(r.prefix) <= len(time.RFC3339Nano) {
			return
		}
		held := r.prefix
		if at, text, ok := cutTime(held); ok {
			held = text
			if !r.begun {
				r.at = at
			}
		}
		r.begun, r.inTime, r.piece = true, false, 0
		for _, h := range held {
			r.byte(h)
		}
		return
	}
	if b == '\n' {
		r.flush()
		return
	}
	r.piece++
	r.grow([]byte{b})
}

func (r *lineReader) grow(p []byte) {
	r.text = append(r.text, p...)
	if over := len(r.text) - r.limit; over > r.limit { // twice the limit, so that cutting costs little
		r.text = append(r.text[:0], r.text[over:]...)
	}
}

func (r *lineReader) flush() {
	r.each(Line{At: r.at, Err: r.stderr, Text: ops.Clean(string(bytes.TrimRight(r.text, "\r")))})
	r.at, r.text, r.begun, r.piece = time.Time{}, r.text[:0], false, 0
}

// end gives the line that was never ended.
func (r *lineReader) end() {
	if r.inTime {
		r.grow(r.prefix)
	}
	if len(r.text) > 0 {
		r.flush()
	}
}

func cutTime(p []byte) (time.Time, []byte, bool) {
	n := min(len(p), len(time.RFC3339Nano)+1)
	for i := range n {
		if p[i] == ' ' {
			at, err := time.Parse(time.RFC3339Nano, string(p[:i]))
			return at, p[i+1:], err == nil
		}
	}
	return time.Time{}, p, false
}

func cutLine(p []byte) (line, rest []byte, ended bool) {
	for i, b := range p {
		if b == '\n' {
			return p[:i], p[i+1:], true
		}
	}
	return p, nil, false
}
