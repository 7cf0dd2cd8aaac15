package redis

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"time"
)

// A reader walks through an RDB file once, with flat memory: it passes over every value and counts the keys, while a seal
// looks at the check sum. The notation is that of rdb.c and rdb.h in Redis' source, versions 5 (2.8) to 12 (8.0).
// After the first error it reads nothing more.
type reader struct {
	in   io.Reader
	seal *seal
	err  error

	buf     []byte
	at, end int  // what of buf is still to be passed over
	over    bool // in has nothing more

	info    *Info
	db      int       // the one that the next key belongs to
	expires time.Time // when the next key does; zero: never
	now     time.Time
}

// Why a file is no dump that can be used.
var (
	errNotRDB   = errors.New("no RDB file")
	errCutOff   = errors.New("cut off")
	errSum      = errors.New("its check sum is wrong")
	errFollows  = errors.New("something follows after its end")
	errUncount  = errors.New("a notation that is not known here")
	errNonsense = errors.New("damaged")
)

const (
	magicSize = 9 // "REDIS" and four digits
	sumSize   = 8
	oldest    = 5 // the first version with a check sum
	bufSize   = 512 << 10
	known     = 12 // the newest version whose every type is known here
)

// The opcodes of rdb.h. What is below is a key's type.
const (
	opSlotInfo = 244 + iota
	opFunction
	opFunctionOld // of release candidates
	opModuleAux
	opIdle
	opFreq
	opAux
	opResize
	opExpireMS
	opExpire
	opSelect
	opEOF
)

// walk reads the whole of in. What it says of the time is as of now.
func walk(ctx context.Context, in io.Reader, now time.Time) (Info, error) {
	info := Info{DBs: map[int]int64{}}
	r := &reader{in: under{ctx, in}, seal: newSeal(), buf: make([]byte, bufSize), info: &info, now: now}
	r.head()
	for r.err == nil && !r.record() {
	}
	left := int64(r.end - r.at)
	more, err := io.CopyBuffer(struct{ io.Writer }{r.seal}, struct{ io.Reader }{r.in}, r.buf) // for the check sum
	if err != nil {
		return info, err
	}
	info.SHA256, info.Size, info.Summed = r.seal.sha256(), r.seal.size, r.seal.right()
	return info, r.verdict(left + more)
}

// verdict is what is wrong with a file that was read to its end; after its last record came that many bytes.
func (r *reader) verdict(left int64) error {
	misread := errors.Is(r.err, errUncount) || errors.Is(r.err, errNonsense) || errors.Is(r.err, errCutOff)
	if misread && (r.info.Summed || errors.Is(r.err, errUncount) && (r.info.Format > known || r.info.Format < oldest) && r.seal.ends(r.info.Format)) {
		r.info.Keys, r.info.DBs = -1, nil // it is as it was written: it is only that we cannot read it
		return nil
	}
	switch {
	case errors.Is(r.err, errUncount) && (r.info.Format > known || r.info.Format < oldest):
		return errCutOff
	case errors.Is(r.err, errUncount):
		return errNonsense // nothing in these versions is unknown here, but for what release candidates wrote
	case r.err != nil:
		return r.err
	case left < sumSize:
		return errCutOff
	case left > sumSize:
		return errFollows
	case r.seal.given() && !r.info.Summed:
		return errSum
	}
	return nil
}

// under makes a reader end with its context.
type under struct {
	ctx context.Context
	in  io.Reader
}

func (u under) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.in.Read(p)
}

func (r *reader) head() {
	magic := r.bytes(magicSize)
	if r.err != nil {
		if errors.Is(r.err, errCutOff) && (r.end == 0 || !bytes.HasPrefix([]byte("REDIS"), r.buf[:min(r.end, 5)])) {
			r.err = errNotRDB
		}
		return
	}
	version, err := strconv.Atoi(string(magic[5:]))
	if err != nil || version < 1 || string(magic[:5]) != "REDIS" {
		r.err = errNotRDB
		return
	}
	r.info.Format = version
	if version < oldest {
		r.err = errUncount
	}
}

// record passes over one record, and reports whether it was the last.
func (r *reader) record() (over bool) {
	switch op := r.byte(); op {
	case opEOF:
		return r.err == nil
	case opSelect:
		r.db = int(r.length())
	case opResize:
		r.length()
		r.length()
	case opSlotInfo:
		r.length()
		r.length()
		r.length()
	case opAux:
		name := r.word()
		r.info.aux(name, r.word())
	case opExpireMS:
		r.expires = time.UnixMilli(int64(binary.LittleEndian.Uint64(r.bytes(8))))
	case opExpire:
		r.expires = time.Unix(int64(int32(binary.LittleEndian.Uint32(r.bytes(4)))), 0)
	case opIdle:
		r.length()
	case opFreq:
		r.byte()
	case opFunction:
		r.string()
		r.info.Functions++
	case opModuleAux:
		r.length()
		r.module()
	case opFunctionOld:
		r.fail(errUncount)
	default:
		r.string()
		r.value(op)
		r.count()
	}
	return false
}

// count takes the key that was just passed over into the figures.
func (r *reader) count() {
	if r.err != nil {
		return
	}
	r.info.Keys++
	r.info.DBs[r.db]++
	if !r.expires.IsZero() {
		r.info.Volatile++
		if !r.expires.After(r.now) {
			r.info.Expired++
		}
	}
	r.expires = time.Time{}
}
