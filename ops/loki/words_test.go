package loki

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestUnderstanding(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"n8n", "n8n||0s 0"},
		{"n8n error 2h", "n8n|error|2h0m0s 0"},
		{"n8n error since 2h", "n8n|error|2h0m0s 0"},
		{"n8n connection lost in the last 2h", "n8n|connection lost|2h0m0s 0"},
		{"n8n depuis 2h", "n8n||2h0m0s 0"},
		{"n8n error 2h 200", "n8n|error|2h0m0s 200"},
		{"n8n 100", "n8n||0s 100"},
		{"n8n 100 2h", "n8n||2h0m0s 100"},
		{"n8n 402", "n8n|402|0s 0"}, // a status
		{"n8n 2h 402", "n8n||2h0m0s 402"},
		{"24h n8n timeout", "n8n|timeout|24h0m0s 0"},
		{"n8n error 500", "n8n|error 500|0s 0"}, // a status, not a number of lines
		{"n8n 402 credits exhausted 3j", "n8n|402 credits exhausted|72h0m0s 0"},
		{"all timeout since=30m limit=10", "all|timeout|30m0s 10"},
		{"2h", "2h||0s 0"}, // a service may be called so
		{"n8n 2h 3h", "n8n|2h|3h0m0s 0"},
		{`n8n {"level":"error"}`, `n8n|{"level":"error"}|0s 0`},
		{`{container="x"}`, `{container="x"}|0s 0`},
		{`{container="x"} |= "402" 24h`, `{container="x"} |= "402"|24h0m0s 0`},
		{`{container="x"} 50`, `{container="x"}|0s 50`},
		{"{container=`x`} |~ `a` 2h 50", "{container=`x`} |~ `a`|2h0m0s 50"},
		{`{a="b"} | logfmt | took > 10s`, `{a="b"} | logfmt | took > 10s|0s 0`},
		{`{a="b"} | logfmt | took > 10s 2h`, `{a="b"} | logfmt | took > 10s|2h0m0s 0`},
		{`sum by (container) (count_over_time({job="docker"}[10m])) 6h`, `sum by (container) (count_over_time({job="docker"}[10m]))|6h0m0s 0`},
		{`sum(rate({a="b"}[1m])) > 50`, `sum(rate({a="b"}[1m])) > 50|0s 0`},
		{`sum(rate({a="b"}[1m])) > 50 2h`, `sum(rate({a="b"}[1m])) > 50|2h0m0s 0`},
		{`n8n "credits exhausted" 2h`, "n8n|credits exhausted|2h0m0s 0"},
		{"n8n « credits exhausted »", "n8n|credits exhausted|0s 0"},
		{`n8n "a" "b"`, `n8n|"a" "b"|0s 0`},
		{`n8n ""`, `n8n|""|0s 0`},
		{"count everything", "count|everything|0s 0"}, // a service that is called like a function
		{"n8n since=soon", "invalid"},
		{"n8n limit=0", "invalid"},
	} {
		a, err := understand(c.typed)
		got := fmt.Sprintf("%s|%s|%s %d", a.Service, a.Find, a.Since, a.Limit)
		if a.LogQL != "" {
			got = fmt.Sprintf("%s|%s %d", a.LogQL, a.Since, a.Limit)
		}
		if err != nil {
			got = "invalid"
		}
		if got != c.want {
			t.Errorf("%q is understood as %q, want %q", c.typed, got, c.want)
		}
	}
}

// Whatever somebody wants to find is found as it stands, and cannot become LogQL of another meaning.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{"error", `"} |= "x`, "`", `\`, "a.b*c", "(?i", "é «x»", "\x00\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, find string) {
		find = strings.ToValidUTF8(find, "")
		got := filter(find)
		if find == "" {
			return
		}
		quoted, ok := strings.CutPrefix(got, " |~ ")
		text, err := strconv.Unquote(quoted)
		if !ok || err != nil {
			t.Fatalf("%q became %q", find, got)
		}
		re, err := regexp.Compile(text)
		if err != nil {
			t.Fatalf("%q became %q, which is no regular expression", find, text)
		}
		if !re.MatchString("before " + find + " after") {
			t.Errorf("%q does not find itself: %s", find, text)
		}
	})
}

func FuzzUnderstand(f *testing.F) {
	for _, s := range []string{"n8n error 2h 50", "{a=\"b\"} 2h", "", "=", "since= limit=", "> 1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		a, err := understand(typed)
		if err != nil {
			return
		}
		if a.Since < 0 || a.Limit < 0 || a.LogQL != "" && a.Service != "" {
			t.Errorf("%q is %+v", typed, a)
		}
		if strings.TrimSpace(typed) != "" && a.LogQL == "" && a.Service == "" {
			t.Errorf("%q is about nothing", typed)
		}
		matchersOf(a.LogQL)
	})
}

func TestMatching(t *testing.T) {
	s, err := New(Options{URL: "http://loki:3100", Prefix: "javisi_"})
	if err != nil {
		t.Fatal(err)
	}
	values := []string{"javisi_n8n", "javisi_n8n_init", "javisi_grafana", "javisi_socket_proxy", "javisi_plane_web", "javisi_plane_api", "other"}
	for _, c := range []struct {
		word, want string
		mended     bool
	}{
		{"n8n", "javisi_n8n", false},
		{"javisi_n8n", "javisi_n8n", false},
		{"N8N", "javisi_n8n", false},
		{"socket-proxy", "javisi_socket_proxy", false},
		{"graf", "javisi_grafana", false},
		{"init", "javisi_n8n_init", false},
		{"plane", "javisi_plane_web javisi_plane_api", false},
		{"grafna", "javisi_grafana", true},
		{"other", "other", false},
		{"mysql", "", true},
	} {
		found, mended := s.match(c.word, values)
		if got := strings.Join(found, " "); got != c.want || mended != c.mended {
			t.Errorf("%q finds %q (mended: %v), want %q", c.word, got, mended, c.want)
		}
	}
}

func TestWindowStep(t *testing.T) {
	now := time.Now()
	for _, c := range []struct{ span, step time.Duration }{{time.Minute, time.Second}, {time.Hour, 30 * time.Second}, {24 * time.Hour, 12 * time.Minute}} {
		if got := (window{now.Add(-c.span), now}).step(); got != c.step {
			t.Errorf("the points of %s lie %s apart, want %s", c.span, got, c.step)
		}
	}
}
