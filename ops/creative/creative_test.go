package creative

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/creative/creativetest"
	"vigie/ops/opstest"
)

// What cannot be asked for is refused with its reason and with what can be, before anything is sent.
func TestRefused(t *testing.T) {
	w := newWorld(t, nil)
	for _, c := range []struct {
		args []string
		kind ops.ErrorKind
		want string // in its words and choices
	}{
		{[]string{"type", "audio", "prompt", "a song"}, ops.NotFound, "provider that is paid, so I do not ask. There is: image video video-composition"},
		{[]string{"prompt", "a song"}, ops.Invalid, "what is to be made? image video"},
		{[]string{"type", "image", "prompt", "a"}, ops.Invalid, "Which model makes the image? comfyui (broken) gpt-image (0.04 $ each) flux (free)"},
		{[]string{"type", "image", "prompt", "a", "model", "dall-e"}, ops.NotFound, "one that may cost anything. There is: comfyui"},
		{[]string{"type", "image", "prompt", "model=comfyui a cat"}, ops.NotFound, "known not to work, so nothing was sent: it sends a part"},
		{[]string{"type", "image", "prompt", "a cat model=gpt-image size=1x1"}, ops.Invalid, "image does not come in 1x1. It can be: 1024x1024"},
		{[]string{"type", "video", "prompt", "waves size=large duration=3"}, ops.Invalid, "large is no size"},
		{[]string{"type", "video", "prompt", "waves"}, ops.Invalid, "How many seconds? Each costs 0.12 $, up to 10."},
		{[]string{"type", "video", "prompt", "waves duration=11"}, ops.Invalid, "video lasts from 1 to 10 s, not 11"},
		{[]string{"type", "video", "prompt", "waves duration=1e9s"}, ops.Invalid, "from 1 to 10 s"},
		{[]string{"type", "video", "prompt", "duration=3"}, ops.Invalid, "/create video: what is it to show?"},
		{[]string{"type", "video", "prompt", "waves duration=3 composition=Montage"}, ops.Invalid, "not made of a composition"},
		{[]string{"type", "video-composition", "prompt", "hi"}, ops.Invalid, "Which composition is rendered? HelloWorld Montage"},
		{[]string{"type", "video-composition", "prompt", "composition=ProductDemo hi"}, ops.Invalid, "no composition ProductDemo. There is: HelloWorld"},
		{[]string{"type", "video-composition", "prompt", "composition=Montage duration=3 hi"}, ops.Invalid, "no length to choose"},
		{[]string{"type", "image", "prompt", "a model=flux name=../x"}, ops.Invalid, "is no name"},
	} {
		_, err := w.plan(c.args...)
		var e *ops.Error
		if !errors.As(err, &e) || e.Kind != c.kind {
			t.Errorf("%v: %v", c.args, err)
			continue
		}
		said := ops.Unmark(e.Say.En)
		for _, choice := range e.Choices {
			said += " " + choice.Value
			if !choice.Hint.IsZero() {
				said += " (" + choice.Hint.En + ")"
			}
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%v: %s", c.args, said)
		}
	}
	if n := len(w.n8n.Orders()); n != 0 {
		t.Errorf("%d orders were sent", n)
	}
}

// A free order is of a lower risk than a paid one, and a paid one says in its title and first what it costs at most.
func TestPlans(t *testing.T) {
	w := newWorld(t, nil)
	r, err := w.plan("type", "image", "prompt", "a cat model=flux")
	if err != nil || r.Plan.Risk != ops.Reversible || !strings.Contains(ops.Unmark(r.Plan.Costs[0].En), "Free: litellm") || r.Plan.UndoFor != 0 {
		t.Errorf("free: %v %+v", err, r)
	}
	r, err = w.plan("type", "VIDEO", "prompt", "waves duration=7s")
	if err != nil || r.Plan.Risk != ops.Disruptive {
		t.Fatalf("paid: %v %+v", err, r)
	}
	opstest.Holds(t, ops.Unmark(r.Plan.Title.En+"\n"+r.Plan.Costs[0].En+"\n"+r.Plan.Costs[1].En), "Create video, at most 0.84 $: waves", "At most 0.84 $, paid to byteplus: 7 s at 0.12 $/s. What is paid cannot be put back", "0.00 $ of the 2.00 $")
	opstest.Holds(t, ops.Unmark(r.Plan.Title.Fr+"\n"+r.Plan.Costs[0].Fr), "Créer video, au plus 0.84 $ : waves", "payés à byteplus : 7 s à 0.12 $/s")
}

