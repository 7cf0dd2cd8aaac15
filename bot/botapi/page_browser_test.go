package botapi

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
)

const attack = `<img src=x onerror="window.owned=1"><script>window.owned=2</script>`

var logFile = bytes.Repeat([]byte("2026-06-01 14:02:11 FATAL heap limit reached\n"), 400)

func TestPageInChromium(t *testing.T) {
	a := serve(t)
	a.call("setMyCommands", "commands", []Command{{"start", "Begin here"}, {"status", "What needs you"}})
	a.call("setMyCommands", "language_code", "fr", "commands", []Command{{"start", "Commence ici"}, {"status", "Ce qui t’attend"}})
	echoBot(t, a)
	p := browse(t, a, "")
	console, stop := context.WithCancel(p.ctx)
	defer stop()
	messages := chromedp.Console(console)
	for _, part := range []struct {
		name string
		run  func(*testing.T, api, page)
	}{
		{"a command is delivered and answered with buttons", pageCommand},
		{"a tap spins until its toast", pageTaps},
		{"an edit replaces in place", pageEdit},
		{"text is drawn by its entities", pageEntities},
		{"a document is saved with its bytes", pageDocument},
		{"a photo is drawn", pagePhoto},
		{"markup in a text stays text", pageAttack},
		{"a long paste goes through", pagePaste},
		{"a reply quotes", pageReply},
		{"what a person edits is marked", pageMark},
		{"typing shows", pageTyping},
		{"the other person is somebody else, in French", pageSwitch},
		{"a message elsewhere is announced and unread", pageElsewhere},
		{"the page comes back by itself", pageReconnect},
	} {
		if !t.Run(part.name, func(t *testing.T) {
			p.t = t
			b := a
			b.t = t
			part.run(t, b, p)
		}) {
			break // the parts build on each other
		}
	}
	get[bool](p, `console.log("that was all") || true`)
	for m, err := range messages {
		if err != nil || m.Text == "that was all" {
			break
		}
		t.Errorf("the page's console says: %s", m)
	}
}

func pageCommand(t *testing.T, a api, p page) {
	p.do("choosing /start in the menu", chromedp.SendKeys("#text", "/st"), chromedp.WaitVisible(`#commands [role="option"]`))
	if got := get[string](p, `[...document.querySelectorAll("#commands button")].map(b => b.textContent).join("|")`); got != "/startBegin here|/statusWhat needs you" {
		t.Errorf("the menu says %q", got)
	}
	p.do("tapping the command", chromedp.Click(`#commands button`))
	p.until("the answer is there", last+`?.querySelectorAll(".key").length === 4`)
	if got := get[string](p, last+`.querySelector(".text strong").textContent`); got != "Hello" {
		t.Errorf("bold text is %q", got)
	}
	said := a.Messages(ann)[0]
	if said.Text != "/start" || said.From.ID != ann || len(said.Entities) != 1 || said.Entities[0].Type != "bot_command" {
		t.Errorf("delivered %+v", said.Message)
	}
	if get[bool](p, `document.querySelector("#text").value !== ""`) {
		t.Error("the field was not cleared")
	}
}

func pageTaps(t *testing.T, a api, p page) {
	p.do("tapping Never", chromedp.Click(`.row:nth-child(2) .key:nth-child(2)`))
	p.until("the untouched button spins", `document.querySelector(".key.busy")?.textContent === "Never"`)
	p.do("tapping Toast", chromedp.Click(`.row:nth-child(1) .key:nth-child(1)`))
	p.until("the toast shows", `!document.querySelector("#toast").hidden && document.querySelector("#toast").textContent === "Toasted"`)
	p.until("only the unanswered button spins", `document.querySelectorAll(".key.busy").length === 1`)
	p.do("tapping Alert", chromedp.Click(`.row:nth-child(1) .key:nth-child(2)`))
	p.until("the alert shows", `document.querySelector("#alert").open && document.querySelector("#alert p").textContent === "Alerted"`)
	p.do("closing the alert", chromedp.Click(`#alert button`))
	p.until("the alert is gone", `!document.querySelector("#alert").open`)
}

func pageEdit(t *testing.T, a api, p page) {
	id := get[string](p, last+`.dataset.id`)
	count := get[int](p, `document.querySelectorAll(".message").length`)
	p.do("tapping Edit", chromedp.Click(`.row:nth-child(2) .key:nth-child(1)`))
	p.until("the text is new", fmt.Sprintf(`document.querySelector('[data-id="%s"] .text')?.firstChild?.data === "edited in place"`, id))
	if got := get[int](p, `document.querySelectorAll(".message").length`); got != count {
		t.Errorf("%d messages after the edit, %d before", got, count)
	}
	if get[bool](p, `Boolean(document.querySelector(".keys"))`) {
		t.Error("the keyboard is still there though the edit sent none")
	}
	if strings.Contains(get[string](p, last+`.querySelector(".meta").textContent`), "edited") {
		t.Error("a bot's edit is marked, which Telegram does not")
	}
}

