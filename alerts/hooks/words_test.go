package hooks

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"vigie/ops"
)

func TestCut(t *testing.T) {
	name := func(s string) string { return ops.Name(s).String() }
	for _, c := range []struct {
		s    string
		most int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"éàü", 3, "éàü"},
		{"éàüö", 3, "éà…"},
		{name("abc"), 3, name("abc")},
		{name("abcd"), 3, ops.MarkOpen + "ab…" + ops.MarkClose},
		{name("ab") + "cd", 3, name("ab") + "…"},
		{"ab\xff\xffcd", 3, "ab…"},
	} {
		if got := cut(c.s, c.most); got != c.want {
			t.Errorf("cut(%q, %d) is %q, want %q", c.s, c.most, got, c.want)
		}
	}
}

func TestForeignText(t *testing.T) {
	for _, c := range []struct{ what, got, want string }{
		{"one line", oneLine(" a\tb\r\n\n c\x00 ", 20), "a b c"},
		{"a secret is whole before it is cut", oneLine("token=abcdefghijklmnopqrstuvwxyz", 12), "token=«secr…"},
		{"a key", key("b292a4e0416df585"), "b292a4e0416df585"},
		{"keys that look alike differ", fmt.Sprint(key("a\x00b") == key("ab"), key(strings.Repeat("x", 200)) == key(strings.Repeat("x", 201))), "false false"},
		{"an address", link("https://wiki.example/a?b=c#d"), "https://wiki.example/a?b=c#d"},
		{"an address with a password", link("https://u:p@wiki.example/"), "https://wiki.example/"},
		{"no address", link("javascript:alert(1)") + link("//x") + link("https://") + link("https://x/"+strings.Repeat("a", 400)), ""},
		{"an address with a secret", link("https://x/?token=abcdefgh"), ""},
		{"a place", place("https://u:p@db.example:8443/x?token=abc#d"), "https://db.example:8443/x"},
		{"no place", place("https://"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.what, c.got, c.want)
		}
	}
	long := hide(strings.Repeat("é", mostText))
	if len(long) > mostText || !utf8.ValidString(long) {
		t.Errorf("%d bytes of a long text are kept", len(long))
	}
}

// One message tells at most so many troubles, and says what it left out.
func TestManyAlerts(t *testing.T) {
	var told []ops.Trouble
	d := newDesk(t, Options{Sources: every()}, func(s ops.Sighting) { told = append(told, s.Troubles...) })
	one := `{"status":"firing","labels":{"alertname":"A","n":"%d"}}`
	var all []string
	for i := range mostTroubles + 3 {
		all = append(all, fmt.Sprintf(one, i))
	}
	w := d.send(httptest.NewRequest("POST", "/hooks/alertmanager", strings.NewReader(`{"version":"4","alerts":[`+strings.Join(all, ",")+`]}`)))
	if w.Code != 200 || len(told) != mostTroubles || told[0].Lines[0].En != "3 more came in the same message and are left out" {
		t.Errorf("%d, %d told", w.Code, len(told))
	}
	subjects := map[string]bool{}
	for _, trouble := range told {
		subjects[trouble.Subject] = true
	}
	if len(subjects) != mostTroubles {
		t.Errorf("%d subjects", len(subjects))
	}
}

// What is counted of failed calls stays bounded, whatever is sent.
func TestStormsAreBounded(t *testing.T) {
	var s storms
	now := time.Now()
	for i := range mostStorms * 3 {
		s.add(fmt.Sprint(i), "m", now.Add(time.Duration(i)*time.Second))
	}
	if len(s.all) != mostStorms || s.all[fmt.Sprint(mostStorms*3-1)] == nil || s.all["0"] != nil {
		t.Errorf("%d are remembered", len(s.all))
	}
	later := now.Add(24 * time.Hour)
	for i := range 20 {
		s.add("one", fmt.Sprint(i), later)
	}
	one := s.add("one", "0", later.Add(time.Minute))
	if len(s.all) != 1 || one.calls != 21 || len(one.models) != mostModels || !one.more || !one.since.Equal(later) {
		t.Errorf("%+v, %d remembered", one, len(s.all))
	}
	if again := s.add("one", "x", later.Add(time.Hour)); again.calls != 1 || again.more {
		t.Errorf("after an hour: %+v", again)
	}
}
