package guard

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops/comfyui"
	"vigie/ops/ssh"
)

var some = Rules{Figures: true, Docker: "read", Units: map[string][]string{"caddy.service": {"status"}, "n8n.service": {"status", "restart"}},
	Commands: []Command{{Argv: []string{"/bin/echo", "it's", "a b"}}}}

func quoted(t testing.TB, argv ...string) string {
	t.Helper()
	line, err := ssh.Quote(argv)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

func TestOnlyWhatIsListed(t *testing.T) {
	for _, c := range []struct {
		line string
		code int
	}{
		{"", ExitUse}, {"sh", ExitRefused}, {"/bin/echo it's", ExitGarbled}, {"/bin/echo hello", ExitRefused},
		{quoted(t, "/bin/echo", "it's", "a b"), 0}, {quoted(t, "/bin/echo", "it's", "a b", "c"), ExitRefused},
		{quoted(t, ssh.KernelArgv...), 0}, {"grep '' /etc/shadow", ExitRefused}, {quoted(t, ssh.DiskArgv(false, []string{"/"})...), 0},
		{"df -Pk -- /../etc", ExitRefused}, {"df -Pk -- --output", ExitRefused}, {"df -Pk --", ExitRefused},
		{"systemctl restart -- caddy.service", ExitRefused}, {"systemctl restart n8n.service", ExitRefused}, {"systemctl stop -- n8n.service", ExitRefused},
		{"docker ps", ExitRefused}, {"docker -H tcp://evil:2375 system dial-stdio", ExitRefused},
		{"df -Pk -- /; reboot", ExitGarbled}, {"df -Pk -- $(reboot)", ExitGarbled}, {"df -Pk -- `reboot`", ExitGarbled}, {"df -Pk -- /\nreboot", ExitGarbled},
		{"df -Pk -- / > /etc/passwd", ExitGarbled}, {`df "-Pk"`, ExitGarbled}, {"df -Pk -- /*", ExitGarbled}, {"df\t-Pk", ExitGarbled}, {"LD_PRELOAD=x df", ExitGarbled},
		{strings.Repeat("a", longest+1), ExitGarbled},
	} {
		var out, errs bytes.Buffer
		var log []string
		code := some.Run(t.Context(), Call{Command: c.line, In: strings.NewReader(""), Out: &out, Err: &errs, Log: func(refused bool, what string) {
			if refused {
				log = append(log, what)
			}
		}})
		refusal := code >= ExitUse
		if code != c.code || refused(log) != refusal || refusal && (out.Len() > 0 || errs.Len() == 0) {
			t.Errorf("%.60q: code %d, want %d; out %.60q, err %q, log %q", c.line, code, c.code, out.String(), errs.String(), log)
		}
	}
}

func refused(log []string) bool { return len(log) == 1 }

func TestNothingIsAllowedByDefault(t *testing.T) {
	for _, argv := range [][]string{ssh.KernelArgv, ssh.DiskArgv(true, []string{"/"}), ssh.UnitStatusArgv("a.service"), ssh.UnitRestartArgv("a.service"), ssh.UnitStatusArgv(""), {"docker", "system", "dial-stdio"}} {
		if code := (Rules{}).Run(t.Context(), Call{Command: quoted(t, argv...), In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}); code != ExitRefused {
			t.Errorf("%q ends with %d", argv, code)
		}
	}
}

// TestCheckpoints: the file allows one folder, some hosts and some names; without it nothing of the kind is allowed.
func TestCheckpoints(t *testing.T) {
	dir := t.TempDir()
	rules := Rules{Checkpoints: comfyui.Allowance{Dir: dir, Hosts: []string{"huggingface.co"}, Names: []string{"dusk.safetensors"}}}
	for _, c := range []struct {
		rules Rules
		argv  []string
		code  int
	}{
		{rules, []string{"df", "-Pk", "--", dir}, 0}, {Rules{}, []string{"df", "-Pk", "--", dir}, ExitRefused}, {rules, []string{"df", "-Pk", "--", "/"}, ExitRefused},
		{rules, []string{"flock", "-w", "15", "-E", "75", dir + "/dusk.safetensors", "rm", "-f", "--", dir + "/dusk.safetensors"}, 0},
		{rules, []string{"flock", "-w", "15", "-E", "75", dir + "/dawn.safetensors", "rm", "-f", "--", dir + "/dawn.safetensors"}, ExitRefused},
		{rules, []string{"flock", "-w", "15", "-E", "75", dir + "/dusk.safetensors", "rm", "-f", "--", "/etc/passwd"}, ExitRefused},
		{rules, []string{"rm", "-f", "--", dir + "/dusk.safetensors"}, ExitRefused},
		{rules, []string{"curl", "https://huggingface.co/"}, ExitRefused},
	} {
		if code := c.rules.Run(t.Context(), Call{Command: quoted(t, c.argv...), In: strings.NewReader(""), Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}); code != c.code {
			t.Errorf("%q ends with %d, want %d", c.argv, code, c.code)
		}
	}
	for _, f := range []string{"[checkpoints]\ndir = \"/x\"\n", "[checkpoints]\ndir = \"x\"\nhosts = [\"a.example\"]\nnames = [\"a.safetensors\"]\n",
		"[checkpoints]\ndir = \"/x\"\nhosts = [\"https://a\"]\nnames = [\"a.safetensors\"]\n", "[checkpoints]\ndir = \"/x\"\nhosts = [\"a.example\"]\nnames = [\"../a\"]\n"} {
		path := filepath.Join(t.TempDir(), "guard.toml")
		if err := os.WriteFile(path, []byte(f), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Load(path); err == nil {
			t.Errorf("%q is taken", f)
		}
	}
}

func TestUnitsByVerb(t *testing.T) {
	for _, c := range []struct {
		argv []string
		want bool
	}{
		{ssh.UnitStatusArgv("caddy.service"), true}, {ssh.UnitRestartArgv("caddy.service"), false}, {ssh.UnitRestartArgv("n8n.service"), true},
		{ssh.UnitStatusArgv("ssh.service"), false}, {append(ssh.UnitRestartArgv("n8n.service"), "n8n.service"), false},
	} {
		if got := some.allows(c.argv); got != c.want {
			t.Errorf("%q: %v", c.argv, got)
		}
	}
}

// A Compose project is let through by verb: with its own files, its own name, its own engine, and nothing added.
func TestComposeByVerb(t *testing.T) {
	p := ssh.Compose{Docker: "/run/docker.sock", Project: "creative", Dir: "/opt/studio", Files: []string{"/opt/studio/compose.yml"}}
	r := Rules{Compose: []Compose{{Compose: p, Verbs: []string{"version", "config", "up"}}}}
	for _, c := range []struct {
		verb string
		of   func(*ssh.Compose)
		more []string
		want bool
	}{
		{"version", nil, nil, true}, {"config", nil, nil, true}, {"up", nil, nil, true}, {"recreate", nil, nil, false}, {"stop", nil, nil, false}, {"build", nil, nil, false},
		{"up", nil, []string{"--remove-orphans"}, false}, {"up", nil, []string{"-v"}, false},
		{"up", func(p *ssh.Compose) { p.Files = []string{"/tmp/evil.yml"} }, nil, false}, {"up", func(p *ssh.Compose) { p.Files = append(p.Files, "/tmp/evil.yml") }, nil, false},
		{"up", func(p *ssh.Compose) { p.Project = "javisi" }, nil, false}, {"up", func(p *ssh.Compose) { p.Docker = "/run/other.sock" }, nil, false},
		{"up", func(p *ssh.Compose) { p.Dir = "/opt" }, nil, false},
	} {
		asked := p
		if c.of != nil {
			c.of(&asked)
		}
		var services []string
		if c.verb != "version" && c.verb != "config" {
			services = []string{"comfyui"}
		}
		argv, err := asked.Argv(c.verb, services)
		if err != nil {
			t.Fatal(err)
		}
		if verb, ok := r.composes(append(argv, c.more...)); ok != c.want {
			t.Errorf("%s %+v %q: %q, %v", c.verb, asked, c.more, verb, ok)
		}
	}
}

func TestQuestionsThatOnlyLook(t *testing.T) {
	for _, path := range []string{"/_ping", "/v1.41/containers/json", "/v1.41/containers/javisi_n8n/json", "/containers/a/logs", "/events", "/v1.41/images/a/b:c/json", "/system/df"} {
		if !Looks("GET", path) || Looks("POST", path) || Looks("DELETE", path) {
			t.Errorf("%s", path)
		}
	}
	for _, path := range []string{"/", "/v1.41/containers/a/archive", "/containers/a/export", "/images/a/get", "/images/get", "/containers/a/attach/ws", "/secrets", "/swarm/unlockkey",
		"/containers/../images/a/json/x", "/images/../containers/a/archive/../../json", "/containers/a/json/", "//containers/json", "/containers/%2e%2e/json", "/v1.41/exec/a/json"} {
		if Looks("GET", path) {
			t.Errorf("%s is let through", path)
		}
	}
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "guard.toml")
	write := func(text string, mode os.FileMode) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("figures = true\ndocker = \"read\"\nlog = \"/var/log/guard\"\n[units]\n\"n8n.service\" = [\"status\"]\n[[command]]\nargv = [\"/bin/true\"]\n", 0o644)
	if r, log, err := Load(path); err != nil || !r.Figures || r.Docker != "read" || log != "/var/log/guard" || len(r.Units) != 1 || len(r.Commands) != 1 {
		t.Errorf("got %+v, %q, %v", r, log, err)
	}
	write("figures = true", 0o666)
	if _, _, err := Load(path); err == nil || !strings.Contains(err.Error(), "chmod") {
		t.Errorf("a file that everybody may write to: %v", err)
	}
	for _, text := range []string{"figure = true", `docker = "all"`, `docker_socket = "run"`, "[units]\n\"-a\" = [\"status\"]", "[units]\n\"a.service\" = [\"stop\"]", "[[command]]\nargv = [\"sh\"]", "[[compose]]\nproject = \"a\"\ndir = \"/a\"\nfiles = [\"/a/b\"]", "[[compose]]\nproject = \"a\"\ndir = \"/a\"\nfiles = [\"/a/b\"]\nverbs = [\"down\"]",
		"[[compose]]\nproject = \"a\"\ndir = \"a\"\nfiles = [\"/a/b\"]\nverbs = [\"up\"]", "[[compose]]\nproject = \"a\"\ndir = \"/a\"\nverbs = [\"up\"]", "[[command]]\nargv = []"} {
		write(text, 0o600)
		if _, _, err := Load(path); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// FuzzAllows: what is let through is on the list, however it was written.
func FuzzAllows(f *testing.F) {
	f.Add("docker system dial-stdio")
	f.Add("grep '' /etc/shadow")
	f.Add(`df -Pk -- '/a'\''b'`)
	f.Fuzz(func(t *testing.T, line string) {
		argv, err := ssh.Split(line)
		if err != nil || !some.allows(argv) {
			return
		}
		known := quoted(t, argv...)
		again, err := ssh.Split(known)
		if err != nil || !some.allows(again) {
			t.Fatalf("%q is allowed, its own notation %q is not", line, known)
		}
		switch argv[0] {
		case "grep", "df", "systemctl", "/bin/echo":
		default:
			t.Fatalf("%q is allowed", argv)
		}
	})
}
