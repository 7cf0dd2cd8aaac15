package botapi

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

// show writes entities as type@offset+length and what they carry.
func show(entities []Entity) string {
	var out []string
	for _, e := range entities {
		s := fmt.Sprintf("%s@%d+%d", e.Type, e.Offset, e.Length)
		if e.URL != "" {
			s += "=" + e.URL
		}
		if e.Language != "" {
			s += "=" + e.Language
		}
		if e.User != nil {
			s += fmt.Sprintf("=%d", e.User.ID)
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestHTML(t *testing.T) {
	for _, row := range []struct{ source, text, entities string }{
		{"plain > text; \"quoted\"", "plain > text; \"quoted\"", ""},
		{"<b>a</b><strong>b</strong>", "ab", "bold@0+1 bold@1+1"},
		{"<i>a</i><em>b</em>", "ab", "italic@0+1 italic@1+1"},
		{"<u>a</u><ins>b</ins>", "ab", "underline@0+1 underline@1+1"},
		{"<s>a</s><strike>b</strike><del>c</del>", "abc", "strikethrough@0+1 strikethrough@1+1 strikethrough@2+1"},
		{"<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>", "ab", "spoiler@0+1 spoiler@1+1"},
		{"<code>a</code>", "a", "code@0+1"},
		{"<pre>a\n b</pre>", "a\n b", "pre@0+4"},
		{"<pre><code class=\"language-go\">x</code></pre>", "x", "pre@0+1=go"},
		{"<code class=\"language-go\"><pre>x</pre></code>", "x", "pre@0+1=go"},
		{"<pre>a<code class=\"language-go\">x</code></pre>", "ax", "pre@0+2"},
		{"<code class=\"language-go\">x</code>", "x", "code@0+1"},
		{"<a href=\"https://e.org/?a=1&amp;b=2\">x</a>", "x", "text_link@0+1=https://e.org/?a=1&b=2"},
		{"<a href='https://e.org'>x</a>", "x", "text_link@0+1=https://e.org"},
		{"<a>https://e.org</a>", "https://e.org", "text_link@0+13=https://e.org"},
		{"<a href=\"tg://user?id=1001\">x</a>", "x", "text_mention@0+1=1001"},
		{"<a href=\"javascript:alert(1)\">x</a>", "x", ""},
		{"<blockquote>a</blockquote>", "a", "blockquote@0+1"},
		{"<blockquote expandable>a</blockquote>", "a", "expandable_blockquote@0+1"},
		{"<blockquote expandable=\"\">a</blockquote>", "a", "expandable_blockquote@0+1"},
		{"<B>a</B >", "a", "bold@0+1"},
		{"<b>🔴 é</b>", "🔴 é", "bold@0+4"},
		{"🔴🔴<code>x</code>", "🔴🔴x", "code@4+1"},
		{"<b>a<i>b</i></b>", "ab", "bold@0+2 italic@1+1"},
		{"<b><b>x</b></b>", "x", "bold@0+1"},
		{"<b></b>x", "x", ""},
		{"<b>a <code>b</code> c</b>", "a b c", "bold@0+2 code@2+1 bold@3+2"},
		{"<code><b>x</b></code>", "x", "code@0+1"},
		{"<pre>a<i>b</i></pre>", "ab", "pre@0+2"},
		{"<a href=\"https://e.org\"><code>x</code></a>", "x", "code@0+1"},
		{"<blockquote>a <code>b</code></blockquote>", "a b", "blockquote@0+3 code@2+1"},
		{"<blockquote>a<blockquote>b</blockquote></blockquote>", "ab", "blockquote@0+2"},
		{"&lt;b&gt; &amp;amp; &quot;&#128308;&#x1F534;", "<b> &amp; \"🔴🔴", ""},
		{"  <b>x</b>  ", "x", "bold@0+1"},
		{"<b>x </b> \n", "x", "bold@0+1"},
		{"see /status", "see /status", "bot_command@4+7"},
		{"/restart@vigie_bot now", "/restart@vigie_bot now", "bot_command@0+18"},
		{"from /api/health, a/b, 5/6", "from /api/health, a/b, 5/6", ""},
		{"🔴/logs", "🔴/logs", "bot_command@2+5"},
		{"é/logs", "é/logs", ""},
		{"<code>/status</code>", "/status", "code@0+7"},
		{"<b>/status</b>", "/status", "bold@0+7 bot_command@0+7"},
		{"ask @bobby, #ops: https://e.org/a.", "ask @bobby, #ops: https://e.org/a.", "mention@4+6 hashtag@12+4 url@18+15"},
		{"me@example.org", "me@example.org", ""},
	} {
		text, entities, refused := formatted(params{values: map[string]string{"text": row.source, "parse_mode": "HTML"}}, "text", "entities")
		if refused != nil {
			t.Errorf("%s: %s", row.source, refused.Description)
			continue
		}
		if text != row.text || show(entities) != row.entities {
			t.Errorf("%s:\n got %q %s\nwant %q %s", row.source, text, show(entities), row.text, row.entities)
		}
	}
}

func TestHTMLRefused(t *testing.T) {
	for source, want := range map[string]string{
		"<b>a":                       `Can't find end tag corresponding to start tag "b"`,
		"a</b>":                      "Unexpected end tag at byte offset 1",
		"<b>a</i>":                   `Unmatched end tag at byte offset 4, expected "</b>", found "</i>"`,
		"<b>a</>":                    `Unmatched end tag at byte offset 4, expected "</b>", found "</>"`,
		"<b><i>a</b></i>":            `Unmatched end tag at byte offset 7, expected "</i>", found "</b>"`,
		"<b>a</b":                    "Unclosed end tag at byte offset 4",
		"é<b":                        "Unclosed start tag at byte offset 2",
		"a < b":                      "Unsupported start tag \"\" at byte offset 2",
		"<div>a</div>":               `Unsupported start tag "div" at byte offset 0`,
		"<br/>":                      `Unsupported start tag "br/" at byte offset 0`,
		"<script>a</script>":         `Unsupported start tag "script" at byte offset 0`,
		"<none>":                     `Unsupported start tag "none" at byte offset 0`,
		"<span>a</span>":             "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
		"<span class=\"x\">a</span>": "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0",
		"<a href=\"x>a</a>":          `Unclosed start tag "a" at byte offset 0`,
		"<a href=\"x\"":              `Unclosed start tag "a" at byte offset 0`,
		"<a href=x/y>a</a>":          "Unexpected end of name token at byte offset 8",
		"<a =\"x\">a</a>":            `Empty attribute name in the tag "a" at byte offset 0`,
		"AT&T":                       `Unescaped "&" at byte offset 2`,
		"a && b":                     `Unescaped "&" at byte offset 2`,
		"&lt":                        `Unescaped "&" at byte offset 0`,
		"&nbsp;":                     `Unsupported character reference "&nbsp;" at byte offset 0`,
		"&#0;":                       `Unsupported character reference "&#0;" at byte offset 0`,
		"&#xD800;":                   `Unsupported character reference "&#xD800;" at byte offset 0`,
		"<a href=\"?a&b\">x</a>":     `Unescaped "&" at byte offset 11`,
	} {
		_, _, refused := parseHTML(source)
		if refused == nil || refused.Description != "Bad Request: can't parse entities: "+want {
			t.Errorf("%s: got %v, want %s", source, refused, want)
		}
	}
}

func TestOnlyTheFirstHundredEntitiesCount(t *testing.T) {
	_, entities, refused := formatted(params{values: map[string]string{"text": strings.Repeat("<b>x</b> ", 101), "parse_mode": "html"}}, "text", "entities")
	if refused != nil || len(entities) != 100 {
		t.Errorf("%d entities, %v", len(entities), refused)
	}
}

// FuzzHTML checks that any source is refused or gives entities that lie within
// the text, never across half of a character, and that escaping always works.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		"<b>a</b>", "<pre><code class=\"language-x\">🔴</code></pre>", "<a href=\"tg://user?id=1\">é</a>", "<blockquote expandable>x</blockquote>",
		"&lt;&#128308;&", "<b><i></b>", "</", "<", "<a href='", "\xff", " \n<code> </code>\n", "<b>🔴<code>🔴</code></b>/x@y #z https://a.b", "<u>\x00</u>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		text, entities, refused := formatted(params{values: map[string]string{"text": source, "parse_mode": "HTML"}}, "text", "entities")
		if refused == nil {
			checkEntities(t, text, entities)
		}
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.ToValidUTF8(source, "?"))
		plain, _, refused := parseHTML(escaped)
		if refused != nil || plain != strings.ToValidUTF8(source, "?") {
			t.Errorf("escaped %q came back as %q, %v", source, plain, refused)
		}
	})
}

func checkEntities(t *testing.T, text string, entities []Entity) {
	if !utf8.ValidString(text) {
		t.Fatalf("text %q is not UTF-8", text)
	}
	units := utf16.Encode([]rune(text))
	low := func(i int) bool { return i < len(units) && units[i] >= 0xDC00 && units[i] <= 0xDFFF }
	if len(entities) > maxEntities {
		t.Fatalf("%d entities", len(entities))
	}
	for i, e := range entities {
		if e.Offset < 0 || e.Length <= 0 || e.end() > len(units) || low(e.Offset) || low(e.end()) {
			t.Fatalf("%s lies badly in %q", show(entities[i:i+1]), text)
		}
		if i > 0 && e.Offset < entities[i-1].Offset {
			t.Fatalf("not in order: %s", show(entities))
		}
	}
}
