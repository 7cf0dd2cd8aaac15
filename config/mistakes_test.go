package config

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"vigie/ops"
)

var update = flag.Bool("update", false, "write what is said now into testdata")

// Each file of testdata is one mistake, named after it: the configuration, the files that it names (with their mode
// where it matters), the environment, and the sentences that it gives in both languages.
func TestMistakes(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no mistakes to test: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := txtar.Format(mistake(t, txtar.Parse(src)))
			if *update {
				err = os.WriteFile(path, got, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !*update && !bytes.Equal(got, src) {
				t.Errorf("got\n%s\nwant\n%s", got, src)
			}
		})
	}
}

// mistake loads what the archive holds and returns it with what was said.
func mistake(t *testing.T, a *txtar.Archive) *txtar.Archive {
	dir, pairs := t.TempDir(), []string{}
	out := &txtar.Archive{Comment: a.Comment}
	put(t, dir, "telegram.token 0600", []byte(token))
	for _, f := range a.Files {
		switch f.Name {
		case "problems", "warnings", "en français":
			continue
		case "env":
			for line := range strings.Lines(string(f.Data)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				pairs = append(pairs, name, value)
			}
		default:
			put(t, dir, f.Name, f.Data)
		}
		out.Files = append(out.Files, f)
	}
	c, err := Load(filepath.Join(dir, "vigie.toml"), env(pairs...))
	said, section := Problems(nil), "problems"
	if err == nil {
		said, section = c.Warnings, "warnings"
	} else if !errors.As(err, &said) {
		t.Fatalf("the error is of type %T", err)
	}
	if len(said) == 0 {
		t.Fatal("nothing is said against it")
	}
	for _, p := range said {
		if p.Say.En == "" || p.Say.Fr == "" || p.Say.En == p.Say.Fr {
			t.Errorf("not said in both languages: %+v", p.Say)
		}
	}
	say := func(l ops.Lang) []byte {
		return []byte(strings.ReplaceAll(strings.ReplaceAll(said.In(l), dir+"/", ""), dir, "DIR") + "\n")
	}
	out.Files = append(out.Files, txtar.File{Name: section, Data: say(ops.English)}, txtar.File{Name: "en français", Data: say(ops.French)})
	return out
}

// put writes a file that is named "ann.totp", "ann.totp 0644" or "dir/".
func put(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	name, mode, _ := strings.Cut(name, " ")
	path := filepath.Join(dir, name)
	if strings.HasSuffix(name, "/") {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	bits, err := strconv.ParseUint("0"+mode, 8, 32)
	if err != nil {
		t.Fatal(err)
	}
	if bits == 0 {
		bits = 0o600
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, os.FileMode(bits)); err != nil { // WriteFile is subject to the umask
		t.Fatal(err)
	}
}
