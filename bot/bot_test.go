package bot

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"vigie/ops"
)

// read parses a message as strictly as can be, and gives what is visible of it.
func read(t *testing.T, html string) string {
	t.Helper()
	var out strings.Builder
	var open []string
	for html != "" {
		switch at := strings.IndexAny(html, "<&>"); {
		case at < 0:
			out.WriteString(html)
			html = ""
			continue
		case at > 0:
			out.WriteString(html[:at])
			html = html[at:]
			continue
		}
		found := false
		for tag, text := range map[string]string{"&lt;": "<", "&gt;": ">", "&amp;": "&"} {
			if rest, ok := strings.CutPrefix(html, tag); ok {
				out.WriteString(text)
				html, found = rest, true
			}
		}
		for _, tag := range []string{"b", "i", "code", "pre", "blockquote expandable"} {
			name, _, _ := strings.Cut(tag, " ")
			if rest, ok := strings.CutPrefix(html, "<"+tag+">"); ok {
				if strings.Contains(strings.Join(open, " "), name) {
					t.Fatalf("a %s within a %s", name, name)
				}
				open, html, found = append(open, name), rest, true
			} else if rest, ok := strings.CutPrefix(html, "</"+name+">"); ok {
				if len(open) == 0 || open[len(open)-1] != name {
					t.Fatalf("</%s> while %v is open", name, open)
				}
				open, html, found = open[:len(open)-1], rest, true
			}
		}
		if !found {
			t.Fatalf("%.40q is no tag or reference of ours", html)
		}
	}
	if len(open) > 0 {
		t.Fatalf("%v is never closed", open)
	}
	return out.String()
}

// squeeze leaves what a reader sees, wherever lines are broken.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// check holds a rendered answer against what every one must be, and gives all that is visible of it.
func check(t *testing.T, r Rendered, most int) string {
	t.Helper()
	if len(r.Parts) == 0 || len(r.Parts) > most {
		t.Fatalf("%d messages, not 1 to %d", len(r.Parts), most)
	}
	var all []string
	for _, p := range r.Parts {
		visible := read(t, p.HTML)
		if visible != p.Text {
			t.Fatalf("the HTML shows %q, the text says %q", visible, p.Text)
		}
		if n := len(utf16.Encode([]rune(visible))); n > MaxUnits || blank(visible) {
			t.Fatalf("a message of %d units", n)
		}
		all = append(all, visible)
	}
	for _, row := range r.Rows {
		if len(row) == 0 || len(row) > 8 {
			t.Fatalf("a row of %d buttons", len(row))
		}
		for _, b := range row {
			if blank(b.Label) {
				t.Fatalf("a blank button")
			}
		}
	}
	return strings.Join(all, "\n")
}

func TestHTML(t *testing.T) {
	var a ops.Answer
	a.Line(ops.T("🔴 %s is <down> & out", "🔴 %s est <tombé> & fini", ops.Name("n8n_<x>")))
	a.Code("a < b\tc\n\x1b[31mred\x1b[0m_under_\n", false)
	a.Blocks = append(a.Blocks, ops.Block{Line: ops.Raw("folded <1>"), Fold: true})
	a.Code("folded <2>", true)
	a.Blocks = append(a.Blocks, ops.Block{Table: [][]string{{"n8n", "12 %", "🟢"}, {"日本", "3 %", "⚪"}}})
	a.Line(ops.Raw("end"))
	for lang, want := range map[ops.Lang]string{
		ops.English: "🔴 <code>n8n_&lt;x&gt;</code> is &lt;down&gt; &amp; out\n",
		ops.French:  "🔴 <code>n8n_&lt;x&gt;</code> est &lt;tombé&gt; &amp; fini\n",
	} {
		want += "<pre>a &lt; b   c\nred_under_</pre>\n" +
			"<blockquote expandable>folded &lt;1&gt;\nfolded &lt;2&gt;</blockquote>\n" +
			"<pre>n8n   12 %  🟢\n日本   3 %  ⚪</pre>\nend"
		r := HTML(a, lang, nil)
		check(t, r, 3)
		if got := r.Parts[0].HTML; got != want {
			t.Errorf("%s:\n%s\nwant\n%s", lang, got, want)
		}
	}
	want := "🔴 n8n_<x> is <down> & out\n  a < b   c\n  red_under_\n  folded <1>\n  folded <2>\nn8n   12 %  🟢\n日本   3 %  ⚪\nend"
	if got := Plain(a, ops.English, nil); got != want {
		t.Errorf("plain:\n%s\nwant\n%s", got, want)
	}
}

