package openclaw

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"vigie/ops"
)

const (
	callTime   = 90 * time.Second // a call has been seen to take 22 s on a busy machine
	mostOutput = 8 << 20          // bytes: the list of all plugins is 200 kB
)

// A said is what one call of the program answered.
type said struct {
	exit     int
	out, err string
}

// call runs OpenClaw's program with args, when its turn comes. A call that ends with an exit code is no error.
func (s *System) call(ctx context.Context, args ...string) (said, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return said{exit: -1}, fmt.Errorf("waiting to ask OpenClaw: %w", context.Cause(ctx))
	}
	bound, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	out, errs := &capped{}, &capped{}
	argv := append(append([]string{}, s.o.Program...), args...)
	exit, err := s.o.Container.Exec(bound, Exec{Argv: argv, Env: []string{"NO_COLOR=1"}, Stdout: out, Stderr: errs})
	if err != nil && bound.Err() != nil && ctx.Err() == nil {
		return said{exit: -1}, ops.Fail(ops.Unavailable, ops.T("OpenClaw's program gave no answer in %s: its machine is very busy, or it hangs. /logs %s shows more.",
			"Le programme d’OpenClaw n’a pas répondu en %s : sa machine est très chargée, ou il est bloqué. /logs %s en dit plus.", ops.Span(callTime), s.o.Service), err)
	}
	if err != nil {
		return said{exit: -1}, err
	}
	if exit == 137 {
		return said{exit: exit}, ops.Fail(ops.Unavailable, ops.T("OpenClaw's program was killed: a call takes up to 400 MB more than its gateway, and its memory limit may not allow that. /stats %[1]s shows it.",
			"Le programme d’OpenClaw a été tué : un appel prend jusqu’à 400 Mo en plus de sa passerelle, et sa limite de mémoire l’interdit peut-être. /stats %[1]s le montre.", s.o.Service), nil)
	}
	return said{exit, out.String(), errs.String()}, nil
}

// ask calls the program with --json and reads what it says into v.
func (s *System) ask(ctx context.Context, v any, args ...string) error {
	got, err := s.call(ctx, append(args, "--json")...)
	if err != nil {
		return err
	}
	if got.exit != 0 {
		return s.refusal(got)
	}
	at := strings.IndexAny(got.out, "{[") // warnings may stand before it
	if at < 0 || json.NewDecoder(strings.NewReader(got.out[at:])).Decode(v) != nil {
		return ops.Fail(ops.Unavailable, ops.T("OpenClaw answers something that I cannot read: is this version newer than I know?", "OpenClaw répond quelque chose d’illisible : cette version est-elle plus récente que ce que je connais ?"),
			fmt.Errorf("reading what «openclaw %s» said", strings.Join(args, " ")))
	}
	return nil
}

var reason = regexp.MustCompile(`(?m)^\[openclaw\] Reason: (.+)$`)

// refusal says what a call means that ended badly, in OpenClaw's own words.
func (s *System) refusal(got said) *ops.Error {
	var gateway struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	words := got.err
	if at := strings.IndexByte(got.out, '{'); at >= 0 && json.NewDecoder(strings.NewReader(got.out[at:])).Decode(&gateway) == nil && gateway.Error.Type != "" {
		if gateway.Error.Type == "gateway_transport_error" {
			return ops.Fail(ops.Unavailable, ops.T("OpenClaw's gateway does not answer: «%s». /logs %s shows why.", "La passerelle d’OpenClaw ne répond pas : « %s ». /logs %s dit pourquoi.", clip(gateway.Error.Message, 160), s.o.Service), nil)
		}
		words = gateway.Error.Message
	}
	if m := reason.FindStringSubmatch(words); m != nil {
		words = m[1]
	}
	words = clip(words, 200)
	if strings.Contains(words, "gateway closed") || strings.Contains(words, "Gateway not reachable") || strings.Contains(words, "ECONNREFUSED") {
		return ops.Fail(ops.Unavailable, ops.T("OpenClaw's gateway does not answer: «%s». /logs %s shows why.", "La passerelle d’OpenClaw ne répond pas : « %s ». /logs %s dit pourquoi.", words, s.o.Service), nil)
	}
	return ops.Fail(ops.Failed, ops.T("OpenClaw refuses (%d): «%s»", "OpenClaw refuse (%d) : « %s »", got.exit, words), errors.New("its program ended with an error"))
}

// clip makes foreign text one clean line of at most n characters.
func clip(s string, n int) string {
	s = strings.Join(strings.Fields(ops.Clean(s)), " ")
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// capped keeps what a program writes up to mostOutput, and drops the rest.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	if room := mostOutput - c.Len(); room > 0 {
		c.Buffer.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
