package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

// Whatever the file holds, loading never panics; a mistake is told in both languages and at a place that exists; and
// what loads, loads the same again once it is written down.
func FuzzLoad(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			if file.Name == "vigie.toml" {
				f.Add(string(file.Data))
			}
		}
	}
	f.Add(minimal)
	f.Add(whole)
	f.Add(strings.Join(uncommented(example(f)), "\n"))
	files := map[string]string{"telegram.token": token, "a.yml": ""}
	for i := 0; i < len(wholeFiles); i += 2 {
		files[wholeFiles[i]] = wholeFiles[i+1]
	}
	dir := write(f, files)
	f.Fuzz(func(t *testing.T, src string) {
		path := filepath.Join(dir, "vigie.toml")
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		e := env(EnvToken, token)
		c, err := Load(path, e)
		if err != nil {
			soundProblems(t, err, src)
			return
		}
		first, err := c.TOML()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, first, 0o600); err != nil {
			t.Fatal(err)
		}
		again, err := Load(path, e)
		if err != nil {
			t.Fatalf("%q loads; what it means does not:\n%s\n%v", src, first, err)
		}
		second, err := again.TOML()
		if err != nil || string(second) != string(first) {
			t.Fatalf("%q: %v\n%s\nbecomes\n%s", src, err, first, second)
		}
	})
}

func soundProblems(t *testing.T, err error, src string) {
	t.Helper()
	ps, ok := err.(Problems)
	if !ok || len(ps) == 0 {
		t.Fatalf("%q: the error is %T %v", src, err, err)
	}
	for _, p := range ps {
		if p.Line < 0 || p.Line > strings.Count(src, "\n")+1 || p.Line > 0 && p.Col < 1 || p.Say.En == "" || p.Say.Fr == "" {
			t.Fatalf("%q: %+v", src, p)
		}
		for _, l := range []ops.Lang{ops.English, ops.French} {
			if s := p.In(l); !utf8.ValidString(s) || strings.ContainsAny(s, "\n\r\x1b\x02\x03") || strings.Contains(s, "%!") {
				t.Fatalf("%q says %q", src, s)
			}
		}
	}
}
