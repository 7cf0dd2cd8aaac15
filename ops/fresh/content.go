package fresh

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"strconv"
	"time"

	"vigie/ops"
)

// headBytes is where [FileRule.Inside] is looked for.
const headBytes = 4096

// read looks inside one file: why it is broken, or zero. The error says why that could not be found out.
//
// The whole file is read once, for its check sums; no shorter look tells a whole gzip or RDB file from one that was cut off.
func (s *System) read(ctx context.Context, m match, rule *FileRule) (why ops.Text, err error) {
	disk := s.on(rule)
	f, err := disk.Open(m.path)
	if err != nil {
		return ops.Text{}, refusalOf(disk, err)
	}
	defer f.Close()
	var failed error
	in := bufio.NewReaderSize(reader(func(p []byte) (n int, err error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if n, err = f.Read(p); err != nil && !errors.Is(err, io.EOF) {
			failed = err
		}
		return n, err
	}), 256<<10)
	if rule.Inside != "" {
		head, _ := in.Peek(headBytes) // what there is, if it is shorter
		if !bytes.Contains(head, []byte(rule.Inside)) {
			why = ops.T("%s is not in its first bytes", "%s n’est pas dans ses premiers octets", ops.Name(rule.Inside))
		}
	}
	if check := formats[rule.Format]; check != nil && why.IsZero() {
		why = check(in, m.size)
	}
	switch {
	case failed != nil: // then what the check found means nothing
		return ops.Text{}, fmt.Errorf("reading %s: %w", m.path, failed)
	case ctx.Err() != nil:
		return ops.Text{}, ctx.Err()
	}
	return why, nil
}

type reader func([]byte) (int, error)

func (r reader) Read(p []byte) (int, error) { return r(p) }

// formats check files: each says why one is broken.
var formats = map[Format]func(in *bufio.Reader, size int64) ops.Text{
	PGDump: checkDump, Gzip: checkGzip, RDB: checkRDB, JSON: checkJSON,
}

var cutOff = ops.T("it is cut off", "il est tronqué")

func notA(f Format) ops.Text {
	return ops.T("it does not begin like a %s file", "il ne commence pas comme un fichier %s", string(f))
}

// checkGzip unpacks to nowhere: https://www.rfc-editor.org/rfc/rfc1952 has the check sum and the length at the end.
func checkGzip(in *bufio.Reader, _ int64) ops.Text {
	z, err := gzip.NewReader(in)
	var n int64
	if err == nil {
		n, err = io.Copy(io.Discard, z)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return cutOff
	case errors.Is(err, gzip.ErrHeader) && z == nil:
		return notA(Gzip)
	case errors.Is(err, gzip.ErrHeader):
		return ops.T("something else follows after its end", "autre chose suit après sa fin")
	case err != nil:
		return ops.T("it does not unpack: its check sum is wrong", "il ne se décompresse pas : somme de contrôle fausse")
	case n == 0:
		return ops.T("there is nothing inside", "il n’y a rien dedans")
	}
	return ops.Text{}
}

// jones is the polynomial of Redis' CRC-64, in reversed bit order, as crc64.c has it.
var jones = crc64.MakeTable(0x95ac9329ac4bc9b5)

// An RDB file is "REDIS", four digits, what is in it, 0xFF, and since version 5 the CRC-64 of all before it, or zeros where
// rdbchecksum is off: https://rdb.fnordig.de/file_format.html
const (
	rdbHead = 9
	rdbSum  = 8
	rdbEnd  = 0xff
)

func checkRDB(in *bufio.Reader, size int64) ops.Text {
	head, err := in.Peek(rdbHead)
	version, unnumbered := strconv.Atoi(string(head[min(5, len(head)):]))
	if err != nil || unnumbered != nil || !bytes.HasPrefix(head, []byte("REDIS")) {
		if err != nil && bytes.HasPrefix([]byte("REDIS"), head[:min(len(head), 5)]) {
			return cutOff
		}
		return notA(RDB)
	}
	tail := rdbSum
	if version < 5 {
		tail = 0
	}
	if size < rdbHead+1+int64(tail) {
		return cutOff
	}
	sum, err := sumJones(in, size-int64(tail)-1)
	if err != nil {
		return cutOff
	}
	end := make([]byte, 1+tail)
	if _, err := io.ReadFull(in, end); err != nil || end[0] != rdbEnd {
		return cutOff
	}
	sum = crc(sum, end[:1])
	stored := uint64(0)
	for i, b := range end[1:] {
		stored |= uint64(b) << (8 * i)
	}
	if stored != 0 && stored != sum {
		return ops.T("its check sum is wrong", "sa somme de contrôle est fausse")
	}
	return ops.Text{}
}

// crc goes on with sum. Redis neither begins nor ends with all bits inverted, as Go's package does.
func crc(sum uint64, p []byte) uint64 { return ^crc64.Update(^sum, jones, p) }

func sumJones(in io.Reader, n int64) (sum uint64, err error) {
	buf := make([]byte, 256<<10)
	for n > 0 {
		part := buf[:min(n, int64(len(buf)))]
		if _, err := io.ReadFull(in, part); err != nil {
			return 0, err
		}
		sum, n = crc(sum, part), n-int64(len(part))
	}
	return sum, nil
}

// checkJSON reads one value token by token, so that a large one needs no memory.
func checkJSON(in *bufio.Reader, _ int64) ops.Text {
	d := json.NewDecoder(in)
	d.UseNumber()
	first, last := json.Token(nil), json.Token(nil)
	for n, depth := 0, 0; ; n++ {
		token, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && n > 0 && depth == 0:
			if n == 1 && (first == nil || first == "") || n == 2 && last == closing(first) {
				return ops.T("there is nothing inside", "il n’y a rien dedans")
			}
			return ops.Text{}
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return cutOff
		case err != nil:
			return ops.T("it is no JSON from byte %d on", "ce n’est plus du JSON à partir de l’octet %d", d.InputOffset())
		case n > 0 && depth == 0:
			return ops.T("something else follows after its end", "autre chose suit après sa fin")
		case n == 0:
			first = token
		}
		last = token
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func closing(open json.Token) json.Token {
	return map[json.Token]json.Token{json.Delim('{'): json.Delim('}'), json.Delim('['): json.Delim(']')}[open]
}

// resting is how long a file is left alone after a read that took so long: reading takes at most a twentieth of the time.
func resting(took time.Duration) time.Duration { return 20 * took }
