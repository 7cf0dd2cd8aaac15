package redis

import (
	"context"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"vigie/ops"
)

// A part is one file of a multi-part append-only file, as its manifest names it.
type part struct {
	name string
	seq  int64
}

// mostManifest is how large a manifest may be: some lines, in practice.
const mostManifest = 1 << 20

// readManifest reads the manifest called name: lines of «file NAME seq 2 type b», where b is a base, i what was appended
// since, h what is to be removed. Redis writes names with spaces in quotes; such a one is refused.
func readManifest(ctx context.Context, st store, name string) ([]part, error) {
	in, _, err := st.ReadFile(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, mostManifest))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	parts, err := parseManifest(string(text))
	if err != nil {
		return nil, ops.Fail(ops.Failed, ops.T("%s is not as I know it; nothing was changed", "%s n’est pas comme je le connais ; rien n’a été changé", ops.Name(name)), err)
	}
	return parts, nil
}

func parseManifest(text string) (parts []part, _ error) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 || strings.HasPrefix(f[0], "#") {
			continue
		}
		p, kind := part{}, ""
		for i := 0; i+1 < len(f); i += 2 {
			switch f[i] {
			case "file":
				p.name = f[i+1]
			case "seq":
				n, err := strconv.ParseInt(f[i+1], 10, 64)
				if err != nil {
					return nil, fmt.Errorf("reading a manifest: %w", err)
				}
				p.seq = n
			case "type":
				kind = f[i+1]
			}
		}
		if p.name == "" || strings.ContainsAny(p.name, `/"`) || p.seq < 1 || !strings.Contains("bih", kind) || len(kind) != 1 {
			return nil, fmt.Errorf("reading a manifest: %q", line)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// parts are the names of the base and of what is appended, below the data directory.
func (j job) parts() (base, incr string) {
	stem := path.Join(path.Dir(j.Piece.Name), j.AOF) + ourMark + j.Piece.Tag
	return stem + ".base.rdb", stem + ".incr.aof"
}

// manifest names our parts, with numbers far above those in use: the names that Redis gives to later parts are made of the
// numbers, and must not be those of parts that are kept.
func (j job) manifest(ctx context.Context, st store) ([]byte, error) {
	now, err := readManifest(ctx, st, j.Piece.Name)
	if err != nil {
		return nil, err
	}
	n := int64(0)
	for _, p := range now {
		n = max(n, p.seq)
	}
	n += 1000
	base, incr := j.parts()
	return fmt.Appendf(nil, "file %s seq %d type b\nfile %s seq %d type i\n", path.Base(base), n, path.Base(incr), n), nil
}
