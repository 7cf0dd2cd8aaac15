package llm_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vigie/llm"
	"vigie/llm/readertest"
	"vigie/ops"
)

func world(t testing.TB) *readertest.World {
	t.Helper()
	w, err := readertest.Open()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestUtterances reads every sentence. No change may come of one that does not ask for it, at once or as a button; and of a
// hundred sentences 95 must be read right, or asked about rightly. SHOW=1 shows what is wrong among those that may be looked at.
func TestUtterances(t *testing.T) {
	w := world(t)
	for _, lang := range []string{"en", "fr"} {
		cases, err := readertest.Load("testdata/utterances", lang)
		if err != nil || len(cases) < 400 {
			t.Fatalf("%s: %d sentences: %v", lang, len(cases), err)
		}
		count, safe := map[bool]map[readertest.Grade]int{false: {}, true: {}}, 0
		for _, c := range cases {
			g, said, unasked := w.Judge(c, w.Read(c))
			count[c.Held][g]++
			if slices.Contains(c.Means, "-") {
				safe++
			}
			if len(unasked) > 0 {
				t.Errorf("%q proposes %q, which nobody asked for", c.Sentence, unasked)
			}
			if g == readertest.Wrong && !c.Held && os.Getenv("SHOW") != "" {
				t.Logf("%q after %q means %q, may be asked %q, is read as %s", c.Sentence, c.After, c.Means, c.May, said)
			}
		}
		if safe < 100 {
			t.Errorf("%s: only %d sentences ask for nothing", lang, safe)
		}
		n, wrong := len(cases), count[false][readertest.Wrong]+count[true][readertest.Wrong]
		t.Logf("%s: looked at %v, held out %v", lang, count[false], count[true])
		if wrong*20 > n {
			t.Errorf("%s: %d of %d are wrong", lang, wrong, n)
		}
	}
}

func read(w *readertest.World, sentence string, talk llm.Talk) string {
	_, said, _ := w.Judge(readertest.Case{}, w.Reader.Read(sentence, w.Names, readertest.Now, talk))
	return said
}

// TestFollowingUp: what only has a meaning after something else, and what changes something then counts as guessed.
func TestFollowingUp(t *testing.T) {
	w := world(t)
	api, web := ops.Ask{Op: "docker.restart", Args: ops.Args{"service": "plane-api"}}, ops.Ask{Op: "docker.restart", Args: ops.Args{"service": "plane-web"}}
	for _, said := range []string{"the other one", "l’autre", "non, l'autre"} {
		r := w.Reader.Read(said, w.Names, readertest.Now, llm.Talk{Last: api, Else: []ops.Ask{web}})
		if len(r.Asks) != 1 || r.Asks[0].Args["service"] != "plane-web" || !r.Asks[0].Guessed {
			t.Errorf("%q: %+v", said, r)
		}
	}
	for _, said := range []string{"restart it", "again", "no, grafana", "redémarre-le", "encore", "non, grafana"} {
		r := w.Reader.Read(said, w.Names, readertest.Now, llm.Talk{Last: api})
		if len(r.Asks) != 1 || r.Asks[0].Op != "docker.restart" || !r.Asks[0].Guessed {
			t.Errorf("%q: %+v", said, r)
		}
	}
	if got := read(w, "and grafana?", llm.Talk{Last: api}); strings.Contains(got, "/restart") {
		t.Errorf("a question after a restart is read as %s", got)
	}
}

// nots are the beginnings that forbid what follows.
var nots = []string{"don't ", "do not ", "never ", "please don't ", "ne ", "n'", "surtout pas ", "jamais ", "pas de ", "il ne faut pas ", "you must not ", "sans "}

func FuzzReading(f *testing.F) {
	w := world(f)
	for _, lang := range []string{"en", "fr"} {
		cases, err := readertest.Load("testdata/utterances", lang)
		if err != nil || len(cases) == 0 {
			f.Fatalf("%d sentences: %v", len(cases), err)
		}
		for i := 0; i < len(cases); i += 5 {
			f.Add(cases[i].Sentence, uint8(i))
		}
	}
	last := llm.Talk{Last: ops.Ask{Op: "docker.restart", Args: ops.Args{"service": "n8n"}}}
	f.Fuzz(func(t *testing.T, sentence string, n uint8) {
		for _, talk := range []llm.Talk{{}, last} {
			r := w.Reader.Read(sentence, w.Names, readertest.Now, talk)
			for _, u := range append(slices.Clone(r.Asks), r.Maybe...) {
				checkAsk(t, w, sentence, u.Ask)
			}
		}
		forbidden := nots[int(n)%len(nots)] + sentence
		r := w.Reader.Read(forbidden, w.Names, readertest.Now, llm.Talk{})
		for _, u := range r.Asks {
			if op := find(w, u.Op); op.Risk > ops.Reads {
				t.Errorf("%q is read as %s", forbidden, w.Line(u.Ask))
			}
		}
	})
}

func find(w *readertest.World, name string) ops.Op {
	for _, o := range w.Ops {
		if o.Name == name {
			return o
		}
	}
	return ops.Op{}
}

func checkAsk(t *testing.T, w *readertest.World, sentence string, ask ops.Ask) {
	t.Helper()
	op := find(w, ask.Op)
	if op.Name == "" {
		t.Fatalf("%q is read as %q, which there is not", sentence, ask.Op)
	}
	for name, value := range ask.Args {
		at := slices.IndexFunc(op.Params, func(p ops.Param) bool { return p.Name == name })
		if at < 0 {
			t.Fatalf("%q gives %s a parameter %q that it does not have", sentence, op.Name, name)
		}
		if p := op.Params[at]; p.Names == "" {
			if _, err := p.Check(value); err != nil {
				t.Errorf("%q gives %s %s=%q: %v", sentence, op.Name, name, value, err)
			}
		}
	}
}

// TestNewOps: what the reader can do comes from the ops that it is given, not from a list of its own.
func TestNewOps(t *testing.T) {
	list := []ops.Op{{Spec: ops.Spec{Name: "lamp.polish", Command: "polish", Risk: ops.Disruptive, Examples: []string{"brass"},
		Phrases: []ops.Text{ops.T("polish the lamp brass", "astique la lampe brass")}}, Params: []ops.Param{{Name: "lamp", Type: "text", Names: "lamp", Must: true}}}}
	r := llm.NewReader(list)
	names := llm.NewNames(map[string][]ops.Choice{"lamp": {{Value: "copper"}, {Value: "brass"}}})
	for said, want := range map[string]llm.Kind{
		"please polish the lamp copper": llm.Asks, "tu peux astiquer la lampe copper ?": llm.Asks, "don't polish the lamp copper": llm.Declined,
		"should I polish the copper lamp?": llm.Declined, "order a pizza": llm.Outside,
	} {
		got := r.Read(said, names, time.Now(), llm.Talk{})
		if got.Kind != want || want == llm.Asks && got.Asks[0].Args["lamp"] != "copper" {
			t.Errorf("%q: %+v, want kind %d", said, got, want)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	w := world(b)
	cases, err := readertest.Load("testdata/utterances", "fr")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.Read(cases[i%len(cases)])
	}
}
