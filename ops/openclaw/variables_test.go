package openclaw

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const someVariables = `---
# models of the agents
openclaw_profile: openai # the active one
openclaw_writer_model: "litellm/claude-haiku"   # "eco" since May
openclaw_tutor_model: '{{ openclaw_profiles[openclaw_profile].tutor }}'
openclaw_artist_model:
openclaw_cfo_model: # none yet
openclaw_list:
  - a
openclaw_flat_list:
- a
openclaw_text: >
  several lines
openclaw_flow: [a, b]
openclaw_long: a
  b
openclaw_twice: a
openclaw_twice: b
openclaw_odd: 'it''s # not a comment' # but this is
  # openclaw_inner_model: x
openclaw_map: a: b
openclaw_crlf: x` + "\r\n"

func TestFind(t *testing.T) {
	for name, want := range map[string]variable{
		"openclaw_profile":      {Raw: "openai", Value: "openai", Found: true},
		"openclaw_writer_model": {Raw: `"litellm/claude-haiku"`, Value: "litellm/claude-haiku", Found: true},
		"openclaw_tutor_model":  {Raw: "'{{ openclaw_profiles[openclaw_profile].tutor }}'", Value: "{{ openclaw_profiles[openclaw_profile].tutor }}", Found: true},
		"openclaw_artist_model": {Found: true},
		"openclaw_cfo_model":    {Found: true},
		"openclaw_odd":          {Raw: "'it''s # not a comment'", Value: "it's # not a comment", Found: true},
		"openclaw_crlf":         {Raw: "x", Value: "x", Found: true},
		"openclaw_inner_model":  {},
		"openclaw_writer":       {},
	} {
		got, err := find([]byte(someVariables), name)
		got.from = 0
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, want := range map[string]error{"openclaw_list": errNotPlain, "openclaw_flat_list": errNotPlain, "openclaw_text": errNotPlain, "openclaw_flow": errNotPlain,
		"openclaw_long": errNotPlain, "openclaw_map": errNotPlain, "openclaw_twice": errTwice} {
		if v, err := find([]byte(someVariables), name); !errors.Is(err, want) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
	if _, err := find([]byte("$ANSIBLE_VAULT;1.1;AES256\n6438"), "x"); !errors.Is(err, errVault) {
		t.Error(err)
	}
}

// What is changed is one value; put back, every byte is as it was.
func TestReplace(t *testing.T) {
	for _, src := range []string{someVariables, strings.TrimSuffix(someVariables, "\r\n"), "", "# only this"} {
		for _, name := range []string{"openclaw_profile", "openclaw_writer_model", "openclaw_tutor_model", "openclaw_artist_model", "openclaw_cfo_model", "openclaw_crlf", "openclaw_new_model"} {
			was, err := find([]byte(src), name)
			if err != nil {
				t.Fatal(err)
			}
			changed, err := replace([]byte(src), name, `"litellm/glm-5"`, true)
			if err != nil {
				t.Fatal(err)
			}
			is, err := find(changed, name)
			if err != nil || is.Value != "litellm/glm-5" || strings.Count(string(changed), "#") != strings.Count(src, "#") {
				t.Errorf("%s: %+v %v in\n%s", name, is, err, changed)
			}
			back, err := replace(changed, name, was.Raw, was.Found)
			if err != nil {
				t.Fatal(err)
			}
			want := src
			if !was.Found && src != "" && !strings.HasSuffix(src, "\n") {
				want += "\n" // a line's end is added, and stays
			}
			if got := strings.ReplaceAll(string(back), ": \n", ":\n"); got != strings.ReplaceAll(want, ": \n", ":\n") {
				t.Errorf("%s is not as it was:\n%q\n%q", name, got, want)
			}
		}
	}
}

func FuzzReplace(f *testing.F) {
	f.Add(someVariables, "openclaw_writer_model")
	f.Add("a: b", "a")
	f.Add("a: 'b", "a")
	f.Fuzz(func(t *testing.T, src, name string) {
		if !word.MatchString(name) {
			return
		}
		changed, err := replace([]byte(src), name, `"litellm/glm-5"`, true)
		if err != nil {
			return
		}
		if v, err := find(changed, name); err != nil || v.Value != "litellm/glm-5" {
			t.Errorf("%q with %q becomes %q, which reads %+v, %v", src, name, changed, v, err)
		}
	})
}

// The file is replaced whole, through a link too, with its mode; what was there is kept, ten times.
func TestSaveVariables(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "main.yml"), filepath.Join(dir, "link.yml")
	if err := os.WriteFile(path, []byte("a: b\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("main.yml", link); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 26, 16, 0, 0, 0, time.UTC)
	for i := range 14 {
		f, err := readVariables(link)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.save([]byte("a: c\n"), at.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	body, err := os.ReadFile(path)
	if err != nil || string(body) != "a: c\n" {
		t.Errorf("%q %v", body, err)
	}
	info, err := os.Lstat(link)
	if err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v %v", info, err)
	}
	if info, err = os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v", info, err)
	}
	kept, err := filepath.Glob(path + ".vigie-*.bak")
	if err != nil || len(kept) != keptBackups {
		t.Errorf("%v %v", kept, err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".vigie-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
	if _, err := readVariables(dir); err == nil {
		t.Error("a directory was read")
	}
}
