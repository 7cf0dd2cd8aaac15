package realtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
	"vigie/ops/postgres"
)

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zst(t testing.TB, b []byte) []byte {
	t.Helper()
	cmd := exec.Command("zstd", "-qc")
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("these tests need zstd (Debian's zstd): %v", err)
	}
	return out
}

func (w *world) write(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// directory makes a dump in the directory format, on this machine.
func (w *world) directory(t testing.TB, name string) string {
	t.Helper()
	w.run(t, "pg_dump", "-U", "postgres", "-d", w.db, "-Fd", "-j2", "-f", "/tmp/"+name)
	w.docker(t, "cp", w.name+":/tmp/"+name, filepath.Join(w.dir, name))
	w.docker(t, "exec", w.name, "rm", "-r", "/tmp/"+name)
	return filepath.Join(w.dir, name)
}

// A dump in every format brings back the same, and what it holds is known before.
func TestFormats(t *testing.T) {
	w := newWorld(t, shared(t))
	w.sql(t, w.db, w.fill(`DROP TABLE newer; DELETE FROM execution_entity WHERE data = 'after the dump';`))
	w.old = w.contents(t, w.db)
	custom := w.read(t, w.dump(t, w.db+"-20260102_025500.dump", "-Fc"))
	plain := w.read(t, w.dump(t, w.db+"-20260103_025500.sql"))
	for _, c := range []struct {
		name   string
		path   string
		format postgres.Format
		packed string
	}{
		{"custom", filepath.Join(w.dir, w.db+"-20260102_025500.dump"), postgres.Custom, ""},
		{"custom, not compressed", w.dump(t, w.db+"-20260104_025500.dump", "-Fc", "-Z0"), postgres.Custom, ""},
		{"custom in gzip", w.write(t, w.db+"-20260105_025500.dump.gz", gz(t, custom)), postgres.Custom, "gzip"},
		{"tar", w.dump(t, w.db+"-20260106_025500.tar", "-Ft"), postgres.Tar, ""},
		{"directory", w.directory(t, w.db+"-20260107_025500"), postgres.Directory, ""},
		{"plain", filepath.Join(w.dir, w.db+"-20260103_025500.sql"), postgres.Plain, ""},
		{"plain in gzip", w.write(t, w.db+"-20260108_025500.sql.gz", gz(t, plain)), postgres.Plain, "gzip"},
		{"plain in zstd", w.write(t, w.db+"-20260109_025500.sql.zst", zst(t, plain)), postgres.Plain, "zstd"},
		{"custom in zstd", w.write(t, w.db+"-20260110_025500.dump.zst", zst(t, custom)), postgres.Custom, "zstd"},
		{"plain with INSERTs", w.dump(t, w.db+"-20260111_025500.sql", "--inserts"), postgres.Plain, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := w.system.Verify(t.Context(), c.path)
			if err != nil {
				t.Fatal(err)
			}
			rows := d.Rows["execution_entity"]
			if d.Format != c.format || d.Packed != c.packed || !d.Inserts && rows != 2989 || len(d.Tables) < 5 || d.Objects != 3 {
				t.Errorf("%s %s %d rows %v %d large objects", d.Format, d.Packed, rows, d.Tables, d.Objects)
			}
			if d.File.Database != w.db || d.Format != postgres.Plain && d.Contents.Database != w.db || d.Version != "15.18" {
				t.Errorf("of %s, %s, server %s", d.File.Database, d.Contents.Database, d.Version)
			}
			cp := w.loaded(t, d)
			if err := w.system.Drop(t.Context(), cp.Scratch, postgres.Mark{Role: postgres.Scratch, Key: cp.Key}); err != nil {
				t.Fatal(err)
			}
		})
	}
	if got := w.contents(t, w.db); got != w.old {
		t.Errorf("the live database changed: %s", differ(w.old, got))
	}
}

// loaded restores a dump into a scratch database, which must then hold what the world held.
func (w *world) loaded(t *testing.T, d postgres.DumpInfo) postgres.Copy {
	t.Helper()
	cp := w.copyOf(d, "0f0f0f0f")
	if _, err := w.system.Create(t.Context(), cp); err != nil {
		t.Fatal(err)
	}
	if err := w.system.Load(t.Context(), cp, nil); err != nil {
		t.Fatal(err)
	}
	if got := w.contents(t, cp.Scratch); got != w.old {
		t.Errorf("restored: %s", differ(w.old, got))
	}
	return cp
}