func pageEntities(t *testing.T, a api, p page) {
	p.say("/quote")
	p.until("the quote is there, folded", last+`?.querySelector("blockquote.folded:not(.short)")`)
	height := `document.querySelector("blockquote.expandable").getBoundingClientRect().height`
	folded := get[float64](p, height)
	p.do("tapping the quote", chromedp.Click("blockquote.expandable .fold"))
	p.until("the quote is open", height+fmt.Sprintf(` > %f * 2`, folded))
	p.do("tapping it again", chromedp.Click("blockquote.expandable .fold"))
	p.until("the quote is folded again", height+fmt.Sprintf(` <= %f + 1`, folded))
	if got := get[string](p, last+`.querySelector(".pre .language").textContent + ":" + `+last+`.querySelector("pre").textContent`); got != "sql:select 1" {
		t.Errorf("the block of code says %q", got)
	}
	p.do("tapping code", chromedp.Click(`.text > code`))
	p.until("it says that it was copied", `!document.querySelector("#toast").hidden && document.querySelector("#toast").textContent === "Copied"`)
}

func pageDocument(t *testing.T, a api, p page) {
	p.say("/file")
	p.until("the row is there", last+`?.querySelector(".document")`)
	if got := get[string](p, last+`.querySelector(".document").textContent`); got != "heap <b>.log17.6 KB · LOG" {
		t.Errorf("the row says %q", got)
	}
	dir := t.TempDir()
	if _, err := chromedp.Call(p.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllowAndName, DownloadPath: dir, EventsEnabled: new(true)}); err != nil {
		t.Fatal(err)
	}
	done, err := chromedp.Run(p.ctx, chromedp.WaitEvent(browser.DownloadProgress, func(e browser.EventDownloadProgress) bool {
		return e.State == browser.DownloadProgressStateCompleted
	}, chromedp.Click(".document")))
	if err != nil {
		t.Fatalf("saving the document: %v", err)
	}
	got, err := os.ReadFile(filepath.Join(dir, done.GUID))
	if err != nil || !bytes.Equal(got, logFile) {
		t.Fatalf("saved %d bytes of %d, %v", len(got), len(logFile), err)
	}
}

func pagePhoto(t *testing.T, a api, p page) {
	p.say("/photo")
	p.until("the photo is drawn", last+`?.querySelector(".photo img")?.complete && `+last+`.querySelector(".photo img")?.naturalWidth === 64`)
	p.do("tapping the photo", chromedp.Click(".photo"))
	p.until("it is shown large", `document.querySelector("#photo").open`)
	p.do("closing it", chromedp.Click("#photo button"))
	p.until("it is gone", `!document.querySelector("#photo").open`)
}

func pageAttack(t *testing.T, a api, p page) {
	p.say(attack)
	p.until("the echo is there", last+`?.classList.contains("theirs") && `+last+`.querySelector(".text")?.textContent?.startsWith("you said <img")`)
	a.sent(ann, attack, "reply_markup", keyboard(attack, "x"), "reply_parameters", map[string]any{"message_id": a.Messages(ann)[0].MessageID})
	p.until("the button is there", last+`?.querySelector(".key")`)
	if got := get[string](p, last+`.querySelector(".key span").textContent`); got != attack {
		t.Errorf("the button says %q", got)
	}
	if get[bool](p, `Boolean(window.owned) || Boolean(document.querySelector("#messages img[src=x], #messages script, .document .name b"))`) {
		t.Error("markup from a message came alive")
	}
}

func pagePaste(t *testing.T, a api, p page) {
	get[bool](p, `(() => { const f = document.querySelector("#text"); f.focus(); return document.execCommand("insertText", false, "long line of text\n".repeat(400)); })()`)
	p.do("sending it", chromedp.Click("#send"))
	whole := strings.TrimSpace(strings.Repeat("long line of text\n", 400))
	err := a.Wait(within(t, 20*time.Second), func() bool {
		var got []string
		echoes := 0
		for _, m := range a.Messages(ann) {
			switch {
			case strings.HasPrefix(m.Text, "long line"):
				got = append(got, strings.TrimSpace(m.Text))
			case strings.HasPrefix(m.Text, "you said long line"):
				echoes++
			}
		}
		return len(got) == 2 && strings.Join(got, "\n") == whole && echoes == 2
	})
	if err != nil {
		t.Error(err)
	}
	p.until("the field is small again", `document.querySelector("#text").value === "" && document.querySelector("#text").clientHeight < 60`)
}

