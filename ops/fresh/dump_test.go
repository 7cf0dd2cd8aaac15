package fresh

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigie/data/datatest"
	"vigie/ops"
)

func dumped(b []byte) ops.Text { return checkDump(bufio.NewReader(bytes.NewReader(b)), int64(len(b))) }

const shop = `
create table items (id int primary key, name text);
insert into items select i, 'item ' || i from generate_series(1, 60) i;
create table empty_one (id int);
create view dear as select * from items where id > 100;
comment on table items is 'what is sold';
select lo_from_bytea(0, 'large'), lo_from_bytea(0, repeat('x', 2000)::bytea)`

// A dump of a real server is whole as it is, and broken wherever it is cut off.
func TestRealDumps(t *testing.T) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(found) == 0 {
		t.Fatal("no pg_dump: install the Debian package postgresql")
	}
	dsn := datatest.Postgres(t).DSN
	bin := found[len(found)-1]
	if out, err := exec.Command(filepath.Join(filepath.Dir(bin), "psql"), "-q", "-d", dsn, "-c", shop).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, how := range []string{"", "-Z0", "-Z9", "--schema-only", "--data-only", "--exclude-table=items", "--exclude-table-data=items", "--no-blobs", "--section=pre-data", "-C"} {
		t.Run(how, func(t *testing.T) {
			args := append([]string{"-Fc", "-d", dsn}, strings.Fields(how)...)
			piped, err := exec.Command(bin, args...).Output()
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "shop.dump")
			if out, err := exec.Command(bin, append(args, "-f", file)...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			written, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			cutAnywhere(t, "piped", piped, dumped)
			cutAnywhere(t, "written", written, dumped)
			if why := dumped(append(written, "more"...)); why.IsZero() {
				t.Error("what follows after its end is not seen")
			}
		})
	}
}

// Dumps of the versions that are not installed here, made by pg_dump 16 and 18 of a shop like the one above.
func TestNewerDumps(t *testing.T) {
	files, err := filepath.Glob("testdata/*.dump")
	if err != nil || len(files) < 3 {
		t.Fatalf("%v: %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if why := dumped(b); !why.IsZero() {
			t.Errorf("%s: %s", f, why.En)
		}
		lost := 0
		for n := range b {
			if dumped(b[:n]).IsZero() {
				lost++
			}
		}
		if want := strings.Count(f, "redirected"); lost != want { // cut right before the second table of contents, nothing is lost
			t.Errorf("%s: cut off at %d places it looks whole, want %d", f, lost, want)
		}
		b[6] = 99 // a version to come
		if why := dumped(b); !why.IsZero() {
			t.Errorf("%s as a later version: %s", f, why.En)
		}
		if why := dumped(b[:len(b)-2000]); why.IsZero() {
			t.Errorf("%s as a later version, cut off, looks whole", f)
		}
	}
}

func cutAnywhere(t *testing.T, what string, b []byte, check func([]byte) ops.Text) {
	t.Helper()
	if why := check(b); !why.IsZero() {
		t.Errorf("%s: %s", what, why.En)
	}
	for n := range b {
		if check(b[:n]).IsZero() {
			t.Errorf("%s: cut off at %d of %d bytes it looks whole", what, n, len(b))
		}
	}
}

// FuzzDump: whatever a file holds, the check ends, and says yes to nothing that does not begin like a dump.
func FuzzDump(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.dump")
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:200])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if why := dumped(b); why.IsZero() && !bytes.HasPrefix(b, []byte(dumpMagic)) {
			t.Errorf("%q is taken for a dump", b)
		}
	})
}
