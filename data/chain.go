package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"vigie/ops"
)

// A Mark is one place in the chain: remembered elsewhere, it shows later that everything up to it is
// still what it was. It is written "seq:sum".
type Mark struct {
	Seq int64
	Sum string
}

// MarkOf is the place of an entry.
func MarkOf(e ops.Entry) Mark { return Mark{e.Seq, e.Sum} }

func (m Mark) String() string { return fmt.Sprintf("%d:%s", m.Seq, m.Sum) }

// ParseMark reads what [Mark.String] wrote.
func ParseMark(s string) (Mark, error) {
	seq, sum, ok := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	raw, hexErr := hex.DecodeString(sum)
	if !ok || err != nil || n < 1 || hexErr != nil || len(raw) != sha256.Size {
		return Mark{}, fmt.Errorf("%q is not a mark of the journal, which is written 128:9f2c…, a number and 64 hex digits", s)
	}
	return Mark{n, strings.ToLower(sum)}, nil
}

// sum is what e.Sum must be.
func sum(e ops.Entry) string {
	hash := sha256.Sum256(canonical(e))
	return hex.EncodeToString(hash[:])
}

// format begins every encoding, so that another one can never be mistaken for this. It never changes:
// the sums of every journal there is rest on it.
const format = "vigie journal 1\n"

// canonical is e without its Sum as bytes. Numbers have eight bytes and every text has its length before
// it, so two entries that differ in anything have different encodings.
func canonical(e ops.Entry) []byte {
	b := make([]byte, 0, 256+len(e.Note))
	b = append(b, format...)
	for _, n := range []int64{e.Seq, millis(e.Time), e.Who} {
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	for _, text := range []string{e.Name, e.Via, e.What, e.Op, e.Run, e.Plan, e.Note, e.Prev} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	return b
}
