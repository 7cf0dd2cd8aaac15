package fresh

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"vigie/ops"
)

// checkDump walks through what pg_dump -Fc wrote: the header, the table of contents, and behind it one block of data for
// each entry that has some. What a block holds is not unpacked, but its length must be there; pg_restore --list looks at no
// block, and finds nothing wrong with half a file. The notation is that of pg_backup_archiver.c and pg_backup_custom.c in
// PostgreSQL's source, versions 1.11 (9.0) to 1.16 (18). Of a newer one only the end is looked at.
//
// pg_dump writes the table of contents again once it knows where the blocks are: over the first one or, as 16 and 18 do where
// their output is redirected into a file, behind the blocks.
func checkDump(in *bufio.Reader, size int64) ops.Text {
	d := &dump{in: in, left: size}
	d.walk()
	switch {
	case errors.Is(d.err, errNoDump):
		return notA(PGDump)
	case errors.Is(d.err, io.EOF), errors.Is(d.err, io.ErrUnexpectedEOF):
		return cutOff
	case d.err != nil:
		return ops.T("it is damaged: %s", "il est endommagé : %s", d.err.Error())
	case d.left != 0:
		return ops.T("%s too many at its end", "%s de trop à la fin", ops.Size(d.left))
	}
	return ops.Text{}
}

var errNoDump = errors.New("no custom-format dump")

// A dump is one that is being read. After the first error it reads nothing more.
type dump struct {
	in      *bufio.Reader
	left    int64 // bytes of the file that are to come
	err     error
	minor   int // of the format's version
	intSize int
	offSize int
	taken   [8]byte
}

const (
	dumpMagic   = "PGDMP"
	customForm  = 1 // among the archive formats
	noData      = 3 // how an entry says that it has no block
	tableBlock  = 1
	largeBlock  = 3 // large objects
	mostEntries = 10_000_000
)

func (d *dump) walk() {
	if magic := d.take(len(dumpMagic)); d.err == nil && string(magic) != dumpMagic {
		d.err = errNoDump
	}
	major := d.byte()
	d.minor = d.byte()
	d.byte() // the revision, which changes nothing
	if d.err == nil && (major != 1 || d.minor > 16) {
		d.ending()
		return
	}
	d.intSize, d.offSize = d.byte(), d.byte()
	if form := d.byte(); d.err == nil && (form != customForm || d.minor < 11 || d.intSize < 1 || d.intSize > 8 || d.offSize < 1 || d.offSize > 8) {
		d.err = errNoDump
	}
	if d.minor >= 15 {
		d.byte() // how it is compressed
	} else {
		d.int()
	}
	for range 7 { // the date: from its seconds to whether it is in summer time
		d.int()
	}
	for range 3 { // the database, the server's version, pg_dump's version
		d.string()
	}
	waiting := d.contents()
	for len(waiting) > 0 && d.err == nil {
		d.block(waiting)
	}
	if d.err == nil && d.left > 0 { // a second table of contents, with the blocks' places
		d.contents()
	}
}

// contents reads the table of contents, and returns the numbers of the entries that have a block of data.
func (d *dump) contents() map[int64]bool {
	waiting := map[int64]bool{}
	n := d.int()
	if n < 0 || n > mostEntries {
		d.fail("a table of contents of %d entries", n)
	}
	for ; n > 0 && d.err == nil; n-- {
		id := d.int()
		d.int()       // whether it had a dumper; the offset below says the same
		for range 4 { // the oids, the tag, what it is
			d.string()
		}
		d.int()       // the section
		for range 5 { // its definition, how to drop it, how to copy it, the schema, the tablespace
			d.string()
		}
		if d.minor >= 14 {
			d.string() // the table's access method
		}
		if d.minor >= 16 {
			d.int() // what kind of relation
		}
		d.string()                       // the owner
		d.string()                       // whether with oids
		for d.string() && d.err == nil { // what it depends on, up to a string that is not there
		}
		if state := d.byte(); state != noData {
			waiting[id] = true
		}
		d.skip(int64(d.offSize))
	}
	return waiting
}

// block passes over the next block of data, and takes it off waiting.
func (d *dump) block(waiting map[int64]bool) {
	kind, id := d.byte(), d.int()
	if d.err == nil && !waiting[id] {
		d.fail("a block of data for entry %d, which has none", id)
	}
	delete(waiting, id)
	switch kind {
	case tableBlock:
		d.pieces()
	case largeBlock:
		for d.int() != 0 && d.err == nil { // each object's oid; 0 ends them
			d.pieces()
		}
	default:
		d.fail("a block of data of kind %d", kind)
	}
}

// pieces passes over what is written in pieces, each behind its length, up to a length of 0.
func (d *dump) pieces() {
	for n := d.int(); n != 0 && d.err == nil; n = d.int() {
		if n < 0 {
			d.fail("a piece of %d bytes", n)
			return
		}
		d.skip(n)
	}
}

// ending looks only at how the file ends: a whole one ends with an int, or an offset, of zero.
func (d *dump) ending() {
	const zeros = 5
	d.skip(d.left - zeros)
	for _, b := range d.take(zeros) {
		if b != 0 {
			d.err = io.ErrUnexpectedEOF
		}
	}
}

func (d *dump) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// int is a byte for the sign and then the lowest byte first.
func (d *dump) int() (n int64) {
	sign := d.byte()
	for i, b := range d.take(d.intSize) {
		n |= int64(b) << (8 * i)
	}
	if sign != 0 {
		n = -n
	}
	return n
}

// string passes over one, and reports whether it was there: one of length -1 is not.
func (d *dump) string() bool {
	n := d.int()
	if n > 0 {
		d.skip(n)
	}
	return n >= 0
}

func (d *dump) byte() int {
	if b := d.take(1); len(b) == 1 {
		return int(b[0])
	}
	return 0
}

// take is the next n bytes, at most 8, until the next take; nil if they are not there.
func (d *dump) take(n int) []byte {
	if d.err != nil {
		return nil
	}
	b := d.taken[:n]
	if _, d.err = io.ReadFull(d.in, b); d.err != nil {
		return nil
	}
	d.left -= int64(n)
	return b
}

func (d *dump) skip(n int64) {
	if d.err != nil {
		return
	}
	if n < 0 || n > d.left {
		d.err = io.ErrUnexpectedEOF
		return
	}
	for d.left -= n; n > 0 && d.err == nil; {
		var done int
		done, d.err = d.in.Discard(int(min(n, 1<<30)))
		n -= int64(done)
	}
}