func TestLongAnswers(t *testing.T) {
	line := strings.Repeat("é<_👩‍👩‍👧‍👦", 10) + "\n"
	for _, c := range []struct {
		name         string
		make         func(a *ops.Answer)
		parts, files int
	}{
		{"nothing", func(a *ops.Answer) {}, 1, 0},
		{"one message", func(a *ops.Answer) { a.Code(strings.Repeat("x", 4096), false) }, 1, 0},
		{"a unit more", func(a *ops.Answer) { a.Code(strings.Repeat("x", 4097), false) }, 2, 0},
		{"emoji at the edge", func(a *ops.Answer) { a.Code(strings.Repeat("x", 4095)+"😀", false) }, 2, 0},
		{"three messages", func(a *ops.Answer) { a.Code(strings.Repeat(line, 80), true) }, 3, 0},
		{"a megabyte in a line", func(a *ops.Answer) { a.Code(strings.Repeat("<&_😀", 200_000), false) }, 1, 1},
		{"two long blocks", func(a *ops.Answer) {
			a.Code(strings.Repeat(line, 200), false).Code(strings.Repeat("log line\n", 2000), true)
		}, 1, 2},
		{"many blocks", func(a *ops.Answer) {
			for i := range 3000 {
				a.Line(ops.Raw(fmt.Sprintf("line %d", i)))
			}
		}, 1, 1},
		{"one character of endless accents", func(a *ops.Answer) { a.Line(ops.Raw("e" + strings.Repeat("\u0301", 9000))) }, 3, 0},
	} {
		var a ops.Answer
		a.Line(ops.Raw("first"))
		if c.name == "one message" || c.name == "a unit more" || c.name == "emoji at the edge" || c.name == "nothing" {
			a.Blocks = nil
		}
		c.make(&a)
		r := HTML(a, ops.English, nil)
		visible := squeeze(check(t, r, 3))
		if len(r.Parts) != c.parts || len(r.Files) != c.files {
			t.Errorf("%s: %d messages and %d files, want %d and %d", c.name, len(r.Parts), len(r.Files), c.parts, c.files)
		}
		for _, f := range r.Files {
			visible += squeeze(string(f.Data))
		}
		for _, b := range a.Blocks {
			if !strings.Contains(visible, squeeze(b.Line.En+b.Code)) {
				t.Errorf("%s: a block is not shown whole", c.name)
				break
			}
		}
		check(t, One(a, ops.French, nil), 1)
	}
}

func TestRedaction(t *testing.T) {
	redact := func(s string) string { return strings.ReplaceAll(s, "hunter2", "«secret»") }
	var a ops.Answer
	a.Line(ops.Raw("in words hunter2")).Line(ops.T("split hunt%s", "coupé hunt%s", ops.Name("er2"))).Code("log \x1b[1mhunter\x1b[0m2", true)
	a.Blocks = append(a.Blocks, ops.Block{Table: [][]string{{"pw", "hunter2"}}},
		ops.Block{File: &ops.File{Name: "hunter2.txt", Type: "text/plain", Data: []byte("\xff hunter2")}},
		ops.Block{File: &ops.File{Name: "x.json", Data: []byte(`"hunter2"`)}})
	a.Row(ops.Button{Label: ops.Raw("Use hunter2"), Data: "x"})
	r := HTML(a, ops.French, redact)
	all := check(t, r, 3) + r.Rows[0][0].Label + Plain(a, ops.French, redact) + Short(ops.Raw("hunter2"), "", redact, 200)
	for _, f := range r.Files {
		all += f.Name + string(f.Data)
	}
	if strings.Contains(all, "hunter2") || strings.Count(all, "«secret»") < 12 {
		t.Errorf("not everything is redacted:\n%s", all)
	}
}

func TestTableOnAPhone(t *testing.T) {
	a := ops.Answer{Blocks: []ops.Block{{Table: [][]string{
		{"name", "up", "state"},
		{"openclaw-gateway", "9 d", "restarting, exit 137, out of memory at 1536 MB"},
		{"n8n", "12 min", "healthy"},
	}}}}
	want := `name                 up state
openclaw-gateway    9 d restarting, exit
                        137, out of memory
                        at 1536 MB
n8n              12 min healthy`
	got := Plain(a, ops.English, nil)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for line := range strings.SplitSeq(got, "\n") {
		if columns(line) > phone {
			t.Errorf("%q is wider than a phone", line)
		}
	}
}

