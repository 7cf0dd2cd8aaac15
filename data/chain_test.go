package data

import (
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"vigie/ops"
)

// read is the inverse of canonical. That there is one is the proof that different entries have different
// encodings.
func read(b []byte) (e ops.Entry, err error) {
	if len(b) < len(format) || string(b[:len(format)]) != format {
		return e, errors.New("another format")
	}
	b = b[len(format):]
	var ms int64
	for _, n := range []*int64{&e.Seq, &ms, &e.Who} {
		if len(b) < 8 {
			return e, errors.New("too short for a number")
		}
		*n, b = int64(binary.BigEndian.Uint64(b)), b[8:]
	}
	e.Time = moment(ms)
	for _, text := range []*string{&e.Name, &e.Via, &e.What, &e.Op, &e.Run, &e.Plan, &e.Note, &e.Prev} {
		if len(b) < 8 || uint64(len(b)-8) < binary.BigEndian.Uint64(b) {
			return e, errors.New("too short for a text")
		}
		n := binary.BigEndian.Uint64(b)
		*text, b = string(b[8:8+n]), b[8+n:]
	}
	if len(b) > 0 {
		return e, errors.New("too long")
	}
	return e, nil
}

func FuzzCanonical(f *testing.F) {
	f.Add(int64(1), int64(1_700_000_000_000), int64(7), "ann", "telegram", "asked", "docker.stop", "r1", "abc", "why", "def")
	f.Add(int64(-1), int64(0), int64(-7), "", "", "", "", "", "", "", "")
	f.Add(int64(9), int64(-5), int64(0), "ab", "c", "a", "bc", "\x00", "\xff", "\x00\x00\x00\x00\x00\x00\x00\x01", "1")
	f.Fuzz(func(t *testing.T, seq, ms, who int64, name, via, what, op, run, plan, note, prev string) {
		e := ops.Entry{Seq: seq, Time: time.UnixMilli(ms).UTC(), Who: who, Name: name, Via: via, What: what, Op: op, Run: run, Plan: plan, Note: note, Prev: prev}
		back, err := read(canonical(e))
		if err != nil || back != e {
			t.Fatalf("%v came back as %v (%v)", e, back, err)
		}
	})
}

// The sums of journals that are out there must not change.
func TestSumIsForEver(t *testing.T) {
	e := ops.Entry{Seq: 3, Time: time.UnixMilli(1_700_000_000_123).UTC(), Who: 7, Name: "ann", Via: "telegram", What: ops.Asked,
		Op: "docker.restart", Run: "r1", Plan: "abc", Note: "é", Prev: "0f", Sum: "not part of it"}
	if got, want := sum(e), "22442413e2a8cf62e92e1ad52e99284575df2a37b6dfbd25628a6a1e7615e4a9"; got != want {
		t.Errorf("%s, was %s", got, want)
	}
}
