package commands

import (
	"maps"
	"strings"
	"testing"

	"vigie/ops"
)

func TestTap(t *testing.T) {
	for _, c := range []struct {
		button ops.Button
		data   string
		fits   bool
	}{
		{ops.Button{Data: "r:4f2a:yes"}, "r:4f2a:yes", true},
		{ops.AskFor(ops.Raw("↻"), "docker.status"), "a:docker.status", true},
		{ops.AskFor(ops.Raw("Logs"), "docker.logs", "service", "n8n", "lines", "200"), "a:docker.logs?lines=200&service=n8n", true},
		{ops.AskFor(ops.Raw("x"), "docker.logs", "find", "a=b&c?100%\n"), "a:docker.logs?find=a%3Db%26c%3F100%25%0A", true},
		{ops.AskFor(ops.Raw("x"), "docker.logs", "find", "échec\xff"), "a:docker.logs?find=échec%FF", true},
		{ops.AskFor(ops.Raw("x"), "docker.logs", "find", ""), "a:docker.logs?find=", true},
		{ops.AskFor(ops.Raw("x"), "docker.logs", "find", strings.Repeat("x", 60)), "a:docker.logs?find=" + strings.Repeat("x", 60), false},
		{ops.Button{}, "", false},
		{ops.Button{Data: strings.Repeat("x", 65)}, strings.Repeat("x", 65), false},
	} {
		data, fits := EncodeTap(c.button)
		if data != c.data || fits != c.fits {
			t.Errorf("%+v: got %q, fits %t; want %q, fits %t", c.button, data, fits, c.data, c.fits)
		}
		if data == "" {
			continue
		}
		ask, rest, err := DecodeTap(data)
		if err != nil {
			t.Errorf("%q does not decode: %v", data, err)
		} else if c.button.Ask == nil && rest != c.data || c.button.Ask != nil && !same(*ask, *c.button.Ask) {
			t.Errorf("%q decodes to %+v, %q", data, ask, rest)
		}
	}
}

// TestTapsOfOthers: what we did not make is not read, in particular two spellings of one ask.
func TestTapsOfOthers(t *testing.T) {
	for _, data := range []string{
		"", "\xff", "a:", "a:?", "a:?x=1", "a:op?", "a:op?x", "a:op?b=1&a=2", "a:op?a=1&a=2", "a:op?a=%6E",
		"a:op?a=%3d", "a:op?a=%", "a:op?a=%zz", "a:op?a=\x00", "a:op?a=\xff", "a:op?a=1&", "a:op?a=b=c", "a:op?a=%00%0",
	} {
		if ask, rest, err := DecodeTap(data); err == nil {
			t.Errorf("%q is read as %+v, %q", data, ask, rest)
		}
	}
}

func same(a, b ops.Ask) bool { return a.Op == b.Op && maps.Equal(a.Args, b.Args) }

func FuzzTap(f *testing.F) {
	f.Add("docker.logs", "service", "n8n", "a:docker.logs?lines=200&service=n8n")
	f.Add("a", "%", "\x80é\x02", "a:x?%=")
	f.Fuzz(func(t *testing.T, op, name, value, foreign string) {
		ask := ops.Ask{Op: op, Args: ops.Args{name: value, "x" + name: value}}
		data, _ := EncodeTap(ops.Button{Ask: &ask})
		if got, _, err := DecodeTap(data); op != "" && (err != nil || !same(*got, ask)) {
			t.Errorf("%+v became %q and then %+v, %v", ask, data, got, err)
		}
		got, rest, err := DecodeTap(foreign)
		if err != nil {
			return
		}
		again, _ := EncodeTap(ops.Button{Ask: got, Data: rest})
		if again != foreign {
			t.Errorf("%q was read, and written as %q", foreign, again)
		}
	})
}
