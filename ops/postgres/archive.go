package postgres

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An archive is what an archive of pg_dump says of itself, as its formats 1.12 to 1.16 are written by ReadHead, WriteToc and the custom
// format's _StartData of pg_dump's pg_backup_archiver.c and pg_backup_custom.c (PostgreSQL 9.0 to 18). Whether it is whole and can be
// restored is for the server's own pg_restore to say; this only counts.
type archive struct {
	header
	minor  int
	packed byte // how its rows are compressed: 0 not, 1 gzip, more is not known here
	tables map[int]string
	found  scanner
}

// A header is how an archive begins.
type header struct {
	Format   string // "1.16"
	Database string
	Version  string // of the server
}

var errArchive = errors.New("an archive that is not understood here")

// A toc reads the numbers and strings that an archive begins with.
type toc struct {
	in   *bufio.Reader
	size int // of its numbers
	err  error
}

func (t *toc) byte() byte {
	b, err := t.in.ReadByte()
	if t.err == nil {
		t.err = err
	}
	return b
}

// number is a byte for the sign, then the lowest byte first.
func (t *toc) number() (n int) {
	sign := t.byte()
	for i := range t.size {
		n |= int(t.byte()) << (8 * i)
	}
	if sign != 0 {
		n = -n
	}
	return n
}

// longest is far more than a function's body ever takes.
const longest = 64 << 20

func (t *toc) text() string {
	n := t.number()
	if t.err != nil || n <= 0 {
		return ""
	}
	if n > longest {
		t.err = errArchive
		return ""
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, t.in, int64(n)); err != nil {
		t.err = err
	}
	return b.String()
}

// begin reads the header.
func (a *archive) begin(in *bufio.Reader) (*toc, error) {
	t := &toc{in: in, size: 4}
	head := make([]byte, 11)
	if _, err := io.ReadFull(in, head); err != nil || !bytes.HasPrefix(head, magicArchive) {
		return nil, errArchive
	}
	a.minor, t.size = int(head[6]), int(head[8])
	a.Format = fmt.Sprintf("%d.%d", head[5], head[6])
	if t.size < 1 || t.size > 7 || head[9] > 16 {
		return nil, errArchive
	}
	if a.minor >= 15 {
		a.packed = t.byte()
	} else if t.number() != 0 {
		a.packed = 1
	}
	for range 7 { // when it was made
		t.number()
	}
	a.Database, a.Version = t.text(), t.text()
	a.Version, _, _ = strings.Cut(a.Version, " ") // without what a distribution adds: «15.18 (Debian 15.18-0+deb12u1)»
	t.text()
	if head[5] != 1 || a.minor < 12 || a.minor > 16 {
		return nil, errArchive
	}
	return t, t.err
}

// entries reads the table of contents. offset is what stands behind each entry: the bytes of a place in the file, or 0 for the name of a file.
func (a *archive) entries(t *toc, offset int) error {
	a.tables = map[int]string{}
	for n := t.number(); n > 0 && t.err == nil; n-- {
		id := t.number()
		t.number()
		t.text()
		t.text()
		tag, desc := t.text(), t.text()
		t.number()
		definition := t.text()
		t.text()
		copied, schema := t.text(), ""
		schema = t.text()
		t.text()
		if a.minor >= 14 {
			t.text()
		}
		if a.minor >= 16 {
			t.number()
		}
		owner := t.text()
		t.text()
		for t.text() != "" { // what it depends on
		}
		if offset == 0 {
			t.text()
		}
		for range offset {
			t.byte()
		}
		a.entry(id, desc, tableName(schema, tag), tag, definition, copied, owner)
	}
	return t.err
}

// entry takes in one entry. Only what is restored into a database counts: what is about the database itself is left out by pg_restore.
func (a *archive) entry(id int, desc, table, tag, definition, copied, owner string) {
	switch desc {
	case "DATABASE", "DATABASE PROPERTIES", "ENCODING", "STDSTRINGS", "SEARCHPATH":
		return
	case "TABLE":
		a.found.makes(table)
	case "EXTENSION":
		a.found.Extensions = append(a.found.Extensions, tag)
	case "TABLE DATA":
		if a.tables[id] = table; copied == "" {
			a.found.Inserts = true
		}
	case "BLOB":
		a.found.Objects++
	case "BLOB METADATA":
		a.found.Objects += strings.Count(definition, "\n") + 1
	case "ACL", "DEFAULT ACL", "POLICY", "USER MAPPING", "ROW SECURITY":
		if strings.HasPrefix(tag, "DATABASE ") {
			return
		}
		var lex lexer
		for i := range len(definition) {
			if s := lex.next(definition[i]); s != "" {
				a.found.statement(words(s))
			}
		}
	}
	if owner != "" && desc != "EXTENSION" && desc != "COMMENT" && desc != "TABLE DATA" {
		a.found.owner(owner)
	}
}
