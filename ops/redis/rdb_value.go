package redis

import (
	"encoding/binary"
	"errors"
	"io"
)

// The types of rdb.h that are known here. Those not named never left a release candidate, or came after version 12.
const (
	typeString       = 0
	typeList         = 1
	typeSet          = 2
	typeZSet         = 3
	typeHash         = 4
	typeZSet2        = 5
	typeModule2      = 7
	typeZipmap       = 9
	typeZiplist      = 10
	typeIntset       = 11
	typeZSetZiplist  = 12
	typeHashZiplist  = 13
	typeQuicklist    = 14
	typeStream       = 15
	typeHashListpack = 16
	typeZSetListpack = 17
	typeQuicklist2   = 18
	typeStream2      = 19
	typeSetListpack  = 20
	typeStream3      = 21
	typeHashTTL      = 24
	typeHashTTLPack  = 25
)

// value passes over the value of a key.
func (r *reader) value(kind int) {
	switch kind {
	case typeString, typeZipmap, typeZiplist, typeIntset, typeZSetZiplist, typeHashZiplist, typeHashListpack, typeZSetListpack, typeSetListpack:
		r.string()
	case typeList, typeSet, typeQuicklist:
		r.times(r.string)
	case typeHash:
		r.times(r.string, r.string)
	case typeZSet:
		r.times(r.string, r.double)
	case typeZSet2:
		r.times(r.string, func() { r.skip(8) })
	case typeQuicklist2:
		r.times(func() { r.length() }, r.string)
	case typeModule2:
		r.length() // which module
		r.module()
	case typeStream, typeStream2, typeStream3:
		r.stream(kind)
	case typeHashTTL:
		r.skip(8) // the first of its fields to expire
		r.times(func() { r.length() }, r.string, r.string)
	case typeHashTTLPack:
		r.skip(8)
		r.string()
	default:
		r.fail(errUncount)
	}
}

// times passes over as many groups of parts as the length says that comes first.
func (r *reader) times(parts ...func()) {
	n := r.length()
	if n < 0 {
		r.fail(errNonsense)
	}
	for ; n > 0 && r.err == nil; n-- {
		for _, part := range parts {
			part()
		}
	}
}

// module passes over what a module wrote: each piece behind its kind, up to kind 0.
func (r *reader) module() {
	for r.err == nil {
		switch kind := r.length(); kind {
		case 0:
			return
		case 1, 2:
			r.length()
		case 3:
			r.skip(4)
		case 4:
			r.skip(8)
		case 5:
			r.string()
		default:
			r.fail(errUncount)
		}
	}
}

// stream passes over a stream's entries, and its groups with what is pending in them.
func (r *reader) stream(kind int) {
	const id = 16
	lengths := func(n int) {
		for range n {
			r.length()
		}
	}
	r.times(r.string, r.string) // entries, many in each
	lengths(3)                  // how many, and the last id
	if kind >= typeStream2 {
		lengths(5) // the first id, the greatest that was deleted, how many were ever added
	}
	r.times(func() { // groups
		r.string()
		lengths(2)
		if kind >= typeStream2 {
			lengths(1)
		}
		r.times(func() { r.skip(id + 8) }, func() { r.length() }) // pending: id, when it was delivered, how often
		r.times(func() {                                          // consumers
			r.string()
			r.skip(8)
			if kind == typeStream3 {
				r.skip(8)
			}
			r.times(func() { r.skip(id) })
		})
	})
}

// double passes over a score in decimal digits: its length, or a length that stands for what is no number or has no end.
func (r *reader) double() {
	if n := r.byte(); n < 253 {
		r.skip(int64(n))
	}
}

// encoded are the kinds of string that are no plain bytes.
const (
	encodedInt8 = iota
	encodedInt16
	encodedInt32
	encodedLZF
)

// string passes over one.
func (r *reader) string() {
	n, encoded := r.size()
	switch {
	case !encoded:
		r.skip(n)
	case n <= encodedInt32:
		r.skip(1 << n)
	case n == encodedLZF:
		packed := r.length()
		r.length() // unpacked
		r.skip(packed)
	default:
		r.fail(errUncount)
	}
}

// word is a short string as text: what auxiliary fields hold. A long or packed one is passed over, and is "".
func (r *reader) word() string {
	n, encoded := r.size()
	switch {
	case !encoded && n >= 0 && n <= 256:
		return string(r.bytes(int(n)))
	case !encoded:
		r.skip(n)
	case n == encodedInt8:
		return number(int64(int8(r.byte())))
	case n == encodedInt16:
		return number(int64(int16(binary.LittleEndian.Uint16(r.bytes(2)))))
	case n == encodedInt32:
		return number(int64(int32(binary.LittleEndian.Uint32(r.bytes(4)))))
	case n == encodedLZF:
		packed := r.length()
		r.length()
		r.skip(packed)
	default:
		r.fail(errUncount)
	}
	return ""
}

// length is a number, which is never an encoded string.
func (r *reader) length() int64 {
	n, encoded := r.size()
	if encoded {
		r.fail(errNonsense)
	}
	return n
}

// size is a length of 6, 14, 32 or 64 bits, or which encoding follows. Streams keep other numbers so as well, which may be
// negative; as the length of anything that is nonsense.
func (r *reader) size() (n int64, encoded bool) {
	b := r.byte()
	switch {
	case b>>6 == 0:
		return int64(b & 0x3f), false
	case b>>6 == 1:
		return int64(b&0x3f)<<8 | int64(r.byte()), false
	case b == 0x80:
		return int64(binary.BigEndian.Uint32(r.bytes(4))), false
	case b == 0x81:
		return int64(binary.BigEndian.Uint64(r.bytes(8))), false
	case b>>6 == 3:
		return int64(b & 0x3f), true
	}
	r.fail(errNonsense)
	return 0, false
}

func (r *reader) byte() int { return int(r.bytes(1)[0]) }

// bytes are the next n, at most as many as the buffer holds, until the next call; zeros once there was an error.
func (r *reader) bytes(n int) []byte {
	if r.err == nil && !r.fill(n) {
		r.fail(errCutOff)
	}
	if r.err != nil {
		return make([]byte, n)
	}
	b := r.buf[r.at : r.at+n]
	r.at += n
	return b
}

// skip passes over n bytes.
func (r *reader) skip(n int64) {
	if n < 0 {
		r.fail(errNonsense)
	}
	for n > 0 && r.err == nil {
		if !r.fill(1) {
			r.fail(errCutOff)
			return
		}
		part := min(n, int64(r.end-r.at))
		r.at += int(part)
		n -= part
	}
}

// fill has n bytes ready in the buffer, unless the file ends before or cannot be read.
func (r *reader) fill(n int) bool {
	for r.end-r.at < n && !r.over {
		r.end = copy(r.buf, r.buf[r.at:r.end])
		r.at = 0
		got, err := r.in.Read(r.buf[r.end:])
		r.seal.Write(r.buf[r.end : r.end+got])
		r.end += got
		if err != nil {
			r.over = true
			if !errors.Is(err, io.EOF) {
				r.fail(err)
			}
		}
	}
	return r.end-r.at >= n
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
