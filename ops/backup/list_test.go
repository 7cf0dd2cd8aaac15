package backup

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vigie/ops"
)

// The answer, in both languages: what is wrong first, then how large, how old, how well proved, and what is off-site.
func TestList(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse("postgres:n8n", "postgres:plane", "redis")
		o := options(root, h)
		o.Rehearse = "30 4 * * *"
		o.Offsite = []Offsite{
			{"restic", func(context.Context) (Copies, error) {
				return Copies{At: time.Now().Add(-3 * time.Hour), Says: ops.T("42 snapshots", "42 instantanés")}, nil
			}},
			{"zerobyte", func(context.Context) (Copies, error) {
				return Copies{At: time.Now().Add(-4 * time.Hour), Bad: ops.T("the last run was partial", "la dernière exécution était partielle")}, nil
			}},
			{"nas", func(context.Context) (Copies, error) { return Copies{}, errors.New("dial tcp: no route to host") }},
			{"tape", func(context.Context) (Copies, error) { return Copies{At: time.Now().Add(-50 * time.Hour)}, nil }},
			{"new", func(context.Context) (Copies, error) { return Copies{}, nil }},
		}
		o.Live = func(context.Context) ([]string, error) { return []string{"postgres:prisme"}, nil }
		s := newSystem(t, o)
		save(t, s, "one", "postgres:n8n", "postgres:plane", "redis")
		_, stop := watched(t, s)
		defer stop()
		time.Sleep(30 * time.Hour)
		h.set(func() { h.text["postgres:n8n"] = strings.Repeat("y", 600) })
		save(t, s, "two", "postgres:n8n", "redis")
		time.Sleep(time.Hour)
		synctest.Wait()
		d := openDesk(t, s)
		want(t, strings.Join(d.look(ops.English, "backup.list"), "\n"), `🟠 2 of 4 backups need you: postgres:plane, postgres:prisme
🟠 the newest backup of postgres:plane is over 31 h old
🟠 nobody backs up postgres:prisme
🟢 postgres:n8n 604 B (+7 %), 1 h ago · readable · last proved restorable: 2 h 30 ago, 0 ms
🟢 redis 424 B (±0 %), 1 h ago · readable · last proved restorable: 2 h 30 ago, 0 ms
🟢 off-site restic, 3 h ago · 42 snapshots
🟠 off-site zerobyte, 4 h ago: the last run was partial
🟠 off-site nas cannot be asked: dial tcp: no route to host
🟠 off-site tape is 2 d old
🟠 off-site new holds nothing yet`)
		want(t, strings.Join(d.look(ops.French, "backup.list"), "\n"), `🟠 2 sauvegardes sur 4 ont besoin de toi : postgres:plane, postgres:prisme
🟠 la dernière sauvegarde de postgres:plane a plus de 31 h
🟠 personne ne sauvegarde postgres:prisme
🟢 postgres:n8n 604 o (+7 %), il y a 1 h · lisible · dernière preuve de restauration : il y a 2 h 30, en 0 ms
🟢 redis 424 o (±0 %), il y a 1 h · lisible · dernière preuve de restauration : il y a 2 h 30, en 0 ms
🟢 hors site restic, il y a 3 h · 42 instantanés
🟠 hors site zerobyte, il y a 4 h : la dernière exécution était partielle
🟠 hors site, impossible d’interroger nas : dial tcp: no route to host
🟠 hors site, tape date de 2 j
🟠 hors site, new ne contient encore rien`)
		has(t, strings.Join(d.look(ops.English, "backup.list", "what", "mysql"), "\n"), "not-found: mysql has no backup, and is nothing that I know.")
	})
}

func TestListFine(t *testing.T) {
	root := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, options(root, newHouse("redis")))
		d := openDesk(t, s)
		has(t, d.look(ops.English, "backup.list")[0], "🟠 1 of 1 backups need you: redis")
		save(t, s, "one", "redis")
		has(t, d.look(ops.English, "backup.list")[0], "⚪ 1 of 1 backups are not proved yet, the newest 1 s old")
		_, stop := watched(t, s)
		time.Sleep(time.Minute)
		synctest.Wait()
		stop()
		want(t, strings.Join(d.look(ops.English, "backup.list"), "\n"), "🟢 all 1 backed up and proved, the newest 1 min ago\n🟢 redis 424 B, 1 min ago · readable")
		want(t, strings.Join(d.look(ops.English, "backup.list", "what", "check"), "\n"), "🟢 all is as it should be: 1 backed up")
		choices, err := d.gate.Choices(t.Context(), "backup-view")
		if err != nil || len(choices) != 2 || choices[1].Value != "redis" {
			t.Errorf("%v %v", choices, err)
		}
		for _, sort := range []string{"backup-what", "backup-rehearsed", "backup-point"} {
			if choices, err := d.gate.Choices(t.Context(), sort); err != nil || len(choices) == 0 {
				t.Errorf("%s: %v %v", sort, choices, err)
			}
		}
	})
}

// The tables of what should be configured elsewhere.
func TestCheck(t *testing.T) {
	o := options(t.TempDir(), newHouse())
	o.Desired = []Desired{
		{"zerobyte", func(context.Context) ([]Difference, error) {
			return []Difference{{"volume vpai-qdrant", ops.T("is not there", "n’est pas là")}, {"job nightly", ops.T("runs at 03:00, not at 04:00", "tourne à 03:00, pas à 04:00")}}, nil
		}},
		{"restic", func(context.Context) ([]Difference, error) {
			return nil, ops.Fail(ops.Unavailable, ops.T("no answer", "pas de réponse"), nil)
		}},
	}
	d := openDesk(t, newSystem(t, o))
	want(t, strings.Join(d.look(ops.English, "backup.list", "what", "check"), "\n"), `🟠 2 differences from what should be
🟠 zerobyte: volume vpai-qdrant: is not there
🟠 zerobyte: job nightly: runs at 03:00, not at 04:00
🟠 restic cannot be compared: no answer`)
}

// What lies there and was not begun by us is shown, and left alone; so is what is damaged.
func TestListOddFolders(t *testing.T) {
	o := options(t.TempDir(), newHouse("redis"))
	s := newSystem(t, o)
	put(t, filepath.Join(o.Root, "20260101T000000Z", "x"), "x", 0)
	put(t, filepath.Join(o.Root, "20260102T000000Z", manifestName), `{"version":2}`, 0)
	put(t, filepath.Join(o.Root, "other", "x"), "x", 0)
	if _, err := s.take(t.Context(), "token", []string{"redis"}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(openDesk(t, s).look(ops.English, "backup.list"), "\n")
	has(t, got, "🔴 backup 20260102T000000Z is damaged: its manifest cannot be read: reading a manifest: it is none of version 1",
		"🟠 backup 20260101T000000Z is unfinished, nothing says that I began it: nothing in it counts")
}
