package ssh

import (
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

var creative = Compose{Project: "creative", Dir: "/opt/workstation/comfyui", Files: []string{"/opt/workstation/comfyui/docker-compose-creative.yml"}}

// Every verb is read back as itself, and none can say what removes volumes, orphans or images.
func TestComposeArgv(t *testing.T) {
	for verb, v := range verbs {
		services := []string{"comfyui", "remotion"}
		if !v.services {
			services = nil
		}
		argv, err := creative.Argv(verb, services)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := creative.Reads(argv); !ok || got != verb {
			t.Errorf("%q is read as %q", argv, got)
		}
		for _, word := range argv {
			if _, never := ops.Forbidden(word); never || word == "down" || word == "rm" {
				t.Errorf("%s says %s", verb, word)
			}
		}
		if !slices.Contains(argv, "unix:///var/run/docker.sock") || !slices.Contains(argv, "COMPOSE_REMOVE_ORPHANS=false") || ComposeLimit(verb) <= 0 {
			t.Errorf("%q leaves to the machine what it does to which engine", argv)
		}
		other := creative
		other.Project = "javisi"
		for _, bad := range [][]string{append(slices.Clone(argv), "-v"), append(slices.Clone(argv), "--remove-orphans"), argv[2:],
			slices.Insert(slices.Clone(argv), 4, "--volumes")} {
			if got, ok := creative.Reads(bad); ok {
				t.Errorf("%q is read as %s", bad, got)
			}
		}
		if got, ok := other.Reads(argv); ok {
			t.Errorf("another project takes it for its %s", got)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	for _, c := range []struct {
		change   func(*Compose)
		verb     string
		services []string
	}{
		{nil, "down", nil}, {nil, "rm", []string{"comfyui"}}, {nil, "up", nil}, {nil, "config", []string{"comfyui"}},
		{nil, "up", []string{"--force-recreate"}}, {nil, "build", []string{"a b"}}, {nil, "stop", []string{""}}, {nil, "", nil},
		{func(c *Compose) { c.Project = "-p" }, "version", nil}, {func(c *Compose) { c.Files = nil }, "version", nil},
		{func(c *Compose) { c.Files = []string{"a.yml"} }, "version", nil}, {func(c *Compose) { c.Dir = "/opt/../etc" }, "version", nil},
	} {
		p := creative
		if c.change != nil {
			c.change(&p)
		}
		if argv, err := p.Argv(c.verb, c.services); err == nil {
			t.Errorf("%+v %s %q: %q", p, c.verb, c.services, argv)
		}
	}
}

// FuzzComposeReads: what is read as a verb is to the letter what we would write.
func FuzzComposeReads(f *testing.F) {
	argv, _ := creative.Argv("up", []string{"comfyui"})
	f.Add(strings.Join(argv, "\n"))
	f.Add(strings.Join(append(argv, "-v"), "\n"))
	f.Fuzz(func(t *testing.T, text string) {
		argv := strings.Split(text, "\n")
		verb, ok := creative.Reads(argv)
		if !ok {
			return
		}
		var services []string
		if verbs[verb].services {
			services = argv[slices.Index(argv, "--")+1:]
		}
		if again, err := creative.Argv(verb, services); err != nil || !slices.Equal(again, argv) {
			t.Fatalf("%q is read as %s", argv, verb)
		}
	})
}
