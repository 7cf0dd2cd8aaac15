package postgres

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"
)

// counts is what was counted, if everything could be.
func (a *archive) counts(err error) (Contents, header) {
	a.found.tidy()
	if err != nil {
		a.found.Rows, a.found.Text = nil, 0
	}
	return a.found.Contents, a.header
}

// readCustom counts what an archive in the custom format holds.
func readCustom(r io.Reader) (Contents, header) {
	a := &archive{}
	err := a.custom(bufio.NewReaderSize(r, 256<<10))
	return a.counts(err)
}

func (a *archive) custom(in *bufio.Reader) error {
	peek, _ := in.Peek(10)
	t, err := a.begin(in)
	if err != nil {
		return err
	}
	if err := a.entries(t, 1+int(peek[9])); err != nil {
		return err
	}
	if a.packed > 1 {
		return errArchive
	}
	a.found.Rows = map[string]int64{}
	for {
		kind, err := in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		id := t.number()
		switch {
		case err != nil || t.err != nil:
			return errors.Join(err, t.err)
		case kind == 1:
			err = a.rows(id, t)
		case kind == 3: // large objects, each with its number, until 0
			for t.number() != 0 && err == nil && t.err == nil {
				_, err = io.Copy(io.Discard, &chunks{toc: t})
			}
		default:
			err = errArchive
		}
		if err != nil || t.err != nil {
			return errors.Join(err, t.err)
		}
	}
}

// rows counts the rows of one table.
func (a *archive) rows(id int, t *toc) error {
	c := &chunks{toc: t}
	var in io.Reader = c
	if a.packed == 1 {
		z, err := zlib.NewReader(c)
		if err != nil {
			return err
		}
		in = z
	}
	var l lines
	if _, err := io.Copy(&l, in); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, c); err != nil { // its last piece, of length 0
		return err
	}
	return a.counted(id, l)
}

func (a *archive) counted(id int, l lines) error {
	a.found.Text += l.bytes
	table, known := a.tables[id]
	if !known || a.found.Inserts {
		return nil
	}
	n, ok := l.rows()
	if !ok {
		return errArchive
	}
	a.found.Rows[table] += n
	return nil
}

// chunks are the pieces that the custom format writes a table's data in: each with its length before it, the last of length 0.
type chunks struct {
	*toc
	left int
	over bool
}

func (c *chunks) Read(p []byte) (int, error) {
	for c.left == 0 {
		if c.over {
			return 0, io.EOF
		}
		c.left = c.number()
		if c.err != nil || c.left < 0 {
			return 0, errors.Join(io.ErrUnexpectedEOF, c.err)
		}
		c.over = c.left == 0
	}
	n, err := c.in.Read(p[:min(len(p), c.left)])
	if c.left -= n; err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// ReadByte spares zlib a buffer of its own, which would read beyond the end.
func (c *chunks) ReadByte() (byte, error) {
	var b [1]byte
	if c.left > 0 {
		b, err := c.in.ReadByte()
		if c.left--; err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return b, err
	}
	n, err := c.Read(b[:])
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	return b[0], err
}

// lines counts the lines of a table's data, which ends with the line "\." and two empty ones.
type lines struct {
	n     int64
	bytes int64
	end   []byte
}

var rowsEnd = []byte("\\.\n\n\n")

func (l *lines) Write(p []byte) (int, error) {
	l.n += int64(bytes.Count(p, []byte{'\n'}))
	l.bytes += int64(len(p))
	l.end = append(l.end, p[max(0, len(p)-len(rowsEnd)):]...)
	l.end = l.end[max(0, len(l.end)-len(rowsEnd)):]
	return len(p), nil
}

func (l *lines) rows() (n int64, ok bool) {
	return l.n - 3, bytes.Equal(l.end, rowsEnd)
}

// readTar counts what a tar of an archive's files holds: the tar format's own, or one made of a directory.
func readTar(r io.Reader) (Contents, header) {
	a := &archive{}
	err := a.tar(tar.NewReader(r))
	return a.counts(err)
}

// tar takes the table of contents wherever it comes: in a directory, others may come before it.
func (a *archive) tar(in *tar.Reader) error {
	early := map[int]lines{}
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		base := path.Base(h.Name)
		if base == "toc.dat" {
			t, err := a.begin(bufio.NewReader(in))
			if err == nil {
				err = a.entries(t, 0)
			}
			if err != nil {
				return err
			}
			continue
		}
		l, id, err := member(base, in)
		if err != nil {
			return err
		}
		if id > 0 {
			early[id] = l
		}
	}
	if a.tables == nil {
		return errArchive
	}
	a.found.Rows = map[string]int64{}
	for id, l := range early {
		if err := a.counted(id, l); err != nil {
			return err
		}
	}
	for id := range a.tables {
		if _, there := early[id]; !there {
			return errArchive
		}
	}
	return nil
}

// member counts the lines of one file: 3425.dat or 3425.dat.gz. Others are large objects, and their lists.
func member(name string, r io.Reader) (l lines, id int, err error) {
	number, gz := strings.CutSuffix(name, ".dat.gz")
	if !gz {
		var plain bool
		if number, plain = strings.CutSuffix(name, ".dat"); !plain {
			return l, 0, nil
		}
	}
	if id, err = strconv.Atoi(number); err != nil {
		return l, 0, nil
	}
	if gz {
		if r, err = gzip.NewReader(r); err != nil {
			return l, 0, err
		}
	}
	_, err = io.Copy(&l, r)
	return l, id, err
}
