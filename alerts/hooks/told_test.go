package hooks

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

var update = flag.Bool("update", false, "write what is told now into testdata")

const secret = "a-secret-of-the-tests"

// Each file of testdata is what one sender sends, and what is told of it. Sections, in order:
//
//	source         its kind; then «severity S», «service NAME SERVICE», «rule LABEL=PATTERN … -> [SUBJECT] [SEVERITY]»
//	post EVENT     a body that is posted; EVENT is GitHub's
//	captured       the name of a file in testdata, which holds a whole request as it was caught
//	+10m           so much time passes
//	told           the answers, and what was told
func TestTold(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			a := txtar.Parse(src)
			synctest.Test(t, func(t *testing.T) { play(t, a) })
			got := txtar.Format(a)
			if *update {
				err = os.WriteFile(path, got, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !*update && !bytes.Equal(got, src) {
				t.Errorf("got\n%s\nwant\n%s", got, src)
			}
		})
	}
}

// begin is when the cases play: shortly after the messages were caught.
var begin = time.Date(2026, 11, 26, 6, 0, 0, 0, time.UTC)

// play sends what a holds, and puts what was told into it.
func play(t *testing.T, a *txtar.Archive) {
	time.Sleep(time.Until(begin)) // the bubble's clock
	var out strings.Builder
	d := newDesk(t, optionsOf(t, string(a.Files[0].Data)), func(s ops.Sighting) { write(&out, s) })
	told := -1
	for i, f := range a.Files[1:] {
		what, more, _ := strings.Cut(f.Name, " ")
		r := httptest.NewRequest(http.MethodPost, "/hooks/test", bytes.NewReader(f.Data))
		r.Header.Set("Content-Type", "application/json")
		switch {
		case what == "told":
			told = i + 1
			continue
		case strings.HasPrefix(what, "+"):
			length, err := ops.ParseSpan(what[1:])
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(length)
			continue
		case what == "captured":
			r = captured(t, strings.TrimSpace(string(f.Data)))
		case what == "post":
			r.Header.Set("X-GitHub-Event", more)
		default:
			t.Fatalf("no such section: %s", f.Name)
		}
		w := d.send(r)
		fmt.Fprintf(&out, "%d %s\n", w.Code, strings.TrimSpace(w.Body.String()))
	}
	if told < 0 {
		a.Files, told = append(a.Files, txtar.File{Name: "told"}), len(a.Files)
	}
	a.Files[told].Data = []byte(out.String())
}

func optionsOf(t *testing.T, section string) Options {
	s := Source{Name: "test", Secret: secret}
	services := map[string]string{}
	for line := range strings.Lines(section) {
		words := strings.Fields(line)
		switch words[0] {
		case "severity":
			s.Severity = ops.Severity(words[1])
		case "service":
			services[words[1]] = words[2]
		case "rule":
			rule := Rule{When: map[string]string{}}
			to := slices.Index(words, "->")
			for _, w := range words[1:to] {
				name, pattern, _ := strings.Cut(w, "=")
				rule.When[name] = pattern
			}
			for _, w := range words[to+1:] {
				if strings.Contains(w, ":") {
					rule.Subject = w
				} else {
					rule.Severity = ops.Severity(w)
				}
			}
			s.Rules = append(s.Rules, rule)
		default:
			s.Kind = Kind(words[0])
		}
	}
	return Options{Sources: []Source{s}, Service: func(name string) (string, bool) { v, ok := services[name]; return v, ok }}
}

// captured is a request as it was caught, with the secret of the tests in place of its own.
func captured(t *testing.T, file string) *http.Request {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var c struct {
		Method  string
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal(src, &c); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(c.Method, "/hooks/test", bytes.NewReader(c.Body))
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		r.Header.Set(name, c.Headers[name])
	}
	r.Header.Del("Authorization")
	return r
}

// A desk is a Hooks at work, with a server's mux before it.
type desk struct {
	*Hooks
	mux    *http.ServeMux
	broken []string
	stop   func()
}

func newDesk(t *testing.T, o Options, tell func(ops.Sighting)) *desk {
	t.Helper()
	d := &desk{mux: http.NewServeMux()}
	o.Broken = func(err error) { d.broken = append(d.broken, err.Error()) }
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	d.Hooks = h
	for pattern, handler := range h.Handlers() {
		d.mux.Handle(pattern, handler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	up, ended := make(chan struct{}), make(chan struct{})
	go func() { // waited for in stop
		defer close(ended)
		h.Watch(announced{ctx, sync.OnceFunc(func() { close(up) })}, nil, tell)
	}()
	<-up
	d.stop = func() { cancel(); <-ended }
	t.Cleanup(d.stop)
	return d
}

// announced is a context that says when somebody begins to wait for its end: Watch listens then.
type announced struct {
	context.Context
	waited func()
}

func (a announced) Done() <-chan struct{} {
	a.waited()
	return a.Context.Done()
}

// send sends r as a source that knows the secret does.
func (d *desk) send(r *http.Request) *httptest.ResponseRecorder {
	if r.Header.Get("X-GitHub-Event") != "" {
		sign256(r)
	} else {
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

// write prints a sighting as a person would read it.
func write(out *strings.Builder, s ops.Sighting) {
	for _, t := range s.Troubles {
		state := string(t.Severity)
		if t.Over {
			state += " over"
		}
		fmt.Fprintf(out, "%s %s: %s", t.Subject, t.Kind, state)
		if !t.At.IsZero() {
			fmt.Fprintf(out, ", %s", t.At.Format(time.RFC3339))
		}
		if t.Fades > 0 {
			fmt.Fprintf(out, ", fades after %s", ops.Span(t.Fades).In(ops.English))
		}
		out.WriteString("\n")
		writeText(out, "    ", t.Title)
		for _, l := range t.Lines {
			writeText(out, "    - ", l)
		}
		for line := range strings.Lines(t.Quote) {
			fmt.Fprintf(out, "    > %s\n", strings.TrimRight(line, "\n"))
		}
		for _, b := range t.Offers {
			fmt.Fprintf(out, "    [%s | %s] %s %v\n", b.Label.En, b.Label.Fr, b.Ask.Op, b.Ask.Args)
		}
		if len(t.Locks) > 0 {
			fmt.Fprintf(out, "    locked by %s\n", strings.Join(t.Locks, ", "))
		}
	}
}

func writeText(out *strings.Builder, indent string, t ops.Text) {
	plain := strings.NewReplacer(ops.MarkOpen, "`", ops.MarkClose, "`")
	fmt.Fprintf(out, "%s%s\n", indent, plain.Replace(t.En))
	if fr := cmp.Or(t.Fr, "(nothing in French)"); fr != t.En {
		fmt.Fprintf(out, "%s%s\n", strings.Repeat(" ", len(indent)), plain.Replace(fr))
	}
}
