package redis

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc64"
)

// A seal is what the end of an RDB file says of all before it: a mark, and the CRC-64 of everything up to and with the mark, or
// zeros where rdbchecksum is off. It is looked at for the file as a whole, whatever is in it. Bytes are written to it.
type seal struct {
	all  hash.Hash // SHA-256 of every byte
	size int64
	sum  uint64 // CRC-64 of all but the bytes in tail
	tail []byte // the last 8
	mark byte   // the one before
}

func newSeal() *seal { return &seal{all: sha256.New(), tail: make([]byte, 0, sumSize)} }

// jones is the polynomial of Redis' CRC-64, in reversed bit order, as crc64.c has it.
var jones = crc64.MakeTable(0x95ac9329ac4bc9b5)

// crc goes on with sum. Redis neither begins nor ends with all bits inverted, as Go's package does.
func crc(sum uint64, p []byte) uint64 { return ^crc64.Update(^sum, jones, p) }

func (s *seal) Write(p []byte) (int, error) {
	s.all.Write(p)
	s.size += int64(len(p))
	if len(p) >= sumSize {
		s.pass(s.tail)
		s.pass(p[:len(p)-sumSize])
		s.tail = append(s.tail[:0], p[len(p)-sumSize:]...)
		return len(p), nil
	}
	if over := len(s.tail) + len(p) - sumSize; over > 0 {
		s.pass(s.tail[:over])
		s.tail = append(s.tail[:0], s.tail[over:]...)
	}
	s.tail = append(s.tail, p...)
	return len(p), nil
}

func (s *seal) pass(p []byte) {
	if len(p) > 0 {
		s.sum, s.mark = crc(s.sum, p), p[len(p)-1]
	}
}

func (s *seal) stored() uint64 {
	if len(s.tail) < sumSize {
		return 0
	}
	return binary.LittleEndian.Uint64(s.tail)
}

// given reports whether there is a check sum.
func (s *seal) given() bool { return s.stored() != 0 }

// right reports whether there is a check sum, and it is right.
func (s *seal) right() bool { return s.given() && s.mark == opEOF && s.stored() == s.sum }

// ends reports whether the file ends as one of that version does that has no check sum.
func (s *seal) ends(version int) bool {
	if version < oldest {
		return len(s.tail) > 0 && s.tail[len(s.tail)-1] == opEOF
	}
	return len(s.tail) == sumSize && s.mark == opEOF && s.stored() == 0
}

func (s *seal) sha256() string { return fmt.Sprintf("%x", s.all.Sum(nil)) }
