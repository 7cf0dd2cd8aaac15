package botapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const chromium = "/usr/bin/chromium"

// page is the chat page in a browser.
type page struct {
	t   *testing.T
	ctx context.Context
	url string
}

// browse opens the chat page of a server in a real browser of a phone's size.
func browse(t *testing.T, a api, query string) page {
	t.Helper()
	if _, err := os.Stat(chromium); err != nil {
		t.Fatalf("the chat page is tested in a real Chromium at %s (Debian: apt-get install chromium): %v", chromium, err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", a.Page())
	web := httptest.NewServer(mux)
	t.Cleanup(web.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.WindowSize(390, 844),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	scheme(t, ctx, "dark")
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx,
		chromedp.EmulateViewport(390, 844, chromedp.EmulateScale(2), chromedp.EmulateMobile, chromedp.EmulateTouch),
		chromedp.Navigate(web.URL+"/"+query),
		chromedp.WaitVisible("#text"),
	); err != nil {
		t.Fatalf("opening the chat page: %v", err)
	}
	return page{t: t, ctx: ctx, url: web.URL}
}

// scheme sets whether the system wants dark or light pages.
func scheme(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
}

// until waits for a JavaScript condition to hold on the page.
func (p page) until(what, condition string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool]("Boolean("+condition+")")); err != nil {
		text, _ := chromedp.Run(p.ctx, chromedp.Text("body"))
		p.t.Fatalf("waiting until %s: %v; the page says:\n%s", what, err, text)
	}
}

// get evaluates JavaScript, awaiting promises.
func get[T any](p page, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluating %s: %v", expression, err)
	}
	return v
}

func (p page) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// say types a message and sends it.
func (p page) say(text string) {
	p.t.Helper()
	p.do("typing "+text, chromedp.SendKeys("#text", text), chromedp.Click("#send"))
}

// last is JavaScript for the newest message on the page.
const last = `document.querySelector("#messages .message:last-of-type")`
