package telegram

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/bot/botapi"
	"vigie/ops"
)

// frame is the n'th picture of something that moves.
func frame(t *testing.T, n int) ops.Block {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, 32, 32))
	img.SetGray(n%32, n/32%32, color.Gray{Y: 200})
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return ops.Block{File: &ops.File{Name: "preview.png", Type: "image/png", Data: out.Bytes()}}
}

func drawing(t *testing.T, text string, n int) ops.Answer {
	a := words("%s", text)
	a.Blocks = append(a.Blocks, frame(t, n))
	return a
}

func (w *world) calls(method string) (n int) {
	for _, c := range w.api.CallsOf(method) {
		if c.Code == 200 {
			n++
		}
	}
	return n
}

// photos are the pictures that a message showed, one after the other.
func photos(m botapi.Stored) (list []string) {
	for _, r := range m.Revisions {
		if r.Photo != "" && (len(list) == 0 || list[len(list)-1] != r.Photo) {
			list = append(list, r.Photo)
		}
	}
	return list
}

// A picture moves in the one message, at Telegram's pace: words do not wait for it, it is not sent again without need, and the end
// takes its place.
func TestAMovingPicture(t *testing.T) {
	for name, chat := range map[string]ops.Place{"private": "tg:1:0:0", "group": "tg:-200:0:0"} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				at := w.show(chat, words("plan"))
				for i := range 600 { // 2 min, five pictures a second
					w.bot.Update(at, ops.English, drawing(t, fmt.Sprintf("drawing, step %d", i), i))
					time.Sleep(200 * time.Millisecond)
				}
				if got := w.show(at, drawing(t, "done", 1000)); got != at {
					t.Errorf("it ends at %s, not at %s", got, at)
				}
				id := int64(1)
				if name == "group" {
					id = plain
				}
				list := w.api.Messages(id)
				if len(list) != 1 || list[0].Caption != "done" || list[0].Photo == nil {
					t.Fatalf("the chat reads\n%s", w.api.Transcript(id))
				}
				if n := len(photos(list[0])); n < 25 || n > 42 {
					t.Errorf("%d pictures in 2 min", n)
				}
				for _, c := range w.api.Calls() {
					if c.Code != 200 {
						t.Errorf("%s was refused: %d %s", c.Method, c.Code, c.Description)
					}
				}
			})
		})
	}
}

// While a picture stays the same only its words are sent.
func TestTheSamePictureIsNotSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		at := w.show("tg:1:0:0", words("plan"))
		for _, text := range []string{"1 s", "6 s", "11 s"} {
			w.bot.Update(at, ops.English, drawing(t, text, 1))
			time.Sleep(5 * time.Second)
		}
		w.show(at, drawing(t, "done", 1))
		synctest.Wait()
		if m := w.last(ann); m.Caption != "done" || w.calls("editMessageMedia") != 1 || w.calls("editMessageCaption") != 3 || len(w.api.Messages(ann)) != 1 {
			t.Errorf("%d media, %d captions:\n%s", w.calls("editMessageMedia"), w.calls("editMessageCaption"), w.api.Transcript(ann))
		}
	})
}

// What Telegram does not take as a picture keeps no word from arriving, and the end is shown as if there had been none.
func TestAPictureThatIsRefused(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	at := w.show("tg:1:0:0", words("plan"))
	for _, text := range []string{"1 s", "2 s"} {
		a := words("%s", text)
		a.Blocks = append(a.Blocks, ops.Block{File: &ops.File{Name: "p.png", Type: "image/png", Data: []byte("no picture")}})
		w.bot.Update(at, ops.English, a)
		w.wait(text, func() bool { return w.last(ann).Text == text })
	}
	w.show(at, drawing(t, "done", 1))
	list := w.api.Messages(ann)
	if len(list) != 1 || list[0].Caption != "done" || len(w.api.CallsOf("editMessageMedia")) != 2 { // one refused, one that is the end
		t.Errorf("%d tries:\n%s", len(w.api.CallsOf("editMessageMedia")), w.api.Transcript(ann))
	}
}

// A Bot API server from before 7.11 gives no text message a picture: the words move, and the picture comes below at the end.
func TestAnOlderServer(t *testing.T) {
	old := newWorld(t, botapi.Limits{})
	old.api.BeforeMediaForText()
	at := old.show("tg:1:0:0", words("plan"))
	old.bot.Update(at, ops.English, drawing(t, "1 s", 1))
	old.wait("the words", func() bool { return old.last(ann).Text == "1 s" })
	old.show(at, drawing(t, "done", 2))
	list := old.api.Messages(ann)
	if len(list) != 2 || list[0].Text != "done" || list[1].Photo == nil {
		t.Errorf("it reads\n%s", old.api.Transcript(ann))
	}
}

// Killed in the middle, the next process does not know what the message shows: nothing is sent a second time.
func TestAPictureAfterACrash(t *testing.T) {
	w := newWorld(t, botapi.Limits{})
	at := w.show("tg:1:0:0", words("plan"))
	w.api.Inject(botapi.Fault{Kind: botapi.LostAnswer, Method: "editMessageMedia", Times: 2})
	w.bot.Update(at, ops.English, drawing(t, "1 s", 1))
	w.wait("the picture", func() bool { return w.calls("editMessageMedia") == 3 })
	w.end()
	w.bot = w.newBot()
	w.bot.Update(at, ops.English, words("2 s")) // it has no picture yet
	w.wait("the words", func() bool { return w.last(ann).Caption == "2 s" })
	if m := w.last(ann); len(photos(m)) == 0 || m.Photo == nil {
		t.Error("the picture went with the words")
	}
	for range 2 { // the end, told, and told again because the process died before it was noted
		w.show(at, drawing(t, "done", 2))
		w.end()
		w.bot = w.newBot()
	}
	if list := w.api.Messages(ann); len(list) != 1 || list[0].Caption != "done" {
		t.Errorf("it reads\n%s", w.api.Transcript(ann))
	}
	if strings.Contains(w.logs.String(), "panic") {
		t.Error(w.logs)
	}
}
