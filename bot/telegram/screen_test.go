package telegram

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

func TestShow(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	a := ops.Say(ops.T("🔴 %s is <down>", "🔴 %s est <tombé>", ops.Name("n8n_1")))
	a.Code("x < y & z", true)
	restart := ops.AskFor(ops.T("Restart %s", "Redémarrer %s", ops.Name("n8n_1")), "docker.restart", "service", "n8n_1")
	restart.Bad = true
	a.Row(restart, ops.Button{Label: ops.T("Cancel", "Annuler"), Data: "r:1:no"})
	at := w.show("tg:1:0:0", a)
	m := w.last(ann)
	if at != ops.Place(fmt.Sprintf("tg:1:0:%d", m.MessageID)) || m.Text != "🔴 n8n_1 is <down>\nx < y & z" || !m.Silent {
		t.Errorf("at %s: %+v", at, m)
	}
	var kinds []string
	for _, e := range m.Entities {
		kinds = append(kinds, e.Type)
	}
	if got := strings.Join(kinds, " "); got != "code expandable_blockquote" {
		t.Errorf("entities %s", got)
	}
	if b := m.ReplyMarkup.Rows[0][0]; b.Text != "Restart n8n_1" || b.Style != "danger" || b.CallbackData != "a:docker.restart?service=n8n_1" {
		t.Errorf("button %+v", b)
	}

	a = words("🟢 up")
	a.Loud = true
	if again := w.show(at, a); again != at {
		t.Errorf("edited at %s, shown at %s", at, again)
	}
	if m := w.last(ann); m.Text != "🟢 up" || m.ReplyMarkup != nil || m.Edits() != 1 {
		t.Errorf("after the edit: %+v", m)
	}
	w.show(at, a) // not modified: no error
	w.show("tg:2:0:0", a)
	if m := w.last(bruno); m.Silent {
		t.Error("a loud message is silent")
	}
	if err := w.bot.Delete(w.ctx, at); err != nil {
		t.Error(err)
	}
	if err := w.bot.Delete(w.ctx, at); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	if n := len(w.api.Messages(ann)); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if s := w.bot.Stats(); s.Sends != 2 || s.Edits != 2 {
		t.Errorf("stats %+v", s)
	}
}

// What Telegram says of an edit that changes nothing names the markup too: the buttons must stay.
func TestEditThatChangesNothing(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	a := words("🔴 n8n is down")
	a.Row(ops.Button{Label: ops.T("Restart", "Redémarrer"), Ask: &ops.Ask{Op: "docker.restart", Args: ops.Args{"service": "n8n"}}})
	at := w.show("tg:1:0:0", a)
	w.show(at, a)
	w.show(at, a)
	if m := w.last(ann); m.ReplyMarkup == nil || m.Edits() != 0 {
		t.Errorf("shown again, it is %+v", m)
	}
}

func TestEditOfWhatIsGone(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	at := w.show("tg:-100:7:0", words("one"))
	if err := w.bot.Delete(w.ctx, at); err != nil {
		t.Fatal(err)
	}
	now := w.show(at, words("two"))
	if now == at || w.last(crew).Text != "two" || w.last(crew).MessageThreadID != 7 {
		t.Errorf("shown at %s: %s", now, w.api.Transcript(crew))
	}
	w.bot.Update(at, ops.English, words("three")) // by the old name
	w.wait("the edit", func() bool { return w.last(crew).Text == "three" })
	if n := len(w.api.Messages(crew)); n != 1 {
		t.Errorf("%d messages", n)
	}
	foreign := w.say(ann, ann, "mine")
	w.show(ops.Place(fmt.Sprintf("tg:1:0:%d", foreign.MessageID)), words("four")) // cannot be edited
	if w.last(ann).Text != "four" {
		t.Error(w.api.Transcript(ann))
	}
}

func TestUpdatesMerge(t *testing.T) {
	w := newWorld(t, botapi.RealLimits())
	at := w.show("tg:1:0:0", words("begin"))
	began := time.Now()
	for i := range 200 {
		w.bot.Update(at, ops.English, words("step %d", i))
	}
	w.wait("the last step", func() bool { return w.last(ann).Text == "step 199" })
	if n := w.last(ann).Edits(); n > 4 || time.Since(began) > 5*time.Second {
		t.Errorf("%d edits in %s", n, time.Since(began))
	}
	// An answer that takes the place of progress is shown even if progress was waiting, and is the last.
	for i := range 20 {
		w.bot.Update(at, ops.English, words("more %d", i))
	}
	w.show(at, words("end"))
	if w.last(ann).Text != "end" {
		t.Errorf("shows %q", w.last(ann).Text)
	}
	if s := w.bot.Stats(); s.Floods != 0 {
		t.Errorf("Telegram had to say %d times that it is too fast", s.Floods)
	}
}

