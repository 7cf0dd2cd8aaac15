package redis

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"maps"
	"os"
	"testing"
	"time"
)

// kinds is what Redis 7.0.15 saved of every type that it has, in its small and its large form.
func kinds(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/kinds.rdb")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestADumpOfEveryTypeIsCounted(t *testing.T) {
	b := kinds(t)
	got, err := walk(t.Context(), bytes.NewReader(b), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if got.Keys != 21 || got.Volatile != 2 || got.Expired != 1 || !maps.Equal(got.DBs, map[int]int64{0: 19, 9: 2}) || got.Functions != 1 {
		t.Errorf("counted %+v", got)
	}
	if got.Format != 10 || got.Version != "7.0.15" || got.Made.Year() < 2024 || got.Memory < 500_000 || !got.Summed || got.Size != int64(len(b)) {
		t.Errorf("it says of itself %+v", got)
	}
}

func TestNoDumpThatIsCutOffIsWhole(t *testing.T) {
	b := kinds(t)
	for n := range b {
		_, err := walk(t.Context(), bytes.NewReader(b[:n]), time.Now())
		want := errCutOff
		if n == 0 {
			want = errNotRDB
		}
		if !errors.Is(err, want) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
}

func TestNoChangedByteGoesUnseen(t *testing.T) {
	b := kinds(t)
	for n := range b {
		for _, with := range []byte{0x01, 0x80, 0xff} {
			bad := bytes.Clone(b)
			bad[n] ^= with
			if _, err := walk(t.Context(), bytes.NewReader(bad), time.Now()); err == nil {
				t.Fatalf("byte %d of %d changed by %#x", n, len(b), with)
			}
		}
	}
}

// sealed is body as a file of that version, with its check sum.
func sealed(version string, body ...byte) []byte {
	b := append([]byte("REDIS"+version), body...)
	b = append(b, opEOF)
	return binary.LittleEndian.AppendUint64(b, crc(0, b))
}

// unsealed is the same without.
func unsealed(version string, body ...byte) []byte {
	return append(append([]byte("REDIS"+version), body...), opEOF, 0, 0, 0, 0, 0, 0, 0, 0)
}

// TestWhatCannotBeReadButIsAsItWasWritten has a notation that is misunderstood here, under a check sum that is right: that is no
// reason to refuse a file that is whole.
func TestWhatCannotBeReadButIsAsItWasWritten(t *testing.T) {
	for name, file := range map[string][]byte{
		"an unknown type": sealed("0011", 23, 1, 'k', 1, 'v'), "lengths that lead nowhere": sealed("0010", 0, 1, 'k', 0x80, 0xff, 0xff, 0xff, 0xff),
	} {
		if got, err := walk(t.Context(), bytes.NewReader(file), time.Now()); err != nil || got.Keys != -1 || !got.Summed {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if _, err := walk(t.Context(), bytes.NewReader(file[:len(file)-1]), time.Now()); err == nil {
			t.Errorf("%s, cut off, is whole", name)
		}
	}
}

func TestWhatIsNoDump(t *testing.T) {
	whole := kinds(t)
	unsummed := append(bytes.Clone(whole[:len(whole)-8]), make([]byte, 8)...)
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"empty":                    {nil, errNotRDB},
		"text":                     {[]byte("hello, this is text"), errNotRDB},
		"short text":               {[]byte("hi"), errNotRDB},
		"gzip":                     {[]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), errNotRDB},
		"no version":               {[]byte("REDISabcd\xff"), errNotRDB},
		"zeros":                    {make([]byte, 4096), errNotRDB},
		"two in one":               {append(bytes.Clone(whole), whole...), errFollows},
		"with commands after it":   {append(bytes.Clone(whole), "*1\r\n$4\r\nPING\r\n"...), errFollows},
		"without a check sum":      {unsummed, nil},
		"no keys":                  {sealed("0010"), nil},
		"too large a length":       {unsealed("0010", 0, 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), errNonsense},
		"a list of less than none": {unsealed("0010", 1, 1, 'k', 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), errNonsense},
		"a type that is not":       {append([]byte("REDIS0010\xc8\x01k\x01v\xff"), make([]byte, 8)...), errNonsense},
		"of the future":            {sealed("0099", 200, 1, 'k', 1, 'v'), nil},
		"of the future, cut off":   {sealed("0099", 200, 1, 'k', 1, 'v', 1, 2, 3, 4, 5, 6, 7, 8, 9)[:20], errCutOff},
		"of long ago":              {[]byte("REDIS0003\xfe\x00\x00\x01k\x01v\xff"), nil},
		"of long ago, cut off":     {[]byte("REDIS0003\xfe\x00\x00\x01k\x01v"), errCutOff},
		"a length of 4 GB, short":  {unsealed("0010", 0, 1, 'k', 0x80, 0xff, 0xff, 0xff, 0xff), errCutOff},
	} {
		if _, err := walk(t.Context(), bytes.NewReader(c.file), time.Now()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTypesThatThisMachineCannotMake has what newer and older servers write, put together by hand from rdb.c.
func TestTypesThatThisMachineCannotMake(t *testing.T) {
	eight := make([]byte, 8)
	join := func(parts ...any) (b []byte) {
		for _, p := range parts {
			switch p := p.(type) {
			case int:
				b = append(b, byte(p))
			case string:
				b = append(append(b, byte(len(p))), p...)
			case []byte:
				b = append(b, p...)
			}
		}
		return b
	}
	for name, body := range map[string][]byte{
		"hash with times":       join(24, "k", eight, 2, 0, "f", "v", 5, "g", "w"),
		"small hash with times": join(25, "k", eight, "listpack"),
		"module value":          join(7, "k", 0x81, eight, 2, 9, 5, "x", 3, []byte{1, 2, 3, 4}, 4, eight, 0),
		"module's own field":    join(247, 0x81, eight, 2, 1, 5, "x", 0, 0, "k", "v"),
		"slot":                  join(244, 1, 2, 3, 0, "k", "v"),
		"idle and frequency":    join(248, 7, 249, 3, 0, "k", "v"),
		"scores in digits":      join(3, "k", 2, "a", 3, []byte("1.5"), "b", 254),
		"old lists":             join(14, "k", 2, "ziplist", "ziplist"),
		"stream of 7.2":         join(21, "k", 1, "0123456789abcdef", "listpack", 1, 1, 1, 1, 1, 0, 0, 1, 1, "g", 1, 1, 1, 1, eight, eight, eight, 1, 1, "c", eight, eight, 1, eight, eight),
		"group of which nobody knows how much it read": join(19, "k", 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, "g", 0, 0, 0x81, bytes.Repeat([]byte{0xff}, 8), 0, 0),
		"stream of 5":             join(15, "k", 0, 0, 0, 0, 0),
		"expiry in seconds":       join(253, []byte{1, 0, 0, 0}, 0, "k", "v"),
		"packed text":             join(0, "k", 0xc3, 5, 9, []byte("12345")),
		"four-byte key length":    join(0, 0x80, []byte{0, 0, 0, 1}, []byte("k"), "v"),
		"fourteen-bit value":      join(0, "k", 0x41, 0, bytes.Repeat([]byte("x"), 256)),
		"number of four bytes":    join(0, "k", 0xc2, []byte{1, 2, 3, 4}),
		"auxiliary, then one key": join(250, "redis-ver", "8.4.0", 250, "ctime", 0xc2, []byte{0, 0, 0, 0x60}, 0, "k", "v"),
	} {
		got, err := walk(t.Context(), bytes.NewReader(sealed("0012", body...)), time.Now())
		if err != nil || got.Keys != 1 {
			t.Errorf("%s: %d keys, %v", name, got.Keys, err)
		}
	}
}

func TestWalkingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := walk(ctx, bytes.NewReader(kinds(t)), time.Now()); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(kinds(f))
	f.Add(sealed("0012", 24, 1, 'k', 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'f', 1, 'v'))
	f.Add(sealed("0099", 200))
	f.Add([]byte("REDIS0003\xfe\x00\x00\x01k\x01v\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := walk(t.Context(), bytes.NewReader(b), time.Now())
		again, err2 := walk(t.Context(), slow{bytes.NewReader(b)}, time.Now())
		if (err == nil) != (err2 == nil) || got.Keys != again.Keys || got.SHA256 != again.SHA256 && err == nil {
			t.Fatalf("read at once %+v, %v; byte by byte %+v, %v", got, err, again, err2)
		}
		if err == nil && got.Size != int64(len(b)) {
			t.Fatalf("%d bytes are whole as %d", len(b), got.Size)
		}
	})
}

// A slow reader gives one byte at a time.
type slow struct{ r *bytes.Reader }

func (s slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), 1)]) }

func BenchmarkWalk(b *testing.B) {
	one := append([]byte{0, 8}, "key12345"...)
	one = append(append(one, 0x44, 0), bytes.Repeat([]byte("x"), 1024)...)
	file := sealed("0010", bytes.Repeat(one, 64<<10)...)
	b.SetBytes(int64(len(file)))
	for b.Loop() {
		if got, err := walk(b.Context(), bytes.NewReader(file), time.Now()); err != nil || got.Keys != 64<<10 {
			b.Fatal(got.Keys, err)
		}
	}
}
