package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"vigie/commands"
	"vigie/ops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// screen is what a person sees.
type screen struct {
	mu   sync.Mutex // guards out
	out  strings.Builder
	full bool // nothing more can be written
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.full {
		return 0, errors.New("broken pipe")
	}
	return s.out.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

type desk func(context.Context, commands.Said) commands.Toast

func (d desk) Handle(ctx context.Context, s commands.Said) commands.Toast { return d(ctx, s) }

func words(format string, args ...any) ops.Answer {
	return ops.Say(ops.Raw(fmt.Sprintf(format, args...)))
}

func TestConversation(t *testing.T) {
	var out screen
	ann := ops.Caller{ID: 1, Name: "ann", Role: ops.Admin}
	c := New(Options{In: strings.NewReader("/status\n\n 2 \n7\nexit\nnever\n"), Out: &out, Lang: ops.French, Caller: ann})
	var heard []commands.Said
	err := c.Run(t.Context(), desk(func(ctx context.Context, s commands.Said) commands.Toast {
		heard = append(heard, s)
		if s.Tap != "" {
			return commands.Toast{Text: ops.T("stopped", "arrêté")}
		}
		a := ops.Say(ops.T("🔴 %s is down", "🔴 %s est tombé", ops.Name("n8n")))
		a.Row(ops.AskFor(ops.T("Restart", "Redémarrer"), "docker.restart", "service", "n8n"), ops.Button{Label: ops.T("Cancel", "Annuler"), Data: "r:1:no"})
		if _, err := c.Show(ctx, s.Place, s.Who.Lang, a); err != nil {
			t.Error(err)
		}
		return commands.Toast{}
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := "(Tape /status, ou dis ce que tu veux. Un numéro touche son bouton ; Ctrl-C arrête ce qui tourne, puis quitte.)\n" +
		"🔴 n8n est tombé\n  [1] Redémarrer  [2] Annuler\n" + "(arrêté)\n" + "🔴 n8n est tombé\n  [3] Redémarrer  [4] Annuler\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	if len(heard) != 3 || heard[0].Text != "/status" || heard[0].Who.Via != "console" || heard[0].Who.ID != 1 || !heard[0].Private ||
		heard[1].Tap != "r:1:no" || heard[1].Message != "con:1" || heard[2].Text != "7" {
		t.Errorf("heard %+v", heard)
	}
}

func TestProgress(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var out screen
		c := New(Options{Out: &out, Terminal: terminal})
		stop := ops.Button{Label: ops.Raw("Stop"), Data: "l:1"}
		show := func(format string, args ...any) ops.Answer {
			a := words(format, args...)
			a.Row(stop)
			return a
		}
		at, err := c.Show(t.Context(), "con:0", "", show("⏳ Restoring · 1 of 2 · 10 s"))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			c.Update(at, "", show("⏳ Restoring · 1 of 2 · %d s", 11-i))
		}
		c.Update(at, "", show("⏳ Restoring · 2 of 2 · 12 s\n✓ safety dump\n… swapping"))
		c.Update(at, "", words("🟢 restored\n✓ safety dump"))
		want := "⏳ Restoring · 1 of 2 · 10 s\n  [1] Stop\n"
		if terminal {
			want += "\r⏳ Restoring · 1 of 2 · 11 s\r⏳ Restoring · 1 of 2 · 10 s\r⏳ Restoring · 1 of 2 · 9 s \r⏳ Restoring · 1 of 2 · 8 s\n"
		}
		want += "✓ safety dump\n… swapping\n🟢 restored\n"
		if out.String() != want {
			t.Errorf("terminal %t: got\n%q\nwant\n%q", terminal, out.String(), want)
		}
		if len(c.buttons) != 0 {
			t.Errorf("buttons that are gone: %v", c.buttons)
		}
	}
}

func TestFollowedLog(t *testing.T) {
	var out screen
	c := New(Options{Out: &out})
	at, err := c.Show(t.Context(), "con:0", "", ops.Answer{Blocks: []ops.Block{{Line: ops.Raw("log")}, {}, {Code: "a 1\na 2"}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Update(at, "", ops.Answer{Blocks: []ops.Block{{Line: ops.Raw("log")}, {Code: "a 2\na 3\na 3"}}})
	if want := "log\n  a 1\n  a 2\n  a 3\n  a 3\n"; out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// TestNumbers: a number means one button for as long as it is known, and never another at once.
func TestNumbers(t *testing.T) {
	var out screen
	c := New(Options{Out: &out})
	a := words("x")
	a.Row(ops.Button{Label: ops.Raw("A"), Data: "a"}, ops.Button{Label: ops.Raw("B"), Data: "b", Bad: true})
	first, err := c.Show(t.Context(), "con:0", "", a)
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		if _, err := c.Show(t.Context(), "con:0", "", a); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.buttons) != numbers {
		t.Errorf("%d buttons", len(c.buttons))
	}
	for no, b := range c.buttons {
		if m := c.messages[b.message]; b.button.Data == "" || m == nil {
			t.Errorf("number %d is %+v", no, b)
		}
	}
	if !strings.Contains(out.String(), "[1] B (!)  [2] A") {
		t.Errorf("%.60s", out.String())
	}
	before := c.buttons[1]
	c.Update(first, "", words("gone")) // its numbers are others' by now
	if c.buttons[1] != before {
		t.Error("took a button of another message away")
	}
	if s := c.said("1"); s.Tap == "" || s.Message == first {
		t.Errorf("1 is %+v", s)
	}
}

func TestInterrupt(t *testing.T) {
	var out screen
	in, typing := io.Pipe()
	signals := make(chan os.Signal)
	c := New(Options{In: in, Out: &out, Interrupts: signals})
	begun, taps := make(chan struct{}), make(chan string, 1)
	ended := make(chan error, 1)
	go func() { // received from below
		ended <- c.Run(t.Context(), desk(func(ctx context.Context, s commands.Said) commands.Toast {
			switch {
			case s.Text == "slow":
				close(begun)
				<-ctx.Done() // Ctrl-C gives the asking up
			case s.Text == "follow":
				a := words("live")
				a.Row(ops.Button{Label: ops.Raw("Stop"), Data: commands.LiveTap + "7:s"})
				_, err := c.Show(ctx, s.Place, "", a)
				if err != nil {
					t.Error(err)
				}
				return commands.Toast{Text: ops.Raw("shown")}
			case s.Tap != "":
				c.Update(s.Message, "", words("live\nthe end"))
				taps <- s.Tap
			}
			return commands.Toast{}
		}))
	}()
	fmt.Fprintln(typing, "slow")
	<-begun
	signals <- os.Interrupt
	fmt.Fprintln(typing, "follow")
	for !strings.Contains(out.String(), "(shown)") { // until then Ctrl-C gives up the asking, not what is shown
		runtime.Gosched()
	}
	signals <- os.Interrupt
	if tap := <-taps; tap != "l:7:s" {
		t.Errorf("tapped %q", tap)
	}
	leave(t, signals, ended)
	typing.Close()
}

func TestFiles(t *testing.T) {
	var out screen
	dir := t.TempDir()
	c := New(Options{Out: &out, Dir: dir, Redact: func(s string) string { return strings.ReplaceAll(s, "hunter2", "«secret»") }})
	file := &ops.File{Name: "../../n8n.log", Type: "text/plain", Data: []byte("pw hunter2")}
	a := ops.Answer{Blocks: []ops.Block{{File: file}, {File: file}, {Line: ops.Raw("hunter2")}}}
	if _, err := c.Show(t.Context(), "con:0", ops.English, a); err != nil {
		t.Fatal(err)
	}
	kept, err := filepath.Glob(dir + "/vigie-*/*")
	if err != nil || len(kept) != 2 {
		t.Fatalf("kept %v, %v", kept, err)
	}
	for _, path := range kept {
		body, err := os.ReadFile(path)
		if err != nil || string(body) != "pw «secret»" || !strings.Contains(out.String(), path) {
			t.Errorf("%s: %q, %v", path, body, err)
		}
	}
	if strings.Contains(out.String(), "hunter2") {
		t.Error(out.String())
	}
}

// A picture that moves is one file, which changes; where it is, is said once.
func TestMovingPicture(t *testing.T) {
	var out screen
	c := New(Options{In: strings.NewReader(""), Out: &out, Lang: ops.English, Dir: t.TempDir()})
	at, err := c.Show(t.Context(), place(0), ops.English, words("drawing"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		a := words("drawing")
		a.Blocks = append(a.Blocks, ops.Block{File: &ops.File{Name: "preview.jpg", Type: "image/jpeg", Data: []byte{byte(n)}}})
		c.Update(at, ops.English, a)
	}
	said := out.String()
	_, path, _ := strings.Cut(said, "→ ")
	path, _, _ = strings.Cut(path, "\n")
	got, err := os.ReadFile(path)
	if err != nil || len(got) != 1 || got[0] != 2 || strings.Count(said, "→") != 1 {
		t.Errorf("%q (%v) of\n%s", got, err, said)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("%d files are kept (%v)", len(files), err)
	}
}

func TestBrokenPipe(t *testing.T) {
	out := screen{full: true}
	c := New(Options{In: strings.NewReader("a\nb\n"), Out: &out})
	if err := c.Run(t.Context(), desk(func(context.Context, commands.Said) commands.Toast { return commands.Toast{} })); err == nil {
		t.Error("nobody sees anything, and that is no error")
	}
	if _, err := c.Show(t.Context(), "con:0", "", words("x")); err == nil {
		t.Error("shown to nobody")
	}
	if at, ok := c.Private(0); at != "con:0" || !ok {
		t.Error("the person at the console has no chat")
	}
	if _, ok := c.Private(2); ok {
		t.Error("somebody else has one")
	}
}

// leave interrupts until it leaves, as a person does: what was tapped may still be under way at the first.
func leave(t *testing.T, signals chan<- os.Signal, ended <-chan error) {
	t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
			return
		case <-late:
			t.Error("it does not leave")
			return
		case <-time.After(100 * time.Millisecond):
		}
		select {
		case signals <- os.Interrupt:
		default:
		}
	}
}
