package llm_test

import (
	"os"
	"testing"

	"vigie/llm/readertest"
)

func TestUtterances(t *testing.T) {
	w, err := readertest.Open()
	if err != nil {
		t.Fatal(err)
	}
	show := os.Getenv("SHOW")
	for _, lang := range []string{"en", "fr"} {
		cases, err := readertest.Load("testdata/utterances", lang)
		if err != nil || len(cases) < 400 {
			t.Fatalf("%d cases: %v", len(cases), err)
		}
		count := map[bool]map[readertest.Grade]int{false: {}, true: {}}
		for _, c := range cases {
			g, said, unasked := w.Judge(c, w.Read(c))
			count[c.Held][g]++
			if len(unasked) > 0 && (!c.Held || show == "held") {
				t.Errorf("%q proposes %q, which nobody asked for", c.Sentence, unasked)
			}
			if show != "" && (g == readertest.Wrong || show == "asked" && g == readertest.Asked) && (!c.Held || show == "held") {
				t.Logf(string(g)+"	WRONG %q after %q means %q may %q read %s", c.Sentence, c.After, c.Means, c.May, said)
			}
		}
		t.Logf("%s: tuned %v, held out %v", lang, count[false], count[true])
	}
}
