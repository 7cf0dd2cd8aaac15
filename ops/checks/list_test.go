package checks

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{"grafana": "502", "litellm": "401", "studio": "slow"}}, &board{}
		slow := site("studio")
		slow.MaxTime = time.Second
		s, stop := watch(t, w, b, Options{Checks: []Check{site("n8n"), site("grafana"), site("litellm"), slow}})
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		stop()
		for _, c := range []struct {
			lang ops.Lang
			want []string
		}{
			{ops.English, []string{"🔴 1 of 4 fail · grafana: 502, the proxy answers, the service behind it does not", "🔴 grafana 502, the proxy answers, the service behind it does not · for 4 min",
				"🟠 studio 200 · 3 s · slower than 1 s", "🟢 n8n 200 · 0 ms", "🟢 litellm 401, alive: it asks who is there · 0 ms", "[grafana ▸][studio ▸]", "[↻]"}},
			{ops.French, []string{"🔴 1 sur 4 en échec · grafana : 502, le proxy répond, pas le service derrière", "🔴 grafana 502, le proxy répond, pas le service derrière · depuis 4 min",
				"🟠 studio 200 · 3 s · plus lent que 1 s", "🟢 n8n 200 · 0 ms", "🟢 litellm 401, vivant : il demande une identification · 0 ms", "[grafana ▸][studio ▸]", "[↻]"}},
		} {
			got, err := ask(t.Context(), t, s, c.lang)
			lines := strings.Split(strings.TrimSpace(got), "\n")
			ok := err == nil && len(lines) == len(c.want)
			for i := range min(len(lines), len(c.want)) {
				ok = ok && strings.HasPrefix(lines[i], c.want[i])
			}
			if !ok {
				t.Errorf("%v:\n%s\nnot\n%s(%v)", c.lang, got, strings.Join(c.want, "\n"), err)
			}
		}
	})
}

func TestListRunsWhatNeverRan(t *testing.T) {
	at := serve(t, answer(200, ""))
	s := system(t, Check{Name: "one", URL: "http://" + at}, Check{Name: "two", TCP: at})
	got, err := ask(t.Context(), t, s, ops.English)
	if err != nil || !strings.HasPrefix(got, "🟢 2 of 2 answer\n🟢 one 200 · ") {
		t.Errorf("%v:\n%s", err, got)
	}
	if _, err := ask(t.Context(), t, system(t), ops.English); ops.KindOf(err) != ops.Invalid {
		t.Errorf("no check at all: %v", err)
	}
	if _, err := ask(t.Context(), t, s, ops.English, "check", "three"); ops.KindOf(err) != ops.NotFound {
		t.Errorf("no such check: %v", err)
	}
}

func TestDetail(t *testing.T) {
	ca := newAuthority(t)
	at := serve(t, answer(200, "maintenance"), ca.signs("127.0.0.1", -80*day, 10*day+time.Minute))
	s := system(t, Check{Name: "n8n", URL: "https://ann:pa55word@" + at + "/healthz?t0ps3cret", CA: ca.pem, Body: "OK"})
	for range 12 {
		if _, err := ask(t.Context(), t, s, ops.English, "check", "n8n"); err != nil {
			t.Fatal(err)
		}
	}
	for lang, want := range map[ops.Lang][]string{
		ops.English: {"🔴 n8n: 200, but the page does not say what it should · ", "https://" + at + "/healthz · " + at + " · every 1 min", "connection ", " · TLS ", " · first byte after ",
			"certificate ends in 10 d", "certificate for 127.0.0.1, from Test CA", "maintenance", "0 % of the last 1 min were fine", "✗ 200 body", "[↻][All checks]"},
		ops.French: {"🔴 n8n : 200, mais la page ne dit pas ce qu’elle devrait", "intervalle 1 min", "premier octet après", "certificat valable encore 10 j", "certificat pour 127.0.0.1, de Test CA", "[↻][Tous les contrôles]"},
	} {
		got, err := ask(t.Context(), t, s, lang, "check", "n8n")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range want {
			if !contains(got, part) {
				t.Errorf("%v: %q is not in\n%s", lang, part, got)
			}
		}
		if n := strings.Count(got, "✗"); n != keptResults {
			t.Errorf("it shows %d results", n)
		}
		noSecrets(t, got)
	}
}

func TestAskedResultsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := &wire{state: map[string]string{}}, &board{}
		c := site("n8n")
		c.Every = time.Hour
		s, stop := watch(t, w, b, Options{Checks: []Check{c}})
		defer stop()
		time.Sleep(time.Minute)
		w.set("n8n", "500")
		for range 2 {
			if _, err := ask(t.Context(), t, s, ops.English, "check", "n8n"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		b.expect(t, "critical check:n8n down: n8n: 500, it runs, and fails inside")
	})
}
