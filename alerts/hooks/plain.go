package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"vigie/ops"
)

// plain is what [JSON] documents.
type plain struct {
	Subject  string   `json:"subject"`
	Title    string   `json:"title"`
	State    string   `json:"state"`
	Kind     string   `json:"kind"`
	Severity string   `json:"severity"`
	Lines    []string `json:"lines"`
	Quote    string   `json:"quote"`
	At       string   `json:"at"`
	For      string   `json:"for"`
}

const fadesEvent = time.Hour

// readJSON is strict: who writes to it has this page and a shell, and a field that is silently not read is an alert that says
// less than was meant.
func readJSON(r request) ([]event, error) {
	var p plain
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("%s: the fields are subject, title, state, kind, severity, lines, quote, at, for", jsonMistake(err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("one object is expected, and something follows it")
	}
	e := event{facts: map[string]string{"subject": p.Subject, "kind": p.Kind}}
	for _, set := range []func(*event) error{p.what, p.when, p.more} {
		if err := set(&e); err != nil {
			return nil, err
		}
	}
	// The kind says who tells it: nobody outside can end a trouble that we see ourselves.
	if e.Kind = r.source; p.Kind != "" {
		e.Kind += ":" + p.Kind
	}
	return []event{e}, nil
}

func (p plain) what(e *event) error {
	switch {
	case p.Subject == "":
		return errors.New(`"subject" is missing`)
	case !sortAndName.MatchString(p.Subject) || oneLine(p.Subject, 200) != p.Subject:
		return fmt.Errorf(`"subject" is %s: it is a sort, a colon and a name, such as "backup:n8n"`, shown(p.Subject))
	case strings.HasPrefix(p.Subject, "watch:"):
		return fmt.Errorf(`"subject" is %s: what begins with watch: is about ourselves`, shown(p.Subject))
	case oneLine(p.Title, mostTitle) == "":
		return errors.New(`"title" is missing`)
	case key(p.Kind) != p.Kind:
		return fmt.Errorf(`"kind" is %s: it is one line of at most %d characters`, shown(p.Kind), mostKey)
	}
	e.Subject, e.Title = p.Subject, ops.Raw(oneLine(p.Title, mostTitle))
	switch e.Severity = ops.Severity(p.Severity); e.Severity {
	case "", ops.Notice, ops.Warning, ops.Critical:
		return nil
	}
	return fmt.Errorf(`"severity" is %s: it is "notice", "warning" or "critical"`, shown(p.Severity))
}

func (p plain) when(e *event) error {
	if p.At != "" {
		if e.At = moment(p.At); e.At.IsZero() {
			return fmt.Errorf(`"at" is %s: it is a time such as "2026-11-23T05:48:30Z"`, shown(p.At))
		}
	}
	switch p.State {
	case "firing":
	case "resolved":
		e.Over = true
	case "event":
		e.Fades = fadesEvent
	case "":
		return errors.New(`"state" is missing: it is "firing", "resolved" or "event"`)
	default:
		return fmt.Errorf(`"state" is %s: it is "firing", "resolved" or "event"`, shown(p.State))
	}
	if p.For == "" {
		return nil
	}
	d, err := ops.ParseSpan(p.For)
	switch {
	case err != nil || d < time.Second:
		return fmt.Errorf(`"for" is %s: it is a length of time such as "90s", "15m", "2h" or "3d"`, shown(p.For))
	case e.Over:
		return errors.New(`"for" is given, and "state" is "resolved": what is over lasts no longer`)
	}
	e.Fades = d
	return nil
}

func (p plain) more(e *event) error {
	if len(p.Lines) > mostLines {
		return fmt.Errorf(`"lines" holds %d: at most %d are shown`, len(p.Lines), mostLines)
	}
	for _, l := range p.Lines {
		e.Lines = append(e.Lines, ops.Raw(oneLine(l, mostLine)))
	}
	e.Quote = quote(p.Quote)
	return nil
}

// shown quotes a value in an error, short.
func shown(s string) string {
	if !utf8.ValidString(s) {
		return "no valid text"
	}
	return fmt.Sprintf("%q", oneLine(s, 60))
}
