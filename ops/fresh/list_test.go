package fresh

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
	"vigie/ops/opstest"
)

// What /fresh says, in both languages: what is wrong first, then the rest with age and size; the many fold.
func TestList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		time.Sleep(3 * time.Second)
		put(t, dir+"/n8n-20000101.dump", make([]byte, 412_000), 6*time.Hour)
		put(t, dir+"/kitsu-20000101.dump", make([]byte, 1000), 6*time.Hour)
		put(t, dir+"/plane-19991229.dump", make([]byte, 5000), 60*time.Hour)
		put(t, dir+"/dump-20000101.rdb", []byte("REDIS0003\xff"), 10*time.Second)
		o := Options{Files: []FileRule{
			{Name: "pg", Pattern: dir + "/{name}-*.dump", EachOf: []string{"n8n", "kitsu", "plane", "palais"}, Newer: 26 * time.Hour, AtLeast: 4000},
			{Name: "redis", Pattern: dir + "/dump-*.rdb", Format: RDB, Severity: ops.Critical},
		}, Beats: []Beat{{Name: "backup", Every: 24 * time.Hour, Secret: opstest.Secret(key)}, {Name: "sync", Every: time.Hour, Secret: opstest.Secret(key), Severity: ops.Critical}}}
		s, _, _ := watch(t, o)
		time.Sleep(time.Second)
		beats(t, s, "backup?msg=done")
		beats(t, s, "sync?status=down&msg=no+route")
		for lang, want := range map[ops.Lang][]string{
			ops.English: {"🔴 4 of 7 not fresh: sync, pg/kitsu, pg/plane +1", "🔴 sync failed: no route", "🟠 pg/kitsu has only 1 kB, it should have 4 kB", "🟠 pg/plane is over 2 d old",
				"🟠 pg/palais: there is no file", "⏳ redis 10 B, 11 s ago · being written", "🟢 pg/n8n 412 kB, 6 h ago", "🟢 backup beat 1 s ago"},
			ops.French: {"🔴 4 sur 7 pas à jour : sync, pg/kitsu, pg/plane +1", "🔴 sync a échoué : no route", "🟠 pg/kitsu ne fait que 1 ko, au lieu de 4 ko", "🟠 pg/plane a plus de 2 j",
				"🟠 pg/palais : aucun fichier", "⏳ redis 10 o, il y a 11 s · en cours d’écriture", "🟢 pg/n8n 412 ko, il y a 6 h", "🟢 backup a battu il y a 1 s"},
		} {
			if got, err := ask(t, s, lang, ""); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %q\n%v", lang, got, err)
			}
		}
		got, err := ask(t, s, ops.English, "pg/kitsu")
		if want := []string{"🟠 pg/kitsu has only 1 kB, it should have 4 kB", "the newest is kitsu-20000101.dump, 1 kB", dir + "/kitsu-20000101.dump"}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%q %v", got, err)
		}
		if got, err = ask(t, s, ops.English, "pg"); err != nil || len(got) != 5 || got[0] != "🟠 3 of 4 not fresh: pg/kitsu, pg/plane, pg/palais" {
			t.Errorf("%q %v", got, err)
		}
		if _, err = ask(t, s, ops.English, "nothing"); ops.KindOf(err) != ops.NotFound {
			t.Errorf("an unknown name: %v", err)
		}
		time.Sleep(10 * time.Minute)
		if got, err = ask(t, s, ops.English, "redis"); err != nil || got[0] != "🟢 redis 10 B, 10 min ago" || !slices.Contains(got, "read to its end: whole") {
			t.Errorf("%q %v", got, err)
		}
		checkOp(t, s)
	})
}

func checkOp(t *testing.T, s *System) {
	t.Helper()
	for _, op := range Bind(s).Ops {
		if op.Risk != ops.Reads || len(op.Examples) == 0 || len(op.Phrases) == 0 || op.Doc.Fr == "" || op.Theme.Fr == "" {
			t.Errorf("%+v", op.Spec)
		}
	}
}

func TestListFolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o Options
		dir := t.TempDir()
		for i := range 30 {
			put(t, fmt.Sprintf("%s/f%02d", dir, i), []byte("x"), time.Hour)
			o.Files = append(o.Files, FileRule{Name: fmt.Sprintf("f%02d", i), Pattern: fmt.Sprintf("%s/f%02d", dir, i)})
		}
		s, _, _ := watch(t, o)
		got, err := ask(t, s, ops.English, "")
		if err != nil || len(got) != 31 || got[0] != "🟢 all 30 fresh" || strings.HasPrefix(got[9], "|") || !strings.HasPrefix(got[10], "| ") {
			t.Errorf("%q %v", got, err)
		}
		s, _, _ = watch(t, Options{})
		if got, err := ask(t, s, ops.English, ""); err != nil || len(got) != 1 || !strings.HasPrefix(got[0], "⚪ nothing is expected") {
			t.Errorf("%q %v", got, err)
		}
	})
}

// What is wrong with the options is all said at once, and shows no secret.
func TestNew(t *testing.T) {
	_, err := New(Options{
		Files: []FileRule{
			{Name: "a", Pattern: "backups/*"}, {Name: "b c", Pattern: "/x"}, {Name: "d", Pattern: "/x/**/y"}, {Name: "e", Pattern: "/x/[a"}, {Name: "f", Pattern: "/x/{name}"},
			{Name: "g", Pattern: "/x", EachOf: []string{"n"}}, {Name: "h", Pattern: "/{name}", EachOf: []string{"n", "n"}}, {Name: "i", Pattern: "/{name}", EachOf: []string{"../n"}},
			{Name: "j", Pattern: "/x", Format: "tar"}, {Name: "k", Pattern: "/x", Severity: "loud"}, {Name: "l", Pattern: "/x", Band: -1}, {Name: "m", Pattern: "/x"}, {Name: "m", Pattern: "/y"},
		},
		Beats: []Beat{{Name: "a", Every: time.Hour}, {Name: "b/c", Every: time.Hour, Secret: opstest.Secret(key)}, {Name: "d", Secret: opstest.Secret(key)}, {Name: "e", Every: time.Hour, Secret: opstest.Secret(key), Severity: "x"}},
		Pulse: Pulse{URL: opstest.Secret("ftp://example.org/" + key)},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"a": the pattern begins`, `"b c": the name`, `"d": **`, `"e": the pattern has a [`, `"f": {name}`, `"g": {name}`, `"h": "n"`, `"i": "../n"`, `"j": the format`, `"k": the severity`,
		`"l": newer`, `"m": the name is taken`, `heartbeat "a": a secret`, `heartbeat "b/c": the name`, `heartbeat "d": every`, `heartbeat "e": the severity`, "our own heartbeat: the address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said", want)
		}
	}
	if strings.Contains(err.Error(), key) {
		t.Error("a secret is shown")
	}
	s, err := New(Options{Beats: []Beat{{Name: "fast", Every: time.Minute, Secret: opstest.Secret(key)}, {Name: "daily", Every: 24 * time.Hour, Secret: opstest.Secret(key)}}, Pulse: Pulse{URL: opstest.Secret("")}})
	if err != nil || s.o.Beats[0].Grace != time.Minute || s.o.Beats[1].Grace != 144*time.Minute || s.o.Beats[0].Severity != ops.Warning || s.o.Pulse.URL != nil {
		t.Errorf("%v %+v", err, s.o)
	}
}
