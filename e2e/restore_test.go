package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// everything is a stack with data, and a place that its backups come back from.
const everything = `
[postgres]
service = "postgresql"
dump_dir = "DIR/dumps"
[redis]
service = "redis"
dumps = ["DIR/dumps/*.rdb"]
[backup]
dir = "DIR/backups"
[backup.restore]
target = "DIR/offsite"
how = "from the other machine"
expect = ["postgres:shop", "redis"]
`

// TestFullRestore loses the whole stack and its data, and brings all of it back from what a person carries over.
func TestFullRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"dumps", "backups", "offsite"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, setup{services: []string{"ok", "postgresql", "redis"}, more: strings.ReplaceAll(everything, "DIR", dir)})
	w.sql("postgres", "CREATE DATABASE shop OWNER shop")
	w.sql("shop", "SET ROLE shop; CREATE TABLE orders AS SELECT i, md5(i::text) AS what FROM generate_series(1, 5000) i")
	w.redis("EVAL", "for i=1,300 do redis.call('SET', 'job:'..i, i) end", "0")
	sum := w.sql("shop", "SELECT md5(string_agg(what, ',' ORDER BY i)) FROM orders")
	w.start()
	ann := w.person("ann")
	ann.does("/backup_now", `🔒 Back up 2 items now`, "Back")
	ann.sees(`🟢`)

	ann.say("/restore_all")
	ann.sees(`ok of phase \S+ run.*/down \S+ first`)
	for _, name := range []string{"ok", "postgresql", "redis", "db"} { // the machine is lost; what was on it is elsewhere
		if _, err := docker("rm", "-f", "-v", w.project+"_"+name); err != nil {
			t.Fatal(err)
		}
	}
	offsite := filepath.Join(dir, "elsewhere")
	if err := os.Rename(filepath.Join(dir, "backups"), offsite); err != nil {
		t.Fatal(err)
	}
	ann.say("/restore_all")
	ann.sees(`🔒 Restore all of ` + w.project + `.*from the other machine.*start .*postgresql.*restore shop into a copy.*take over the data.*ok is healthy`)
	ann.say(w.project)
	ann.sees(`0 of 2 there.*now restore postgres:shop, redis into`)
	ann.say("/done")
	ann.sees(`🟠 0 of 2 are there; not postgres:shop, redis`)
	if err := os.CopyFS(filepath.Join(dir, "offsite"), os.DirFS(offsite)); err != nil {
		t.Fatal(err)
	}
	ann.say("/done")
	ann.sees(`🟢 ` + w.project + ` restored`)
	if got := w.sql("shop", "SELECT md5(string_agg(what, ',' ORDER BY i)) FROM orders"); got != sum {
		t.Errorf("the orders are %s, they were %s", got, sum)
	}
	if owner := w.sql("shop", "SELECT tableowner FROM pg_tables WHERE tablename = 'orders'"); owner != "shop" {
		t.Errorf("they belong to %s", owner)
	}
	if n := w.redis("DBSIZE"); n != "300" || w.redis("GET", "job:7") != "7" {
		t.Errorf("there are %s jobs", n)
	}
	if w.health("ok") != "healthy" {
		t.Error("ok is not healthy")
	}
	ann.tap("Undo")
	ann.sees(`🔒 Undo: Restore all.*take the data of before over again.*bring the earlier shop back`)
	ann.tap("Undo: Restore all")
	ann.sees(`🟢 .*undone|🟢 .*Undo`)
	if n := w.redis("DBSIZE"); n != "0" {
		t.Errorf("put back, there are %s jobs", n)
	}
	w.verified()
}

// TestSavesByItself has everything saved by the clock, through the gate, and tells when that does not come about.
func TestSavesByItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, setup{services: []string{"ok", "redis"}, watched: true, more: `
[redis]
service = "redis"
dumps = ["` + dir + `/*/*.rdb"]
[backup]
dir = "` + dir + `"
schedule = "* * * * *"
`})
	w.redis("SET", "a", "1")
	w.start()
	ann := w.person("ann")
	w.until("a backup is made", func() bool {
		all, err := filepath.Glob(filepath.Join(dir, "*", "manifest.json"))
		return err == nil && len(all) > 0
	})
	if out, err := docker("stop", w.project+"_redis"); err != nil {
		t.Fatal(out, err)
	}
	ann.sees(`🔴 the backup of \d\d:\d\d was not made whole`)
	if out, err := docker("start", w.project+"_redis"); err != nil {
		t.Fatal(out, err)
	}
	w.verified()
}

func (w *world) sql(database, text string) string {
	w.t.Helper()
	out, err := docker("exec", w.project+"_postgresql", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-c", text)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

func (w *world) redis(args ...string) string {
	w.t.Helper()
	out, err := docker(append([]string{"exec", w.project + "_redis", "redis-cli"}, args...)...)
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}
