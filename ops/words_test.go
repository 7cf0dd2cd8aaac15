package ops_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vigie/ops"
)

func TestSpansAndSizes(t *testing.T) {
	for _, c := range []struct {
		what   ops.Speaker
		en, fr string
	}{
		{ops.Span(340 * time.Millisecond), "340 ms", "340 ms"},
		{ops.Span(4700 * time.Millisecond), "4.7 s", "4.7 s"},
		{ops.Span(5 * time.Second), "5 s", "5 s"},
		{ops.Span(59 * time.Second), "59 s", "59 s"},
		{ops.Span(3 * time.Minute), "3 min", "3 min"},
		{ops.Span(3*time.Minute + 20*time.Second), "3 min 20 s", "3 min 20 s"},
		{ops.Span(24 * time.Hour), "24 h", "24 h"},
		{ops.Span(26*time.Hour + 5*time.Minute), "26 h 05", "26 h 05"},
		{ops.Span(9 * 24 * time.Hour), "9 d", "9 j"},
		{ops.Size(999), "999 B", "999 o"},
		{ops.Size(431_000_000), "431 MB", "431 Mo"},
		{ops.Size(1_540_000_000), "1.54 GB", "1.54 Go"},
		{ops.Count{N: 0, EnOne: "step", EnMany: "steps", FrOne: "étape", FrMany: "étapes"}, "0 steps", "0 étape"},
		{ops.Count{N: 1, EnOne: "step", EnMany: "steps", FrOne: "étape", FrMany: "étapes"}, "1 step", "1 étape"},
		{ops.T("%s of %d", "%[2]d dont %[1]s", ops.Name("a"), 2), "\x02a\x03 of 2", "2 dont \x02a\x03"},
	} {
		if en, fr := c.what.In(ops.English), c.what.In(ops.French); en != c.en || fr != c.fr {
			t.Errorf("%#v says %q, %q", c.what, en, fr)
		}
	}
}

func TestParseSpan(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "15": 15 * time.Minute, "15m": 15 * time.Minute, "15 min": 15 * time.Minute, "2h": 2 * time.Hour, "1h30m": 90 * time.Minute,
		"3d": 72 * time.Hour, "3j": 72 * time.Hour, "2 jours": 48 * time.Hour, "2 heures": 2 * time.Hour,
	} {
		if got, err := ops.ParseSpan(s); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "x", "d", "1y", "99999999999d"} {
		if got, err := ops.ParseSpan(s); err == nil {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31mred\x1b[0m", "a\rb", "a\r\r\n", "\x1b]0;title\x07x", "\xff\xfe", "\u202ereversed", "\x02name\x03"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := ops.Clean(s)
		if !utf8.ValidString(got) || strings.ContainsAny(got, "\x00\x02\x03\x1b\r\u202e") {
			t.Errorf("%q is cleaned to %q", s, got)
		}
		if again := ops.Clean(got); again != got {
			t.Errorf("cleaning %q twice gives %q", got, again)
		}
	})
}

// FuzzStoredPlan: a stored plan that can be read is written again to the same bytes, so its hash is stable.
func FuzzStoredPlan(f *testing.F) {
	plan, err := json.Marshal(ops.Plan{Op: "lamp.switch", Args: ops.Args{"lamp": "hall"}, Risk: ops.Disruptive, Title: ops.T("a", "b"), Target: "hall",
		Facts: []ops.Fact{{Name: "state", Value: "off", Label: ops.T("state", "état")}}, Costs: []ops.Text{ops.Raw("x")},
		Steps: []ops.Step{{Kind: "lamp.set", Args: json.RawMessage(`{"Lamp":"hall"}`), Text: ops.Raw("turn"), Undo: []ops.Step{{Kind: "lamp.set", Args: json.RawMessage(`{}`)}}}}, UndoFor: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plan)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"steps":[{"kind":"x","args":{"b":1,"a":2}}]}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		var p, q ops.Plan
		if json.Unmarshal(stored, &p) != nil {
			return
		}
		once, err := json.Marshal(p)
		if err != nil {
			return // arguments that are no JSON cannot come from a kind
		}
		if err := json.Unmarshal(once, &q); err != nil {
			t.Fatal(err)
		}
		twice, err := json.Marshal(q)
		if err != nil || string(once) != string(twice) || p.Hash() != q.Hash() {
			t.Errorf("%s becomes %s", once, twice)
		}
	})
}