// TestAnswersBeforeProgress: while edits of progress fill the pace of a chat, an answer is sent at once.
func TestAnswersBeforeProgress(t *testing.T) {
	w := newWorld(t, botapi.RealLimits())
	at := w.show("tg:1:0:0", words("begin"))
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() { // ends with stop
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				w.bot.Update(at, ops.English, words("step %d", i))
			}
		}
	}()
	w.wait("some edits", func() bool { return w.api.Messages(ann)[0].Edits() >= 3 })
	began := time.Now()
	w.show("tg:1:0:0", words("answer"))
	if d := time.Since(began); d > 700*time.Millisecond {
		t.Errorf("the answer waited %s", d)
	}
	close(stop)
	<-done
	if s := w.bot.Stats(); s.Floods != 0 {
		t.Errorf("%d floods", s.Floods)
	}
}

func TestLongAnswers(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	var a ops.Answer
	a.Line(ops.Raw("🔴 log")).Code(strings.Repeat("\x1b[31m<b>_😀&\x1b[0m", 130_000), false) // no line end in 1 MB
	a.Row(ops.Button{Label: ops.Raw("↻"), Data: "x"})
	at := w.show("tg:1:0:0", a)
	list := w.api.Messages(ann)
	if len(list) != 1 || list[0].Document == nil || list[0].Document.FileSize != 130_000*len("<b>_😀&") || len(list[0].Labels()) != 1 {
		t.Fatalf("a megabyte became\n%.3000s", w.api.Transcript(ann))
	}
	w.show(at, words("short again")) // a document's caption can be edited
	if list := w.api.Messages(ann); len(list) != 1 || list[0].Caption != "short again" {
		t.Errorf("after the edit\n%.3000s", w.api.Transcript(ann))
	}
	w.show(at, words("%s", strings.Repeat("longer than a caption\n", 60)))
	if list := w.api.Messages(ann); len(list) != 1 || list[0].Document != nil || list[0].ReplyMarkup != nil {
		t.Errorf("after a long edit\n%.3000s", w.api.Transcript(ann))
	}

	var b ops.Answer
	b.Line(ops.Raw("three")).Code(strings.Repeat("a line of a log that is long enough\n", 250), false)
	b.Row(ops.Button{Label: ops.Raw("↻"), Data: "x"})
	at = w.show("tg:2:0:0", b)
	list = w.api.Messages(bruno)
	if len(list) != 3 || len(list[0].Labels()) != 0 || len(list[2].Labels()) != 1 || string(at) != fmt.Sprintf("tg:2:0:%d", list[2].MessageID) {
		t.Fatalf("9 kB became %d messages", len(list))
	}
	w.show(at, b) // in place of three messages: one, with a file
	if list := w.api.Messages(bruno); len(list) != 2 || list[0].Text == "" || list[1].Document == nil {
		t.Errorf("shown again:\n%.3000s", w.api.Transcript(bruno))
	}
	w.show(at, words("done"))
	if list := w.api.Messages(bruno); len(list) != 1 || list[0].Text != "done" {
		t.Errorf("shown once more:\n%.3000s", w.api.Transcript(bruno))
	}
}

func picture(t *testing.T, w, h int) ops.Block {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return ops.Block{File: &ops.File{Name: "chart.png", Type: "image/png", Data: out.Bytes()}}
}

func TestPictures(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	a := words("cpu")
	a.Blocks = append(a.Blocks, picture(t, 30, 20))
	at := w.show("tg:1:0:0", a)
	if m := w.last(ann); m.Photo == nil || m.Caption != "cpu" {
		t.Errorf("%+v", m)
	}
	a.Blocks = append(a.Blocks, picture(t, 300, 2)) // too narrow for a photo
	w.show(at, a)
	list := w.api.Messages(ann)
	if len(list) != 3 || list[0].Text != "cpu" || list[1].Photo == nil || list[2].Document == nil {
		t.Errorf("two pictures:\n%s", w.api.Transcript(ann))
	}
}
