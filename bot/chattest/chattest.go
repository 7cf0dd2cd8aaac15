// Package chattest runs chat transcripts: the specification of how Vigie behaves, as conversations that one can read.
//
// A transcript is a txtar file. Its comment says, in prose, what is true. The "world" section sets up the fake
// stack, "policy" (optional) the rules, "alerts" (optional) who is told of what, "model" (optional) what a model says, "chat" is the conversation, "calls" is what was asked of the stack and "journal" what was
// kept. The bot's lines are expectations; "go test -update" rewrites them, and only them.
//
//	ann> /restart web         a person says something, in their own chat
//	ann@ops> /status          … in a group
//	bruno> [Restart web]      a person taps the newest button so labelled
//	bot> …                    a new message, with its buttons in brackets
//	bot~ …                    a message changed: how it reads now
//	bot! …                    the answer to a tap, shown over the chat
//	+10m                      time passes (no real time does)
//	! docker: web exited 1    the world changes behind the bot's back
//	! alert: container:web died critical web exited 1      a watcher tells of a trouble; see parseAlert. «… over» ends it
//	! telegram closed         nothing reaches the chats, until «! telegram open»
//	! restart                 the bot is killed (as by kill -9) and started again
//	! stop                    the bot is told to end, ends in order, and is started again
//	# …                       a remark
//
// People: ann (admin, en), bruno (operator, fr), cat (viewer, en), dan (operator, en); zed is nobody.
package chattest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

var update = flag.Bool("update", false, "rewrite what the bot says in transcripts")

// A World is what the bot under test operates, in one transcript. It outlives the bot.
type World interface {
	Change(change string) error // one «! system: …» line, without the mark
	Calls() []string            // what was asked of it that changes something, in order
}

// Run runs the transcripts matching glob, each on a fresh world that open makes of its "world" section.
func Run(t *testing.T, glob string, open func(t *testing.T, world string) (World, Systems)) {
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts match %s (%v)", glob, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			var got string
			synctest.Test(t, func(t *testing.T) { got = replay(t, ar, dir, open) })
			settle(t, file, got)
		})
	}
}

func replay(t *testing.T, ar *txtar.Archive, dir string, open func(*testing.T, string) (World, Systems)) string {
	world, systems := open(t, section(ar, "world"))
	p := &player{t: t, world: world, systems: systems, file: filepath.Join(dir, "vigie.db"), policy: section(ar, "policy"), section: section(ar, "alerts"), model: section(ar, "model")}
	defer p.stop() // also when the transcript is bad: a bubble waits for all that it began
	p.start()
	out := *ar
	out.Files = append([]txtar.File(nil), ar.Files...)
	for i, f := range out.Files {
		switch f.Name {
		case "chat":
			out.Files[i].Data = []byte(p.chat(string(f.Data)))
		case "journal":
			synctest.Wait()
			out.Files[i].Data = []byte(p.journal())
		case "calls":
			out.Files[i].Data = []byte(strings.Join(append(world.Calls(), ""), "\n"))
		}
	}
	return string(txtar.Format(&out))
}

func settle(t *testing.T, file, got string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(txtar.Format(txtar.Parse(raw)))
	if got == want || t.Failed() {
		return
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs (run with -update to accept):\n%s", file, lineDiff(want, got))
}

func section(ar *txtar.Archive, name string) string {
	for _, f := range ar.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

// chat plays one conversation and writes it down again with what the bot says now.
func (p *player) chat(script string) string {
	var out strings.Builder
	defer func() {
		if p.t.Failed() {
			p.t.Logf("so far:\n%s", out.String())
		}
	}()
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, "\n")
		if isBots(line) {
			continue // written afresh below
		}
		fmt.Fprintln(&out, line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		p.act(line)
		synctest.Wait()
		out.WriteString(p.screen.news())
	}
	return out.String()
}

func isBots(line string) bool {
	return strings.HasPrefix(line, "bot> ") || strings.HasPrefix(line, "bot~ ") || strings.HasPrefix(line, "bot! ") || strings.HasPrefix(line, indent)
}

func (p *player) act(line string) {
	p.t.Helper()
	who, text, said := strings.Cut(line, "> ")
	switch {
	case strings.HasPrefix(line, "+"):
		d, err := time.ParseDuration(line[1:])
		if err != nil {
			p.t.Fatalf("bad line %q: %v", line, err)
		}
		time.Sleep(d)
	case line == "! restart":
		p.kill()
		p.start()
	case line == "! stop":
		p.stop()
		p.start()
	case strings.HasPrefix(line, "! alert: "):
		t, err := parseAlert(strings.TrimPrefix(line, "! alert: "))
		if err != nil || p.engine == nil {
			p.t.Fatalf("%s: %v", line, err)
		}
		p.stage.tell <- ops.Sighting{Troubles: []ops.Trouble{t}}
	case line == "! telegram closed", line == "! telegram open":
		p.screen.setClosed(line == "! telegram closed")
	case strings.HasPrefix(line, "! "):
		if err := p.world.Change(line[2:]); err != nil {
			p.t.Fatalf("%s: %v", line, err)
		}
	case said && !strings.Contains(who, " "):
		p.say(who, text)
	default:
		p.t.Fatalf("bad line %q", line)
	}
}

func lineDiff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	return fmt.Sprintf("line %d\n-%s\n+%s", i+1, strings.Join(w[i:min(i+6, len(w))], "\n-"), strings.Join(g[i:min(i+6, len(g))], "\n+"))
}
