package ssh

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// FuzzQuote: a real shell, and our own reader, make of a quoted list exactly that list.
func FuzzQuote(f *testing.F) {
	for _, seed := range [][2]string{{"a", "b"}, {"it's", "$(reboot) `x` \"\\"}, {"", "\n"}, {"~", "a=b"}, {"if", "-n"}, {"'", "''"}, {"*", "{a,b}"}, {"\xff", "é"}, {"#", "!"}, {" ", "\t"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		argv := []string{"printf", `%s\0`, a, b, a + b, "end"}
		line, err := Quote(argv)
		if strings.ContainsRune(a+b, 0) {
			if err == nil {
				t.Fatal("a NUL went through")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("/bin/sh", "-c", line).Output()
		if want := strings.Join(argv[2:], "\x00") + "\x00"; err != nil || string(out) != want {
			t.Fatalf("the shell makes %q of %q, want %q (%v)", out, line, want, err)
		}
		if got, err := Split(line); err != nil || !slices.Equal(got, argv) {
			t.Fatalf("we read %q of %q (%v)", got, line, err)
		}
	})
}

// FuzzSplit: a line that we read, a shell reads the same way.
func FuzzSplit(f *testing.F) {
	for _, seed := range []string{"a b", "'a'b", `'a'\''b'`, "a  b ", "''", "a;b", "a\nb", "~", "a=b", "%1", "-", "@", "a:b", "'\n'"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		words, err := Split("printf '%s\\0' " + line + " end")
		if err != nil {
			return
		}
		out, err := exec.Command("/bin/sh", "-c", "printf '%s\\0' "+line+" end").Output()
		if want := strings.Join(words[2:], "\x00") + "\x00"; err != nil || string(out) != want {
			t.Fatalf("of %q the shell makes %q, we make %q (%v)", line, out, want, err)
		}
	})
}

func TestQuoteNothing(t *testing.T) {
	for _, argv := range [][]string{nil, {""}, {"a", "\x00"}} {
		if line, err := Quote(argv); err == nil {
			t.Errorf("%q is written as %q", argv, line)
		}
	}
}
