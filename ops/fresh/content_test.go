package fresh

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func unpacked(b []byte) ops.Text {
	return checkGzip(bufio.NewReader(bytes.NewReader(b)), int64(len(b)))
}
func snapped(b []byte) ops.Text { return checkRDB(bufio.NewReader(bytes.NewReader(b)), int64(len(b))) }
func parsed(s string) ops.Text {
	return checkJSON(bufio.NewReader(strings.NewReader(s)), int64(len(s)))
}

func gzipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, p := range parts {
		z := gzip.NewWriter(&b)
		z.Name = "dump.sql"
		if _, err := z.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestGzip(t *testing.T) {
	real := exec.Command("gzip", "-9")
	real.Stdin = strings.NewReader(strings.Repeat("CREATE TABLE x (id int);\n", 400))
	made, err := real.Output()
	if err != nil {
		t.Fatal(err)
	}
	cutAnywhere(t, "gzip -9", made, unpacked)
	cutAnywhere(t, "ours", gzipped(t, "some text"), unpacked)
	for i := range made {
		bad := bytes.Clone(made)
		bad[i] ^= 0x01
		if i > 9 && unpacked(bad).IsZero() { // the ten bytes of the header hold a time and a system, which nothing checks
			t.Errorf("byte %d of %d can change unseen", i, len(made))
		}
	}
	for want, b := range map[string][]byte{
		"":               gzipped(t, "one", "two"),
		"nothing inside": gzipped(t, ""),
		"not begin like": []byte("-- PostgreSQL database dump, never packed"),
		"follows after":  append(gzipped(t, "one"), "more than a header's ten bytes"...),
		"it is cut off":  nil,
		"check sum":      append(gzipped(t, "one")[:len(gzipped(t, "one"))-8], 1, 2, 3, 4, 3, 0, 0, 0),
	} {
		if why := unpacked(b); !strings.Contains(why.En, want) || want == "" && !why.IsZero() {
			t.Errorf("%q: %q", want, why.En)
		}
	}
}

// rdb is a snapshot by a real Redis.
func rdb(t testing.TB, setting ...string) []byte {
	t.Helper()
	dir := t.TempDir()
	args := append([]string{"--port", "0", "--unixsocket", filepath.Join(dir, "s"), "--dir", dir, "--dbfilename", "dump.rdb", "--save", ""}, setting...)
	server := exec.Command("redis-server", args...)
	if err := server.Start(); err != nil {
		t.Fatalf("%v: install the Debian package redis-server", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }() // waited for below
	say := func(words ...string) error {
		return exec.Command("redis-cli", append([]string{"-s", filepath.Join(dir, "s")}, words...)...).Run()
	}
	for deadline := time.Now().Add(20 * time.Second); say("set", "greeting", strings.Repeat("hello ", 300)) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
		<-time.After(20 * time.Millisecond)
	}
	for _, words := range []string{"rpush list a b c", "hset h f 1 g 2", "zadd z 1 one 2 two", "set n 12345 EX 1000", "save"} {
		if err := say(strings.Fields(words)...); err != nil {
			t.Fatalf("%s: %v", words, err)
		}
	}
	_ = say("shutdown", "nosave") // it closes the connection instead of answering
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRealRDB(t *testing.T) {
	b := rdb(t)
	cutAnywhere(t, "a snapshot", b, snapped)
	for i := range b {
		bad := bytes.Clone(b)
		bad[i] ^= 0x01
		if snapped(bad).IsZero() {
			t.Errorf("byte %d of %d can change unseen", i, len(b))
		}
	}
	if why := snapped(append(b, 0)); why.IsZero() {
		t.Error("a byte too many is not seen")
	}
	unsummed := rdb(t, "--rdbchecksum", "no")
	if binary.LittleEndian.Uint64(unsummed[len(unsummed)-8:]) != 0 {
		t.Fatal("redis wrote a check sum all the same")
	}
	cutAnywhere(t, "a snapshot without a check sum", unsummed, snapped)
	for want, b := range map[string]string{
		"not begin like": "PGDMP and more than nine bytes", "cut off": "REDI", "it does not begin": "REDIS00zz and so on",
	} {
		if why := snapped([]byte(b)); !strings.Contains(why.En, want) {
			t.Errorf("%q: %q", b, why.En)
		}
	}
	if why := snapped([]byte("REDIS0003\xfe\x00\xff")); !why.IsZero() {
		t.Errorf("an old snapshot, which has no check sum: %s", why.En)
	}
}

func TestJSON(t *testing.T) {
	for s, want := range map[string]string{
		`[{"id":1,"nodes":[]}]`: "", ` {"a":null} ` + "\n": "", `0`: "", `false`: "", `"x"`: "", `[[]]`: "", `1e999`: "",
		`[]`: "nothing inside", ` { } `: "nothing inside", `null`: "nothing inside", `""`: "nothing inside",
		``: "cut off", `[{"id":1}`: "cut off", `{"a"`: "cut off", `"ab`: "cut off", `tru`: "cut off", ` `: "cut off",
		`[1,]`: "no JSON", `{"a" 1}`: "no JSON", `Error: no`: "no JSON", `[1 2]`: "no JSON", `{1:2}`: "no JSON", `]`: "no JSON",
		`[1] [2]`: "follows", `{} x`: "no JSON",
	} {
		if why := parsed(s); !strings.Contains(why.En, want) || want == "" && !why.IsZero() {
			t.Errorf("%s: %q, want %q", s, why.En, want)
		}
	}
	whole := `[{"name":"a b","n":-1.5e3,"t":true,"u":"\u00e9"},[1,2,{}]]`
	for n := range whole {
		if parsed(whole[:n]).IsZero() {
			t.Errorf("%s looks whole", whole[:n])
		}
	}
}

// FuzzChecks: whatever a file holds, each check ends; and what one takes for whole is broken without its last byte.
func FuzzChecks(f *testing.F) {
	f.Add(gzipped(f, "some text"))
	f.Add(gzipped(f, "a", "b"))
	f.Add(rdb(f))
	f.Add([]byte("REDIS0003\xff"))
	f.Add([]byte(`[{"a":1}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if parsed(string(b)).IsZero() && len(bytes.TrimSpace(b)) == 0 {
			t.Errorf("%q is taken for JSON", b)
		}
		if unpacked(b).IsZero() && unpacked(b[:len(b)-1]).IsZero() {
			t.Errorf("%q is whole with and without its last byte", b)
		}
		if snapped(b).IsZero() && !bytes.HasPrefix(b, []byte("REDIS")) {
			t.Errorf("%q is taken for a snapshot", b)
		}
	})
}

// BenchmarkReading shows what a look inside costs, a megabyte at a time.
func BenchmarkReading(b *testing.B) {
	noise := make([]byte, 8<<20)
	if _, err := rand.NewChaCha8([32]byte{}).Read(noise); err != nil {
		b.Fatal(err)
	}
	text := []byte(base64.StdEncoding.EncodeToString(noise)) // packs by a quarter, as few things do
	z := gzipped(b, string(text))
	sized := append(append([]byte("REDIS0011"), noise...), 0xff, 0, 0, 0, 0, 0, 0, 0, 0)
	for name, run := range map[string]func() int{
		"gzip": func() int { unpacked(z); return len(z) }, "rdb": func() int { snapped(sized); return len(sized) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(int64(run()))
			}
		})
	}
}
