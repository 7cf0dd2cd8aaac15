package policies

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"vigie/ops"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "anything.at all/", true},
		{"docker.*", "docker.restart", true}, {"docker.*", "docker.", true}, {"docker.*", "dockerx.restart", false},
		{"*.restart", "docker.restart", true}, {"plane-*", "plane-api", true}, {"plane-?", "plane-api", false},
		{"?", "é", true}, {"a*b*c", "aXbYbc", true}, {"a*b*c", "aXbYb", false}, {"[a]", "a", false}, {"a.c", "abc", false},
	} {
		if got := ops.Glob(c.pattern, c.s); got != c.want {
			t.Errorf("Glob(%q, %q) = %t", c.pattern, c.s, got)
		}
	}
}

// Which command an op has is not known from its name, so that neither covers the other.
func TestCommandsAndNamesDoNotCoverEachOther(t *testing.T) {
	for _, c := range []struct {
		wide, narrow string
		want         bool
	}{{"*undo", "/undo", false}, {"/*", "vigie.undo", false}, {"/*", "/undo", true}, {"*", "/undo", true}, {"*", "*", true}, {"docker.*", "docker.up", true}} {
		if got := coversWhat([]string{c.wide}, []string{c.narrow}); got != c.want {
			t.Errorf("%s covers %s: %t", c.wide, c.narrow, got)
		}
	}
}

// A pattern made to be slow must not hold up the gate.
func TestGlobIsNotExponential(t *testing.T) {
	begin := time.Now()
	if ops.Glob(strings.Repeat("*a", 50)+"b", strings.Repeat("a", 5000)) {
		t.Error("it matches what it should not")
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

// Globbing agrees with the same pattern written as a regular expression.
func FuzzGlob(f *testing.F) {
	f.Add("docker.*", "docker.restart")
	f.Add("a*b?c*", "axxbyc")
	f.Add("**?*", "é")
	f.Add("*\xff", "\xff")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 200 || len(s) > 1000 {
			return
		}
		// Both are read as runes, so that a byte which is not UTF-8 is one unknown character.
		pattern, s = string([]rune(pattern)), string([]rune(s))
		expr := strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(regexp.QuoteMeta(pattern))
		if want := regexp.MustCompile(`(?s)^` + expr + `$`).MatchString(s); ops.Glob(pattern, s) != want {
			t.Errorf("Glob(%q, %q) = %t", pattern, s, !want)
		}
	})
}

// What one pattern covers, it matches: if wide covers narrow and narrow matches s, then wide matches s.
func FuzzCovers(f *testing.F) {
	f.Add("docker.*", "docker.re*", "docker.restart")
	f.Add("?", "*", "ab")
	f.Add("a*c", "a?c", "abc")
	f.Fuzz(func(t *testing.T, wide, narrow, s string) {
		if len(wide)+len(narrow) > 200 || len(s) > 1000 {
			return
		}
		if covers(wide, narrow) && ops.Glob(narrow, s) && !ops.Glob(wide, s) {
			t.Errorf("%q is said to cover %q, but does not match %q", wide, narrow, s)
		}
	})
}