func (w *world) copyOf(d postgres.DumpInfo, key string) postgres.Copy {
	return postgres.Copy{Database: w.db, Scratch: w.db + "_restore_" + key, Before: w.db + "_before_" + key, Dump: d.Path, SHA256: d.SHA256, Key: key}
}

// first is the dump that the world was made with, read.
func (w *world) first(t testing.TB) postgres.DumpInfo {
	t.Helper()
	d, err := w.system.Verify(context.WithoutCancel(t.Context()), filepath.Join(w.dir, w.db+"-20260101_025500.dump"))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A dump that is cut off anywhere is never taken for whole, in no format.
func TestCutOff(t *testing.T) {
	w := newWorld(t, shared(t))
	before := w.contents(t, w.db)
	custom := w.read(t, w.first(t).Path)
	plain := w.read(t, w.dump(t, "plain.sql"))
	tarred := w.read(t, w.dump(t, "whole.tar", "-Ft"))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, c := range []struct {
		name  string
		dump  []byte
		many  int
		spare int // bytes at the end without which all of the database is there
	}{
		{".dump", custom, 32, 0},
		{".sql", plain, 4, len(plain) - bytes.LastIndex(plain, []byte("-- PostgreSQL database dump complete"))},
		{".sql.gz", gz(t, plain), 4, 0},
		{".sql.zst", zst(t, plain), 3, 0},
		{".dump.gz", gz(t, custom), 3, 0},
		{".tar", tarred, 12, len(tarred) - bytes.Index(tarred, []byte("restore.sql\x00")) + 512},
	} {
		cuts := []int{0, 11, len(c.dump) - c.spare - 1}
		for range c.many {
			cuts = append(cuts, random.IntN(len(c.dump)-c.spare))
		}
		for _, at := range cuts {
			path := w.write(t, w.db+"-20270101_000000"+c.name, c.dump[:at])
			d, err := w.system.Verify(t.Context(), path)
			if ops.KindOf(err) != ops.Invalid {
				t.Errorf("%s cut off at %d of %d: %v, %v", c.name, at, len(c.dump), d.Contents, err)
			}
		}
		os.Remove(filepath.Join(w.dir, w.db+"-20270101_000000"+c.name))
	}
	dir := w.directory(t, w.db+"-20270102_000000")
	parts, err := filepath.Glob(dir + "/*.dat.gz")
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	if err := os.Truncate(parts[0], 15); err != nil {
		t.Fatal(err)
	}
	if _, err := w.system.Verify(t.Context(), dir); ops.KindOf(err) != ops.Invalid {
		t.Errorf("a directory with a part cut off: %v", err)
	}
	if err := os.Remove(parts[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := w.system.Verify(t.Context(), dir); ops.KindOf(err) != ops.Invalid {
		t.Errorf("a directory with a part missing: %v", err)
	}
	if got := w.contents(t, w.db); got != before {
		t.Errorf("the live database changed: %s", differ(before, got))
	}
}

// pg_restore never reads what a tar holds after its last table, which is most of it where there is more schema than data.
func TestTarWithALongTail(t *testing.T) {
	w := newWorld(t, shared(t))
	w.sql(t, w.db, `DO $$ BEGIN EXECUTE format('COMMENT ON TABLE execution_entity IS %L', repeat('a word about it ', 100000)); END $$;
		SELECT lo_unlink(oid) FROM pg_largeobject_metadata -- they cannot be restored in place`)
	w.old = w.contents(t, w.db)
	d, err := w.system.Verify(t.Context(), w.dump(t, w.db+"-20260106_025500.tar", "-Ft"))
	if err != nil {
		t.Fatal(err)
	}
	cp := w.loaded(t, d)
	w.sql(t, w.db, `DELETE FROM execution_entity`)
	cp.Scratch, cp.Before = "", ""
	if err := w.system.Overwrite(t.Context(), cp, nil); err != nil {
		t.Fatal(err)
	}
	if got := w.contents(t, w.db); got != w.old {
		t.Errorf("restored in place: %s", differ(w.old, got))
	}
}

// What does not fit is refused while planning, in words that say what to do.
func TestRefused(t *testing.T) {
	w, other := newWorld(t, shared(t)), newWorld(t, shared(t))
	before := w.contents(t, w.db)
	custom := w.read(t, w.first(t).Path)
	newer := slices.Concat(custom[:6], []byte{16}, custom[7:11], []byte{1}, custom[16:]) // as PostgreSQL 18 begins it
	flipped := bytes.Clone(custom)
	for i := len(flipped) / 2; i < len(flipped)/2+64; i++ {
		flipped[i] ^= 0x55
	}
	plain := string(w.read(t, w.dump(t, "plain.sql")))
	foreign := string(w.read(t, other.dump(t, "plain.sql")))
	strange := "CREATE TABLE public.something (a int);\n-- PostgreSQL database dump complete\n"
	d := w.desk(t)
	for _, c := range []struct {
		name, file, want string
		dump             []byte
	}{
		{"empty", "empty.dump", "is empty: 0 bytes", nil},
		{"of another database", "other.dump", "is a dump of " + other.db + ", not of", w.read(t, other.first(t).Path)},
		{"plain, of other tables", "tables.sql", "has none of the 6 tables", []byte(strange)},
		{"plain, to roles that are not here", "roles.sql", "to roles that are not here", []byte(strings.ReplaceAll(foreign, other.db, "gone"))},
		{"newer", "newer.dump", "newer pg_dump (archive format 1.16, of a server 15.18)", newer},
		{"damaged", "damaged.dump", "does not read back whole", flipped},
		{"a command in it", "command.sql", "commands psql itself", []byte(strings.Replace(plain, "SET row_security", "\\connect postgres\nSET row_security", 1))},
		{"made with --create", "create.sql", "not only about one database", w.read(t, w.dump(t, "create.sql", "--create"))},
		{"no dump", "photo.dump", "is no dump of PostgreSQL", []byte("\x89PNG\r\n\x1a\n\x00\x00")},
		{"xz", "dump.sql.xz", "xz or lz4", []byte("\xfd7zXZ\x00\x00\x00")},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := w.db + "-" + c.file
			w.write(t, name, c.dump)
			_, r, err := d.ask("postgres.restore database=" + w.db + " dump=" + name)
			if err == nil {
				t.Fatalf("it is planned: %s", told(*r))
			}
			if ops.KindOf(err) != ops.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want «%s»", err, c.want)
			}
		})
	}
	for _, c := range []struct{ ask, kind, want string }{
		{"database=postgres", "invalid", "belongs to the server"},
		{"database=nothing_of_the_kind", "not-found", "no database"},
		{"database=" + w.db, "invalid", "from which dump? The newest is from"},
		{"database=" + w.db + " dump=nothing", "not-found", "There is no dump nothing"},
	} {
		if _, _, err := d.ask("postgres.restore " + c.ask); string(ops.KindOf(err)) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s «%s»", c.ask, err, c.kind, c.want)
		}
	}
	w.sql(t, "postgres", `ALTER DATABASE "`+w.db+`" ALLOW_CONNECTIONS false`)
	if _, _, err := d.ask("postgres.restore database=" + w.db); !strings.Contains(err.Error(), "takes no connections") {
		t.Errorf("closed: %v", err)
	}
	w.sql(t, "postgres", `ALTER DATABASE "`+w.db+`" ALLOW_CONNECTIONS true`)
	if got := w.contents(t, w.db); got != before {
		t.Errorf("the live database changed: %s", differ(before, got))
	}
}

// Where the password is wrong or missing it is said, and never shown.
func TestPassword(t *testing.T) {
	w := newWorld(t, shared(t))
	for _, p := range []postgres.Secret{nil, secret("wrong-but-long-enough")} {
		o := w.options()
		o.Password = p
		_, err := postgres.New(o).About(t.Context())
		if ops.KindOf(err) != ops.Unavailable || !strings.Contains(err.Error(), "refuses my password") || strings.Contains(err.Error(), "wrong-but") {
			t.Errorf("%v", err)
		}
	}
}
