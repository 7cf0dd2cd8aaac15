package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigie/ops"
)

// here is a container that is this machine: what is executed in it is a real process, which finds n8n in testdata.
type here struct{ env []string }

func (here) ID(context.Context) (string, error) { return "0123456789ab", nil }

func (h here) Exec(ctx context.Context, e Exec) (int, error) {
	name := e.Argv[0]
	if name == "n8n" {
		name = must(filepath.Abs("testdata/n8n"))
	}
	cmd := exec.CommandContext(ctx, name, e.Argv[1:]...)
	cmd.Env = append(append(os.Environ(), h.env...), e.Env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = e.Stdin, e.Stdout, e.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

func quietly(ops.Text) {}

// n8n exits 0 also when it exports nothing: the file decides, and not one of before.
func TestN8N(t *testing.T) {
	for _, c := range []struct{ how, want string }{
		{"good", ""},
		{"nothing", "n8n said that it exported, and left no file"},
		{"fails", "n8n ended with exit 1: No workflows found"},
		{"cut", "it is not a whole export: after 1 items"},
		{"empty", "it is not a whole export: there is nothing in it"},
		{"twice", "is no workflow of its own"},
		{"object", "it is no JSON list"},
	} {
		t.Run(c.how, func(t *testing.T) {
			if err := os.WriteFile(exportPath, []byte(`[{"id":"old","nodes":[]}]`), 0o600); err != nil {
				t.Fatal(err)
			}
			src := N8N(here{[]string{"HOW=" + c.how}})
			file, err := src.Save(t.Context(), t.TempDir(), quietly)
			var proof Proof
			if err == nil {
				proof, err = src.Verify(t.Context(), file.Path)
			}
			if c.want == "" {
				if err != nil || proof.Says.En != "2 workflows" || file.Versions["n8n"] != "2.30.7" {
					t.Errorf("%v, %v, %v", proof, file.Versions, err)
				}
			} else if err == nil {
				t.Errorf("it is taken: %v", proof)
			} else {
				has(t, ops.Unmark(ops.SayOf(err).En), c.want)
			}
			if _, err := os.Stat(exportPath); err == nil {
				t.Error("it left its export behind")
			}
		})
	}
}

type secret string

func (s secret) Reveal() string { return string(s) }

func TestGrafana(t *testing.T) {
	dashboards := `[{"uid":"a1"},{"uid":"b/2"}]`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		switch {
		case r.URL.Path == "/api/health":
			io.WriteString(w, `{"version":"12.0.1","database":"ok"}`)
		case user != "admin" || password != "open sesame":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/api/search" && r.URL.Query().Get("type") == "dash-db":
			io.WriteString(w, dashboards)
		case strings.HasPrefix(r.URL.Path, "/api/dashboards/uid/"):
			fmt.Fprintf(w, `{"meta":{},"dashboard":{"uid":%q,"title":"t"}}`, strings.TrimPrefix(r.URL.Path, "/api/dashboards/uid/"))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	src := Grafana(GrafanaOptions{URL: server.URL + "/", User: "admin", Password: secret("open sesame")})
	dir := t.TempDir()
	file, err := src.Save(t.Context(), dir, quietly)
	if err != nil || file.Versions["grafana"] != "12.0.1" {
		t.Fatalf("%v %v", file, err)
	}
	proof, err := src.Verify(t.Context(), file.Path)
	if err != nil || proof.Says.En != "2 dashboards" {
		t.Errorf("%v %v", proof, err)
	}
	body := must(os.ReadFile(file.Path))
	for n := range len(strings.TrimSpace(string(body))) {
		if err := os.WriteFile(file.Path, body[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := src.Verify(t.Context(), file.Path); err == nil {
			t.Fatalf("cut off at %d it is whole", n)
		}
	}

	_, err = Grafana(GrafanaOptions{URL: server.URL, User: "admin", Password: secret("wrong")}).Save(t.Context(), t.TempDir(), quietly)
	has(t, ops.Unmark(ops.SayOf(err).En), "Grafana refuses the password that I was given")
	dashboards = `[]`
	_, err = src.Save(t.Context(), t.TempDir(), quietly)
	has(t, ops.SayOf(err).En, "no dashboard")
	server.Close()
	_, err = Grafana(GrafanaOptions{URL: strings.Replace(server.URL, "http://", "http://user:hunter2@", 1), Password: secret("token-of-mine")}).Save(t.Context(), t.TempDir(), quietly)
	if ops.KindOf(err) != ops.Unavailable || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "token-of-mine") {
		t.Errorf("%v", err)
	}
}

// Of files that nobody knows better: what can be told of any file.
func TestWhole(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, content, want string }{
		{"a.dump", "PGDMP and more", ""}, {"a.dump", "-- plain", "it does not begin like a .dump"}, {"a.rdb", "", "it is empty"},
		{"a.json", `{"a":[1]}`, ""}, {"a.json", `{"a":[1`, "it is cut off"}, {"a.json", `{} {}`, "more follows"}, {"a.json", `5`, ""}, {"a.json", "", "it is empty"}, {"a.json", "   ", "it is cut off"},
		{"a.tar.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43\xbe\xb7\xe8\x01\x00\x00\x00", ""}, {"a.tgz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x04\x00\x43", "it is cut off"},
		{"a.txt", "x-2026.snapshot\n", "only the name of a snapshot"}, {"a.txt", "words about a .snapshot and more", ""},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := whole(t.Context(), clone{path: path})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(ops.SayOf(err).En, c.want) {
			t.Errorf("%s with %q: %v, want %q", c.name, c.content, err, c.want)
		}
	}
}
