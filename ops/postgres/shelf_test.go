package postgres

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestNamed(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, database, made string
		ours                 bool
	}{
		{"n8n-20260814_025501.dump", "n8n", "2026-08-14T00:55:01Z", false},
		{"plane_production-20260814_025501.dump", "plane_production", "2026-08-14T00:55:01Z", false},
		{"n8n-20260814_0255.sql.gz", "n8n", "2026-08-14T00:55:00Z", false},
		{"n8n-20260814.sql.zst", "n8n", "", false},
		{"n8n.dump", "n8n", "", false},
		{"my-shop-20260814_025501.backup", "my-shop", "2026-08-14T00:55:01Z", false},
		{"my-shop.dump", "my-shop", "", false}, // a database of that name is known
		{"other-shop.dump", "other", "", false},
		{"n8n-vigie_before_1a2b3c4d.dump", "n8n", "", true},
		{"n8n-99999999_999999.dump", "n8n", "", false},
		{"-x.dump", "-x", "", false},
	} {
		database, made, ours := named(c.file, []string{"n8n", "my-shop"}, paris)
		at := ""
		if !made.IsZero() {
			at = made.UTC().Format(time.RFC3339)
		}
		if database != c.database || at != c.made || ours != c.ours {
			t.Errorf("%s: %s %s %v, want %s %s %v", c.file, database, at, ours, c.database, c.made, c.ours)
		}
	}
}

func TestMarks(t *testing.T) {
	at := time.Date(2026, 8, 14, 2, 55, 0, 0, time.UTC)
	for _, m := range []Mark{{}, {Role: Scratch, Key: "1a2b3c4d"}, {Role: Scratch, Key: "1a2b3c4d", Loaded: true, At: at}, {Role: Kept, Key: "1a2b3c4d", At: at}} {
		if got := parseMark(m.String()); got != m {
			t.Errorf("%q reads %+v, want %+v", m, got, m)
		}
	}
}

// empty is a dump of nothing in the custom format.
func empty(minor byte, database, version string) []byte {
	number := func(n int) []byte { return []byte{0, byte(n), byte(n >> 8), 0, 0} }
	text := func(s string) []byte { return append(number(len(s)), s...) }
	b := append([]byte("PGDMP"), 1, minor, 0, 4, 8, 1)
	if minor >= 15 {
		b = append(b, 1)
	} else {
		b = append(b, 1, 1, 0, 0, 0) // minus one: the default level
	}
	for i := range 7 {
		b = append(b, number(i)...)
	}
	return bytes.Join([][]byte{b, text(database), text(version), text(version), number(0)}, nil)
}

func TestReadArchive(t *testing.T) {
	for _, c := range []struct {
		head []byte
		want header
		ok   bool
	}{
		{empty(14, "n8n", "15.18 (Debian 15.18-0+deb12u1)"), header{"1.14", "n8n", "15.18"}, true},
		{empty(16, "plane_production", "18.4"), header{"1.16", "plane_production", "18.4"}, true},
		{empty(14, "n8n", "15.18")[:20], header{}, false},
		{[]byte("PGDMP"), header{}, false},
		{[]byte(strings.Repeat("x", 50)), header{}, false},
	} {
		found, h := readCustom(bytes.NewReader(c.head))
		if ok := found.Rows != nil; ok != c.ok || ok && h != c.want {
			t.Errorf("%.12q: %+v %v, want %+v %v", c.head, h, ok, c.want, c.ok)
		}
	}
}

func FuzzReadArchive(f *testing.F) {
	f.Add(empty(14, "n8n", "15.18"))
	f.Add(empty(16, "n8n", "18.4"))
	f.Fuzz(func(t *testing.T, dump []byte) {
		found, h := readCustom(bytes.NewReader(dump))
		again, _ := readTar(bytes.NewReader(dump))
		if len(h.Database)+len(h.Version)+len(found.Tables)+len(again.Tables) > len(dump) {
			t.Errorf("%+v %+v", h, found)
		}
	})
}

func TestErrors(t *testing.T) {
	for _, c := range []struct{ said, kind, want string }{
		{"psql:<stdin>:3: ERROR:  relation \"x\" does not exist\nLINE 1: …\n", "failed", `relation "x" does not exist`},
		{"pg_restore: error: could not execute query: ERROR:  role \"bob\" does not exist\nCommand was: ALTER TABLE\n", "failed", `role "bob" does not exist`},
		{"pg_restore: error: unsupported version (1.16) in file header\n", "invalid", "newer pg_dump (archive format 1.16)"},
		{"psql: error: connection to server on socket \"/x\" failed: FATAL:  password authentication failed for user \"postgres\"\n", "unavailable", "refuses my password"},
		{"psql: error: connection to server on socket \"/x\" failed: fe_sendauth: no password supplied\n", "unavailable", "refuses my password"},
		{"psql: error: connection to server on socket \"/x\" failed: No such file or directory\n\tIs the server running", "unavailable", "does not answer"},
		{"pg_restore: error: could not execute query: ERROR:  could not extend file \"base/1/2\": No space left on device\n", "failed", "no space left"},
		{"psql: error: connection to server on socket \"/x\" failed: FATAL:  database \"n8n\" does not exist\n", "not-found", "no database n8n"},
		{"psql: error: connection to server on socket \"/x\" failed: FATAL:  database \"n8n\" is not currently accepting connections\n", "failed", "n8n takes no connections"},
		{"psql: error: connection to server on socket \"/x\" failed: FATAL:  sorry, too many clients already\n", "unavailable", "no connection left"},
		{"", "failed", "PostgreSQL says"},
	} {
		said := &tail{}
		said.Write([]byte(c.said))
		if err := failed(said); string(err.Kind) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s «%s»", c.said, err, c.kind, c.want)
		}
	}
	said := &tail{}
	said.Write(bytes.Repeat([]byte("noise\n"), 5000))
	said.Write([]byte("ERROR:  the end\n"))
	if said.last() != "the end" || len(said.b) > tailSize {
		t.Errorf("%q of %d bytes", said.last(), len(said.b))
	}
}

func TestQuoting(t *testing.T) {
	for s, want := range map[string]string{`it's`: `'it''s'`, `a\b'c`: ` E'a\\b''c'`, "a\x00b": `'ab'`} {
		if got := literal(s); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
	if got := ident(`odd "name"`); got != `"odd ""name"""` {
		t.Error(got)
	}
	if got := conninfo(`o'dd\`); got != `dbname='o\'dd\\'` {
		t.Error(got)
	}
}