// An order is sent once, with what was asked for and no more, and its result is shown.
func TestMade(t *testing.T) {
	w := newWorld(t, nil)
	r := w.do("type", "image", "prompt", "a cat model=gpt-image size=1024x1024 name=cat-1")
	opstest.Holds(t, opstest.How(r), "done", "image/png")
	want := creativetest.Order{Type: "image", Prompt: "a cat", Model: "gpt-image", Size: "1024x1024", AgentID: "vigie", OutputName: "cat-1", Provider: "litellm"}
	if got := w.n8n.Orders(); len(got) != 1 || got[0] != want {
		t.Errorf("sent: %+v", got)
	}
	opstest.Holds(t, w.look("work", r.ID), "🟢 a cat · image with gpt-image, 1024×1024", "image/png cat-1.png")
	opstest.Holds(t, w.look(), "🟢 today at most 0.04 $ of 2.00 $", "🟢 made · a cat")
	w.videos.id, w.videos.done = "render-0002", true
	r = w.do("type", "video-composition", "prompt", "composition=Montage hello")
	opstest.Holds(t, opstest.How(r), "done", "whole")
	opstest.Holds(t, w.look("work", r.ID), "It is here: https://re.example.org/renders/1.mp4")
	w.videos.err = ops.Fail(ops.Failed, ops.T("out of memory", "plus de mémoire"), nil)
	opstest.Holds(t, opstest.How(w.do("type", "video-composition", "prompt", "composition=Montage hello")), "failed", "out of memory")
}

// Each way in which an answer can be wrong has its own words. What was certainly not taken is not counted; what may have been
// stays counted, and is never sent again.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		how, free, paid string // the words for each
		counted         bool   // of the paid one
	}{
		{"off", "failed,has no such webhook, so nothing was taken", "", false},
		{"method", "failed,another method than POST", "", false},
		{"cannot start", "failed,could not start its workflow", "", false},
		{"starting", "failed,n8n is starting", "", false},
		{"behind a proxy", "failed,not running behind its proxy, or broke off (502)", "unknown,may have been taken", true},
		{"refuses", "failed,does not take it (429): «slow down»", "failed,stays counted", true},
		{"login", "failed,sends me elsewhere (302)", "", false},
		{"down", "failed,does not answer on n8n:5678, so nothing was sent", "", false},
		{"fails on its way", "failed,failed on its way (500): «Error in workflow»", "unknown,it may have been taken, and paid for, or not", true},
		{"empty", "failed,answered with nothing", "unknown,it may have been taken, and paid for, or not", true},
		{"page", "failed,a page for people answered", "unknown,it may have been taken, and paid for, or not", true},
		{"answer lost", "unknown,did not answer: it may have been taken", "", true},
		{"says no", "failed,says that it did not work: «insufficient balance»", "failed,stays counted", true},
		{"no address", "failed,does not say where the result will be", "", true},
		{"foreign address", "failed,the result is on 169.254.169.254, from where I may not fetch", "", true},
		{"page for a result", "failed,neither picture, sound nor video: its address is wrong", "", true},
	} {
		t.Run(c.how, func(t *testing.T) {
			w := newWorld(t, nil)
			if err := w.n8n.Break(c.how); err != nil {
				t.Fatal(err)
			}
			paid := c.paid
			if paid == "" {
				paid = c.free
			}
			opstest.Holds(t, opstest.How(w.do("type", "image", "prompt", "a model=flux")), strings.SplitN(c.free, ",", 2)...)
			r := w.do("type", "video", "prompt", "waves duration=5")
			opstest.Holds(t, opstest.How(r), strings.SplitN(paid, ",", 2)...)
			if spent, err := w.today(t.Context()); err != nil || (spent > 0.5) != c.counted {
				t.Errorf("counted: %v, %v", spent, err)
			}
			before := len(w.n8n.Orders())
			if rec, _, err := w.find(t.Context(), r.ID); err != nil || rec.State == sent {
				if err := w.call(t.Context(), r.ID, rec.Order); ops.KindOf(err) != ops.Unknown || !strings.Contains(err.Error(), "sent once") {
					t.Errorf("a second time: %v", err)
				}
			}
			if after := len(w.n8n.Orders()); after != before {
				t.Error("it was sent again")
			}
		})
	}
}