func TestButtons(t *testing.T) {
	button := func(s string) ops.Button { return ops.Button{Label: ops.Raw(s), Data: s} }
	bad := button("Delete")
	bad.Bad = true
	var a ops.Answer
	a.Row(bad, button("Back to 2026.5.27"), button("Logs"), button("Mute 1 h"))
	a.Row(ops.Button{Label: ops.Raw("does nothing")})
	a.Row(ops.Button{Label: ops.Raw(strings.Repeat("long ", 20)), Data: "l"}, ops.Button{Label: ops.Raw(" "), Data: "e"})
	var got []string
	for _, row := range HTML(a, ops.English, nil).Rows {
		s := ""
		for _, b := range row {
			s += "[" + b.Label + "]"
		}
		got = append(got, s)
	}
	want := "[Back to 2026.5.27][Logs]\n[Delete][Mute 1 h]\n[long long long long long long long long…]\n[…]"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	a = ops.Answer{}
	for i := range 120 {
		a.Row(button(fmt.Sprint(i)))
	}
	r := HTML(a, ops.English, nil)
	if n := len(r.Rows); n != 100 || r.Parts[0].Text != "(20 more buttons do not fit here)" {
		t.Errorf("%d rows under %q", n, r.Parts[0].Text)
	}
}

func TestGlyphs(t *testing.T) {
	for s, want := range map[string]int{
		"n8n": 3, "🟢": 2, "⚪": 2, "⏳": 2, "↩️": 2, "🔒": 2, "✓": 1, "…": 1, "é": 1, "e\u0301": 1, "日本": 4, "👩‍👩‍👧‍👦": 2, "🇫🇷🇩🇪": 4, "👍🏽": 2,
		"각": 2, "\u1100\u1161\u11a8": 2, "▸": 1, "": 0,
	} {
		if got := columns(s); got != want {
			t.Errorf("%q is %d wide, not %d", s, got, want)
		}
	}
	for s, want := range map[string]int{"👩‍👩‍👧‍👦x": len("👩‍👩‍👧‍👦"), "🇫🇷🇩🇪": len("🇫🇷"), "e\u0301x": 3, "ab": 1, "\xffa": 1} {
		if got := glyph(s); got != want {
			t.Errorf("%q begins with %d bytes, not %d", s, got, want)
		}
	}
	if got := Short(ops.Raw(strings.Repeat("word ", 60)), "", nil, 200); units(got) > 200 || !strings.HasSuffix(got, "word…") {
		t.Errorf("shortened to %q", got)
	}
}

func FuzzHTML(f *testing.F) {
	f.Add("🔴 \x02n8n\x03 <b>&amp;", "log\n\x1b[1m<pre>", "cell\x03\x02", "😀", uint16(900), false)
	f.Add("", "\xff\xf0\x9f", "👩‍👩‍👧‍👦", "e\u0301", uint16(2000), true)
	f.Fuzz(func(t *testing.T, line, code, cell, pad string, times uint16, fold bool) {
		long := strings.Repeat(pad, min(int(times), 1<<14/max(1, len(pad))))
		a := ops.Answer{Blocks: []ops.Block{
			{Line: ops.Raw(line), Fold: fold}, {Code: code + long, Fold: !fold}, {Line: ops.Raw(long + line)},
			{Table: [][]string{{cell, line}, {code}, {}}}, {Code: code, Fold: fold},
		}}
		a.Row(ops.Button{Label: ops.Raw(line), Data: "1"}, ops.Button{Label: ops.Raw(cell), Data: "2", Bad: true}, ops.Button{Label: ops.Raw(pad), Data: "3"})
		for most, r := range map[int]Rendered{3: HTML(a, ops.English, nil), 1: One(a, ops.French, nil)} {
			visible := check(t, r, most)
			if len(r.Files) == 0 {
				want := ""
				for _, b := range a.Blocks {
					want += b.Line.En + b.Code
				}
				got, all := squeeze(visible), squeeze(ops.Clean(a.Blocks[0].Line.En))
				if !strings.HasPrefix(got, all) && !blank(visible) && !blank(want) {
					t.Errorf("%q does not begin with %q", got, all)
				}
			}
			for _, s := range []string{code + long, long + line} {
				found := strings.Contains(squeeze(visible), squeeze(ops.Clean(s)))
				for _, file := range r.Files {
					found = found || strings.Contains(squeeze(string(file.Data)), squeeze(ops.Clean(s)))
				}
				if !found && !blank(ops.Clean(s)) && !strings.ContainsAny(s, "\x02\x03\r") {
					t.Errorf("%.60q is not shown", s)
				}
			}
		}
	})
}
