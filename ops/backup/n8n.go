package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"vigie/ops"
)

// An Exec is one command in a container.
type Exec struct {
	Argv           []string
	Env            []string // NAME=value; secrets go here
	User           string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// A Container is one container, found anew at each call. An error says that the command could not be run, or that nobody
// knows how it ended; otherwise exit is what it said.
type Container interface {
	ID(ctx context.Context) (string, error)
	Exec(ctx context.Context, e Exec) (exit int, err error)
}

// exportPath is where n8n writes its export, inside its container.
const exportPath = "/tmp/vigie-export.json"

// N8N saves all workflows of n8n, as its command line exports them. Credentials are not in it: they are in n8n's database,
// encrypted. n8n exits 0 also when it exports nothing, so only the file counts; one that lay there before is removed first.
func N8N(c Container) Source {
	return Source{Name: "n8n", Verify: verifyN8N, Save: func(ctx context.Context, dir string, progress func(ops.Text)) (File, error) {
		if err := inside(ctx, c, nil, "rm", "-f", exportPath); err != nil {
			return File{}, err
		}
		defer func() { _ = inside(context.WithoutCancel(ctx), c, nil, "rm", "-f", exportPath) }() // the next export removes it as well
		progress(ops.T("is exported", "est exporté"))
		if err := inside(ctx, c, nil, "n8n", "export:workflow", "--all", "--output="+exportPath); err != nil {
			return File{}, err
		}
		path := filepath.Join(dir, "workflows.json")
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return File{}, refused(path, err)
		}
		err = inside(ctx, c, f, "cat", exportPath)
		if closed := f.Close(); err == nil && closed != nil {
			err = refused(path, closed)
		}
		if err != nil {
			return File{}, ops.Fail(ops.KindOf(err), ops.T("n8n said that it exported, and left no file: %s", "n8n a dit avoir exporté, sans laisser de fichier : %s", ops.SayOf(err)), err)
		}
		return File{Path: path, Versions: versionOf(ctx, c)}, nil
	}}
}

func versionOf(ctx context.Context, c Container) map[string]string {
	var out bytes.Buffer
	if err := inside(ctx, c, &out, "n8n", "--version"); err != nil || out.Len() == 0 {
		return nil
	}
	return map[string]string{"n8n": clipped(out.String(), 40)}
}

// inside runs a command in the container; its exit code must be 0.
func inside(ctx context.Context, c Container, out io.Writer, argv ...string) error {
	complaint := &tail{most: 600}
	if out == nil {
		out = complaint
	}
	exit, err := c.Exec(ctx, Exec{Argv: argv, Stdout: out, Stderr: complaint})
	if err != nil {
		return err
	}
	if exit != 0 {
		return ops.Fail(ops.Failed, ops.T("%s ended with exit %d: %s", "%s s’est terminé avec le code %d : %s", ops.Name(argv[0]), exit, clipped(string(complaint.kept), 160)), nil)
	}
	return nil
}

// A tail keeps the last bytes that were written to it.
type tail struct {
	most int
	kept []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-t.most):]
	return len(p), nil
}

// verifyN8N reads an export to its end: a list of workflows, each with an id of its own.
func verifyN8N(ctx context.Context, path string) (Proof, error) {
	n, err := eachOf(ctx, path, func(raw json.RawMessage, seen map[string]bool) error {
		var w struct {
			ID    string            `json:"id"`
			Name  string            `json:"name"`
			Nodes []json.RawMessage `json:"nodes"`
		}
		if err := json.Unmarshal(raw, &w); err != nil {
			return err
		}
		if w.ID == "" || seen[w.ID] || w.Nodes == nil {
			return fmt.Errorf("%q is no workflow of its own", w.Name)
		}
		seen[w.ID] = true
		return nil
	})
	if err != nil {
		return Proof{}, notExport(err)
	}
	return Proof{ops.T("%s", "%s", ops.Count{N: n, EnOne: "workflow", EnMany: "workflows", FrOne: "workflow", FrMany: "workflows"})}, nil
}

func notExport(err error) error {
	if doubtful(err) {
		return err
	}
	return ops.Fail(ops.Failed, ops.T("it is not a whole export: %s", "ce n’est pas un export entier : %s", clipped(err.Error(), 140)), err)
}

// eachOf reads a file that is one JSON list, item by item, and returns how many there are: at least one.
func eachOf(ctx context.Context, path string, item func(raw json.RawMessage, seen map[string]bool) error) (n int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, ops.Fail(ops.Unavailable, ops.T("it cannot be opened", "il ne s’ouvre pas"), err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return 0, errors.New("it is no JSON list")
	}
	for seen := map[string]bool{}; d.More(); n++ {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return 0, fmt.Errorf("after %d items: %w", n, err)
		}
		if err := item(raw, seen); err != nil {
			return 0, fmt.Errorf("item %d: %w", n+1, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return 0, fmt.Errorf("after %d items: %w", n, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return 0, errors.New("more follows after its end")
	}
	if n == 0 {
		return 0, errors.New("there is nothing in it")
	}
	return n, nil
}