// A lost order that shows up in the register is found there, and is made.
func TestLostAndFound(t *testing.T) {
	w := newWorld(t, nil)
	_ = w.n8n.Break("answer lost")
	r := w.do("type", "video", "prompt", "waves duration=5 name=waves-1")
	opstest.Holds(t, opstest.How(r), "unknown")
	opstest.Holds(t, w.look(), "🟠 today at most 0.60 $ of 2.00 $, for what is paid · unknown whether taken: 1")
	if err := w.follow(t.Context(), r.ID); ops.KindOf(err) != ops.Unavailable {
		t.Errorf("before it is registered: %v", err)
	}
	opstest.Holds(t, w.look("work", r.ID), "🟠 unknown whether taken · waves", "not registered as an asset yet")
	w.assets.name, w.assets.link = "waves-1", "http://"+creativetest.Results+"/1"
	_ = w.n8n.Break("")
	opstest.Holds(t, w.look("work", r.ID), "video/mp4 waves-1.mp4") // looking finds it
	opstest.Holds(t, w.look(), "🟢 today at most 0.60 $", "🟢 made · waves")
	if err := w.follow(t.Context(), r.ID); err != nil { // as does Verify
		t.Error(err)
	}
}

// The limit holds when a plan is made, and again before it is sent: what was approved meanwhile counts.
func TestLimit(t *testing.T) {
	w := newWorld(t, nil)
	second, err := w.plan("type", "video", "prompt", "second duration=9")
	if err != nil {
		t.Fatal(err)
	}
	opstest.Holds(t, opstest.How(w.do("type", "video", "prompt", "first duration=9")), "done")
	opstest.Holds(t, opstest.How(w.Yes(second.ID)), "drifted", "has no room for it: 1.08 $ are used, and this costs up to 1.08 $")
	if _, err := w.plan("type", "video", "prompt", "third duration=9"); ops.KindOf(err) != ops.Denied {
		t.Errorf("a third: %v", err)
	}
	if _, _, err := w.enter(t.Context(), "w", order{Type: "video", Most: 1.08}); ops.KindOf(err) != ops.Denied {
		t.Errorf("before it is sent: %v", err)
	}
	opstest.Holds(t, opstest.How(w.do("type", "image", "prompt", "a model=flux")), "done") // free ones go on
	if n := len(w.n8n.Orders()); n != 2 {
		t.Errorf("%d orders were sent", n)
	}
}

