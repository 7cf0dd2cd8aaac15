package backup

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigie/ops"
)

// read reads a copy to its end and says what came of it: as its source reads it, or as far as can be told without one.
func (s *System) read(ctx context.Context, src Source, c clone) look {
	begun := now()
	l := look{Key: c.key(), Path: c.path}
	var proof Proof
	err := c.same(ctx)
	switch {
	case err != nil:
	case src.Verify != nil && !c.bare:
		proof, err = src.Verify(ctx, c.path)
	default:
		proof, err = whole(ctx, c)
	}
	l.At, l.Took, l.Says = now().UTC(), now().Sub(begun), short(proof.Says)
	if err != nil {
		l.Why, l.Unsure = short(ops.SayOf(err)), doubtful(err)
	}
	return l
}

// doubtful reports whether an error says nothing of the copy it came of.
func doubtful(err error) bool {
	kind := ops.KindOf(err)
	return kind == ops.Unavailable || kind == ops.Unknown
}

// same fails unless the copy is byte for byte what was saved, if that is known.
func (c clone) same(ctx context.Context) error {
	if c.digest == "" {
		return nil
	}
	digest, _, err := sum(ctx, c.path)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return ops.Fail(ops.Failed, ops.T("it cannot be read: %s", "il est illisible : %s", clipped(err.Error(), 160)), err)
	case digest != c.digest:
		return ops.Fail(ops.Failed, ops.T("its bytes are not those that were saved", "ses octets ne sont pas ceux qui ont été sauvegardés"), nil)
	}
	return nil
}

// whole checks what can be checked of any file: that it is not empty, that it begins as its name says, that what is packed
// unpacks to its end, that JSON is JSON.
func whole(ctx context.Context, c clone) (Proof, error) {
	if !c.bare {
		return Proof{}, wholeFile(ctx, c.path)
	}
	entries, err := os.ReadDir(c.path)
	files := 0
	for _, e := range entries {
		if err == nil && e.Type().IsRegular() {
			files++
			err = wholeFile(ctx, filepath.Join(c.path, e.Name()))
		}
	}
	if err == nil && files == 0 {
		err = ops.Fail(ops.Failed, ops.T("its folder is empty", "son dossier est vide"), nil)
	}
	return Proof{ops.T("%d files", "%d fichiers", files)}, err
}

// heads are how files begin, by the end of their names.
var heads = map[string]string{".dump": "PGDMP", ".rdb": "REDIS", ".gz": "\x1f\x8b", ".tgz": "\x1f\x8b", ".zst": "\x28\xb5\x2f\xfd"}

func wholeFile(ctx context.Context, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return ops.Fail(ops.Unavailable, ops.T("%s cannot be opened: %s", "%s ne s’ouvre pas : %s", ops.Name(filepath.Base(path)), clipped(err.Error(), 120)), err)
	}
	defer f.Close()
	in := bufio.NewReaderSize(reader(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return f.Read(p)
	}), 64<<10)
	start, _ := in.Peek(4096) // what there is, if it is shorter
	bad := func(t ops.Text) error {
		return ops.Fail(ops.Failed, ops.T("%s: %s", "%s : %s", ops.Name(filepath.Base(path)), t), nil)
	}
	end := filepath.Ext(path)
	switch {
	case len(start) == 0:
		return bad(ops.T("it is empty", "il est vide"))
	case snapshotName(start):
		return bad(ops.T("it holds only the name of a snapshot, not the snapshot", "il ne contient que le nom d’un instantané, pas l’instantané"))
	case !bytes.HasPrefix(start, []byte(heads[end])):
		return bad(ops.T("it does not begin like a %s", "il ne commence pas comme un %s", end))
	case end == ".gz" || end == ".tgz":
		err = unpack(in)
	case end == ".json":
		err = parse(in)
	default:
		_, err = io.Copy(io.Discard, in)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return bad(ops.T("it is cut off", "il est tronqué"))
	case err != nil:
		return bad(ops.Raw(clipped(err.Error(), 120)))
	}
	return nil
}

// snapshotName reports whether all there is in a file is what Qdrant calls a snapshot.
func snapshotName(start []byte) bool {
	line := strings.TrimSpace(string(start))
	return len(line) < 300 && strings.HasSuffix(line, ".snapshot") && !strings.ContainsAny(line, " \n\x00")
}

func unpack(in io.Reader) error {
	z, err := gzip.NewReader(in)
	if err == nil {
		_, err = io.Copy(io.Discard, z)
	}
	return err
}

func parse(in io.Reader) error {
	d := json.NewDecoder(in)
	for depth, first := 0, true; first || depth > 0; first = false {
		t, err := d.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return cmp.Or(err, errors.New("more follows after its end"))
	}
	return nil
}

// settles is how long a file must have been left alone before it means anything to read it.
const settles = time.Minute

// unread are the newest copies that nobody has read yet, smallest first.
func (s *System) unread(v view) (list []clone) {
	known := s.memories()
	for name := range v.copies {
		c, _ := v.newest(name)
		m := known[name]
		if m.Read.Key == c.key() && !m.Read.Unsure || v.at.Sub(c.changed) < settles && c.digest == "" {
			continue
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b clone) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.path, b.path)) })
	return list
}
