package comfyui

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"vigie/ops"
)

var dusk = Checkpoint{Name: "dusk.safetensors", URL: "https://huggingface.co/dusk", SHA256: strings.Repeat("0a", 32), Size: 1000}

func TestAllowedURL(t *testing.T) {
	hosts := []string{"huggingface.co", "*.hf.co", "mirror.lan:8443"}
	for address, want := range map[string]bool{
		"https://huggingface.co/a": true, "https://HuggingFace.co:443/a?b=c": true, "https://cdn-lfs.hf.co/a": true, "https://a.b.hf.co/": true, "https://mirror.lan:8443/x": true,
		"http://huggingface.co/a": false, "https://hf.co/a": false, "https://evilhf.co/a": false, "https://huggingface.co.evil.example/": false, "https://huggingface.co@evil.example/": false,
		"https://evil.example/huggingface.co": false, "https://mirror.lan/x": false, "https://huggingface.co:8443/a": false, "https://u:p@huggingface.co/a": false, "https:huggingface.co": false,
		"file:///etc/passwd": false, "https://huggingface.co/a b": false, "https://huggingface.co\n.evil.example/": false, "": false, "-o": false, "https://evil.example#@huggingface.co/": false,
		"https://evil.example\\@huggingface.co/": false,
	} {
		if got := AllowedURL(address, hosts); got != want {
			t.Errorf("%q: %v", address, got)
		}
	}
}

// The guard lets through what is asked, and nothing that looks like it.
func TestAllowance(t *testing.T) {
	const dir = "/srv/comfyui/checkpoints"
	a := Allowance{Dir: dir, Hosts: []string{"huggingface.co"}, Names: []string{dusk.Name}}
	part := dusk.part()
	legs := fetching{part, 400, 1000, true}
	good := [][]string{
		roomArgv(dir), findArgv(dir, dusk.Name), findArgv(dir, part), askArgv(dusk.URL + "?a=b"), fetchArgv(dir, dusk.URL, legs), fetchArgv(dir, dusk.URL, fetching{part, 0, 1000, false}),
		sumArgv(dir, part), sumArgv(dir, dusk.Name), placeArgv(dir, part, dusk.Name), dropArgv(dir, part), dropArgv(dir, dusk.Name), endArgv(dir, part),
	}
	for _, argv := range good {
		what, limit, ok := a.Allows(argv)
		if !ok || limit <= 0 || strings.Contains(what, "?a=b") {
			t.Errorf("%q is not allowed (%s, %v)", argv, what, limit)
		}
		if _, _, ok := (Allowance{}).Allows(argv); ok {
			t.Errorf("%q is allowed where nothing is", argv)
		}
		for i := range argv { // one word more, one less, or another one
			for _, other := range [][]string{slices.Insert(slices.Clone(argv), i, "-x"), slices.Delete(slices.Clone(argv), i, i+1), slices.Replace(slices.Clone(argv), i, i+1, argv[i]+"x")} {
				if what, _, ok := a.Allows(other); ok && !sizesApart(argv, other) {
					t.Errorf("%q is allowed as %s", other, what)
				}
			}
		}
	}
	other := strings.Replace(part, "dusk", "dawn", 1)
	for _, argv := range [][]string{
		roomArgv("/"), findArgv("/etc", dusk.Name), findArgv(dir, "../../etc/passwd"), findArgv(dir, "*"), askArgv("https://evil.example/"), askArgv("file:///etc/passwd"),
		fetchArgv(dir, "https://evil.example/x", legs), fetchArgv("/root/.ssh", dusk.URL, legs), fetchArgv(dir, dusk.URL, fetching{"authorized_keys", 0, 9, true}), fetchArgv(dir, dusk.URL, fetching{dusk.Name, 0, 9, true}),
		fetchArgv(dir, dusk.URL, fetching{other, 0, 9, true}), sumArgv(dir, "dawn.safetensors"), sumArgv("/etc", "shadow"), placeArgv(dir, part, "dawn.safetensors"), placeArgv(dir, dusk.Name, dusk.Name), placeArgv(dir, other, dusk.Name),
		dropArgv(dir, "dawn.safetensors"), dropArgv("/", dusk.Name), endArgv(dir, "sshd"), endArgv(dir, dusk.Name), {"flock", "-w", "0", "-E", "75", dir + "/" + part, "sh"}, {"rm", "-rf", dir}, {},
	} {
		if what, _, ok := a.Allows(argv); ok {
			t.Errorf("%q is allowed as %s", argv, what)
		}
	}
}

// sizesApart reports whether two lists differ only in how many bytes are there already, or in all, or in what comes after the host:
// those are not the guard's to know.
func sizesApart(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && i != len(a)-1 && (i == 0 || a[i-1] != "--max-filesize" && a[i-1] != "-C") {
			return false
		}
	}
	return true
}