func pageReply(t *testing.T, a api, p page) {
	p.do("choosing to reply", chromedp.ScrollIntoView(`[data-id="1"] .reply`), chromedp.Click(`[data-id="1"] .reply`))
	p.until("it shows to what", `!document.querySelector("#replying").hidden && document.querySelector("#replying p").textContent === "Ann/start"`)
	p.say("indeed")
	m, err := a.WaitMessage(within(t, 20*time.Second), ann, func(m Stored) bool { return m.Text == "indeed" })
	if err != nil || m.ReplyToMessage == nil || m.ReplyToMessage.Text != "/start" {
		t.Errorf("said %+v, %v", m.Message, err)
	}
	p.until("it is quoted, and answered", `[...document.querySelectorAll(".mine .quoted")].some(q => q.textContent === "Ann/start") && `+last+`?.querySelector(".text")?.textContent?.startsWith("you said indeed")`)
	p.until("nothing is being replied to", `document.querySelector("#replying").hidden`)
}

func pageMark(t *testing.T, a api, p page) {
	m := a.said(ann, ann, "/quiet") // the bot's echo comes too
	if err := a.EditText(ann, ann, m.MessageID, "/loud"); err != nil {
		t.Fatal(err)
	}
	p.until("it is marked", fmt.Sprintf(`document.querySelector('[data-id="%d"] .meta')?.textContent?.startsWith("edited ")`, m.MessageID))
	if _, err := a.WaitMessage(within(t, 20*time.Second), ann, func(m Stored) bool { return m.Text == "you said /quiet" }); err != nil {
		t.Fatal(err)
	}
}

func pageTyping(t *testing.T, a api, p page) {
	a.call("sendChatAction", "chat_id", ann, "action", "upload_document")
	p.until("it says so", `document.querySelector("#status.busy")?.textContent === "sending a file"`)
	a.sent(ann, "here")
	p.until("it stops with the message", `!document.querySelector("#status.busy")`)
}

func pageSwitch(t *testing.T, a api, p page) {
	get[bool](p, fmt.Sprintf(`(() => { const s = document.querySelector("#me"); s.value = "%d"; s.dispatchEvent(new Event("change")); return true; })()`, bob))
	p.until("Bob's empty chat is open", `document.querySelectorAll(".message").length === 0 && document.documentElement.lang === "fr"`)
	p.do("opening the menu", chromedp.SendKeys("#text", "/"), chromedp.WaitVisible("#commands button"))
	if got := get[string](p, `[...document.querySelectorAll("#commands span")].map(b => b.textContent).join("|")`); got != "Commence ici|Ce qui t’attend" {
		t.Errorf("the French menu says %q", got)
	}
	p.say("who")
	p.until("Bob is told who he is", last+`?.querySelector(".text")?.textContent?.startsWith("you are 1002")`)
}

func pageElsewhere(t *testing.T, a api, p page) {
	a.sent(hall, "deployed <b>x</b>", "message_thread_id", deploys)
	p.until("the banner shows", `!document.querySelector("#banner").hidden && document.querySelector("#banner").textContent === "Vigie · Halldeployed <b>x</b>"`)
	p.until("it counts as unread", `document.querySelector("#elsewhere").textContent === "1" && document.title.startsWith("(1)")`)
	p.do("tapping the banner", chromedp.Click("#banner"))
	p.until("the topic is open", `document.querySelector("#topics [aria-pressed=true]")?.textContent === "Deploys" && document.querySelector("#elsewhere").hidden`)
	p.say("merci @vigie_bot")
	m, err := a.WaitMessage(within(t, 20*time.Second), hall, func(m Stored) bool { return m.Text == "merci @vigie_bot" })
	if err != nil || m.MessageThreadID != deploys || m.From.ID != bob {
		t.Errorf("said %+v, %v", m.Message, err)
	}
	a.sent(ann, "not for Bob")
	a.sent(crew, "silent", "disable_notification", true)
	p.until("the silent one is counted", `document.querySelector("#elsewhere").textContent === "1"`)
	if get[bool](p, `document.body.textContent.includes("not for Bob")`) {
		t.Error("Bob sees Ann's chat")
	}
}

func pageReconnect(t *testing.T, a api, p page) {
	p.do("reloading", chromedp.Reload(), chromedp.WaitVisible("#text"))
	p.until("the same person and chat are open", `document.querySelector("#title").textContent === "Hall" && document.querySelector("#me").value === "1002" && document.querySelectorAll(".message").length >= 2`)
	a.sent(hall, "still live")
	p.until("new messages still come", last+`?.querySelector(".text")?.firstChild?.data === "still live"`)
}