// A result that never comes is waited for until the deadline, not for ever; one that nobody knows is given up sooner.
func TestNeverDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n8n := &creativetest.Server{Takes: time.Minute}
		s, err := New(Options{URL: creativetest.URL, Header: creativetest.Header, Secret: opstest.Secret(creativetest.Secret), Routes: routes(), Limit: 9, Kept: &opstest.Shelf{},
			Pictures: &tracker{}, Videos: &tracker{}, Client: n8n.Client(), Deadline: 20 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		o := order{Type: "video", Prompt: "waves", Model: "seedance", Seconds: 5, Provider: "byteplus", Most: 0.6}
		wait := func(work string, o order) (time.Duration, error) {
			if err := s.call(t.Context(), work, o); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			err := s.follow(t.Context(), work)
			return time.Since(began).Round(time.Minute), err
		}
		if took, err := wait("a", o); err != nil || took != time.Minute {
			t.Errorf("in its time: %v, %v", took, err)
		}
		_ = n8n.Break("never done")
		if took, err := wait("b", o); ops.KindOf(err) != ops.Unavailable || took != 20*time.Minute || !strings.Contains(err.Error(), "nothing is there yet") {
			t.Errorf("never: %v, %v", took, err)
		}
		_ = n8n.Break("only started")
		if took, err := wait("c", order{Type: "video-composition", Prompt: "x", Provider: "remotion"}); ops.KindOf(err) != ops.Failed || took != 0 || !strings.Contains(err.Error(), "names no render") {
			t.Errorf("no name: %v, %v", took, err)
		}
		_ = n8n.Break("")
		if took, err := wait("d", order{Type: "video-composition", Prompt: "x", Provider: "remotion"}); ops.KindOf(err) != ops.Failed || took != 2*time.Minute {
			t.Errorf("a render that nobody knows: %v, %v", took, err)
		}
		_ = n8n.Break("another provider")
		if _, err := wait("e", order{Type: "image", Prompt: "x", Model: "flux", Provider: "litellm"}); err != nil {
			t.Error(err)
		}
		if a, err := s.result(t.Context(), "e"); err != nil || !strings.Contains(ops.Unmark(a.Blocks[1].Line.En), "n8n says that byteplus makes it, not litellm") {
			t.Errorf("elsewhere: %+v, %v", a, err)
		}
		_ = n8n.Break("large")
		if _, err := wait("f", o); err != nil {
			t.Error(err)
		}
		if a, err := s.result(t.Context(), "f"); err != nil || !strings.Contains(ops.Unmark(a.Blocks[1].Line.En), "It is here: http://results.example.org/0006") {
			t.Errorf("large: %+v, %v", a, err)
		}
	})
}

// Old orders are forgotten, those of today never; a day later the limit is whole again.
func TestBook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Options{URL: creativetest.URL, Routes: routes(), Limit: 6, Kept: &opstest.Shelf{}, Videos: &tracker{}, Pictures: &tracker{}})
		if err != nil {
			t.Fatal(err)
		}
		for n := range 60 {
			if _, fresh, err := s.enter(t.Context(), fmt.Sprint("w", n), order{Most: 0.1}); err != nil || !fresh {
				t.Fatal(n, err)
			}
		}
		if _, _, err := s.enter(t.Context(), "more", order{Most: 0.1}); ops.KindOf(err) != ops.Denied {
			t.Errorf("one too many: %v", err)
		}
		if list, err := s.orders(t.Context()); err != nil || len(list) != 60 {
			t.Errorf("%d orders of today, %v", len(list), err)
		}
		time.Sleep(24 * time.Hour)
		if _, _, err := s.enter(t.Context(), "next", order{Most: 0.1}); err != nil {
			t.Error(err)
		}
		list, err := s.orders(t.Context())
		if err != nil || len(list) > mostOld+1 || !slices.ContainsFunc(list, func(r record) bool { return r.Work == "next" }) {
			t.Errorf("%d orders a day later, %v", len(list), err)
		}
		if err := s.o.Kept.Save(t.Context(), bookKey, json.RawMessage("{")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.enter(t.Context(), "x", order{}); ops.KindOf(err) != ops.Unavailable {
			t.Errorf("an unreadable book: %v", err)
		}
	})
}