func FuzzAllowance(f *testing.F) {
	a := Allowance{Dir: "/srv/c", Hosts: []string{"huggingface.co"}, Names: []string{dusk.Name}}
	for _, argv := range [][]string{fetchArgv("/srv/c", dusk.URL, fetching{dusk.part(), 1, 2, true}), dropArgv("/srv/c", dusk.Name), endArgv("/srv/c", dusk.part()), placeArgv("/srv/c", dusk.part(), dusk.Name), askArgv(dusk.URL)} {
		f.Add(strings.Join(argv, "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		argv := strings.Split(line, "\x00")
		if _, _, ok := a.Allows(argv); !ok {
			return
		}
		for _, w := range argv { // nothing outside the folder, and no other host
			if strings.HasPrefix(w, "/") && w != "/dev/null" && w != a.Dir && !strings.HasPrefix(w, a.Dir+"/") || strings.Contains(w, "..") && !strings.HasPrefix(w, "https://") {
				t.Errorf("%q", argv)
			}
			if strings.Contains(w, "://") && !AllowedURL(w, a.Hosts) {
				t.Errorf("%q", argv)
			}
		}
	})
}

func FuzzHead(f *testing.F) {
	f.Add("HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 206 \r\ncontent-range: bytes 0-0/2132625894\r\ncontent-length: 1\r\n\r\n")
	f.Add("HTTP/1.1 302 Found\r\nLocation: https://cdn-lfs.hf.co/x?a=b\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		if a, ok := readHead([]byte(raw)); ok && (a.code < 0 || a.code > 999 || a.total < -1 && !strings.Contains(raw, "-")) {
			t.Errorf("%+v", a)
		}
	})
}

func TestReadHead(t *testing.T) {
	a, ok := readHead([]byte("HTTP/1.1 200 Connection established\r\n\r\nHTTP/2 206 \r\ncontent-range: bytes 0-0/2132625894\r\n\r\n"))
	if !ok || a != (answer{code: http.StatusPartialContent, total: 2132625894, ranges: true}) {
		t.Errorf("%+v %v", a, ok)
	}
	a, ok = readHead([]byte("HTTP/1.1 302 Found\r\nLocation: https://x/y\r\nContent-Length: 5\r\n\r\n"))
	if !ok || a.location != "https://x/y" || a.total != -1 {
		t.Errorf("%+v %v", a, ok)
	}
	if _, ok := readHead([]byte("curl: (6) Could not resolve host")); ok {
		t.Error("an error is read as an answer")
	}
}

// ending is a machine on which every program ends with one code.
type ending struct {
	exit int
	said string
}

func (e ending) Run(context.Context, []string, int) ([]byte, []byte, int, error) {
	return nil, []byte(e.said), e.exit, nil
}

// What a program's end means is told with what to do.
func TestEndings(t *testing.T) {
	for _, c := range []struct {
		exit int
		said string
		want string
	}{
		{127, "sh: 1: curl: not found", "pi has no curl: install it there"},
		{71, `vigie guard: exec: "curl": executable file not found in $PATH`, "pi has no curl"},
		{77, "vigie guard: not allowed by this machine's guard file", "its own file lists folder, hosts and names"},
		{60, "curl: (60) SSL certificate problem", "is not one that I can trust"},
		{2, "curl: option --frobnicate: is unknown", "ends with code 2"},
	} {
		f := &far{"/srv/c", "pi", ending{c.exit, c.said}}
		_, err := f.ask(t.Context(), dusk.URL)
		if got := ops.Unmark(ops.SayOf(err).En); !strings.Contains(got, c.want) {
			t.Errorf("%d: %q", c.exit, got)
		}
	}
	if _, err := (&far{"/srv/c", "pi", ending{28, ""}}).ask(t.Context(), dusk.URL); err != errCut {
		t.Errorf("a time-out is %v", err)
	}
}

// What is no checkpoint of a kind that may be taken is refused when the bot starts.
func TestKeeping(t *testing.T) {
	fine := Keeping{Dir: "/srv/c", Hosts: []string{"huggingface.co"}, Known: []Checkpoint{dusk}}
	if _, err := New(Options{URL: "http://x:1", Keeping: &fine}); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Keeping, *Checkpoint){
		"absolute path":    func(k *Keeping, _ *Checkpoint) { k.Dir = "c" },
		"no host":          func(k *Keeping, _ *Checkpoint) { k.Hosts = append(k.Hosts, "https://x") },
		"run code":         func(_ *Keeping, c *Checkpoint) { c.Name = "dusk.ckpt" },
		"without a folder": func(_ *Keeping, c *Checkpoint) { c.Name = "../dusk.safetensors" },
		"takes no .exe":    func(_ *Keeping, c *Checkpoint) { c.Name = "dusk.exe" },
		"64 hex digits":    func(_ *Keeping, c *Checkpoint) { c.SHA256 = "x" },
		"on one of the":    func(_ *Keeping, c *Checkpoint) { c.URL = "https://evil.example/" },
		"there twice":      func(k *Keeping, c *Checkpoint) { k.Known = append(k.Known, *c) },
	} {
		k, c := fine, dusk
		change(&k, &c)
		k.Known = append([]Checkpoint{c}, k.Known[1:]...)
		if _, err := New(Options{URL: "http://x:1", Keeping: &k}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	trusted := fine
	trusted.Pickle = true
	trusted.Known = []Checkpoint{{Name: "dusk.ckpt", URL: dusk.URL, SHA256: dusk.SHA256, Size: 1}}
	if _, err := New(Options{URL: "http://x:1", Keeping: &trusted}); err != nil {
		t.Error(err)
	}
}
