package redis

import (
	"slices"
	"testing"
)

func TestManifests(t *testing.T) {
	for text, want := range map[string][]part{
		"": nil,
		"file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n": {{"appendonly.aof.2.base.rdb", 2}, {"appendonly.aof.2.incr.aof", 2}},
		"# a comment\nfile a seq 1 type h\nfile b seq 9 type i startoffset 12\n":                     {{"a", 1}, {"b", 9}},
	} {
		if got, err := parseManifest(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"x", "file a seq one type b", "file a type b", "file ../a seq 1 type b", `file "a b" seq 1 type b`, "file a seq 1 type bi", "seq 1 type b", "file a seq 0 type b"} {
		if got, err := parseManifest(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzManifest(f *testing.F) {
	f.Add("file appendonly.aof.2.base.rdb seq 2 type b\n")
	f.Fuzz(func(t *testing.T, text string) {
		parts, err := parseManifest(text)
		for _, p := range parts {
			if err == nil && (p.name == "" || p.seq < 1) {
				t.Errorf("%q holds %+v", text, p)
			}
		}
	})
}