func TestOptions(t *testing.T) {
	good := Route{Type: "video", Provider: "p", Result: byAddress}
	for name, change := range map[string]func(*Options, *Route){
		"url":     func(o *Options, _ *Route) { o.URL = "n8n/webhook" },
		"kept":    func(o *Options, _ *Route) { o.Kept = nil },
		"type":    func(_ *Options, r *Route) { r.Type = "" },
		"price":   func(_ *Options, r *Route) { r.Price = -1 },
		"per":     func(_ *Options, r *Route) { r.Price, r.Per = 1, "hour" },
		"most":    func(_ *Options, r *Route) { r.Price, r.Per = 1, perSecond },
		"result":  func(_ *Options, r *Route) { r.Result = "nowhere" },
		"tracker": func(_ *Options, r *Route) { r.Result = byComfyUI },
	} {
		o, r := Options{URL: creativetest.URL, Kept: &opstest.Shelf{}}, good
		change(&o, &r)
		o.Routes = []Route{r}
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	s, err := New(Options{URL: creativetest.URL, Kept: &opstest.Shelf{}, Routes: []Route{good}, Secret: opstest.Secret("word-of-ann")})
	if err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v %s", s, s, s, s), "word-of-ann") {
		t.Errorf("it prints its secret, or %v", err)
	}
}

// Whatever the pipeline answers, it is read without harm, and a result is only ever fetched from where it may be.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`{"status":"ok","result_url":"/x"}`, `[{"status":"ok"}]`, `{"error":{}}`, `"x"`, ``, `<p>`, `{"status":"ok","result_url":"http://results.example.org@10.0.0.1/"}`, `{"status":"ok","result_url":"//10.0.0.1/x"}`} {
		f.Add(s)
	}
	s, err := New(Options{URL: creativetest.URL, Routes: routes(), Kept: &opstest.Shelf{}, Pictures: &tracker{}, Videos: &tracker{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		a, state, err := s.read(record{Work: "w", Order: order{Most: 1}}, "application/json", []byte(body))
		if (err == nil) != (state == taken) {
			t.Errorf("%q: %s, %v", body, state, err)
		}
		if u, err := s.place(routes()[1], a.URL); err == nil && u.Hostname() != creativetest.Results && u.Host != "n8n:5678" {
			t.Errorf("%q leads to %s", a.URL, u.Host)
		}
	})
}

// The stand-in says the same over a network.
func TestOverNetwork(t *testing.T) {
	n8n := &creativetest.Server{}
	server := httptest.NewServer(n8n)
	defer server.Close()
	n8n.Public = server.URL
	w := newWorld(t, func(o *Options) { o.URL, o.Client = server.URL+"/webhook/creative-pipeline", nil })
	r := w.do("type", "video", "prompt", "waves duration=5")
	opstest.Holds(t, opstest.How(r), "done", "video/mp4")
	opstest.Holds(t, w.look("work", r.ID), "video/mp4 video.mp4")
	_ = n8n.Break("answer lost")
	opstest.Holds(t, opstest.How(w.do("type", "video", "prompt", "waves duration=5")), "unknown", "n8n did not answer: it may have been taken, and paid for, or not")
	_ = n8n.Break("login")
	opstest.Holds(t, opstest.How(w.do("type", "image", "prompt", "a model=flux")), "failed", "sends me elsewhere (302)")
	guarded := httptest.NewTLSServer(n8n)
	defer guarded.Close()
	s := newWorld(t, func(o *Options) { o.URL, o.Client = guarded.URL+"/webhook/creative-pipeline", nil })
	opstest.Holds(t, opstest.How(s.do("type", "video", "prompt", "waves duration=5")), "failed", "is not to be trusted, so nothing was sent")
	opstest.Holds(t, s.look(), "today at most 0.00 $", "⚪ not taken")
	server.Close()
	opstest.Holds(t, opstest.How(w.do("type", "image", "prompt", "a model=flux")), "failed", "so nothing was sent: is it up?")
}
