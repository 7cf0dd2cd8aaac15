package postgres

import (
	"archive/tar"
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// Wherever a tar is cut off but between two members, that is said; what was there is passed on as it was.
func TestTarCutOff(t *testing.T) {
	var whole bytes.Buffer
	w := tar.NewWriter(&whole)
	ends := map[int]bool{0: true}
	for name, size := range map[string]int{"toc.dat": 700, "3025.dat": 512, "empty.dat": 0, "restore.sql": 1} {
		if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(size), Mode: 0o600, Format: tar.FormatUSTAR}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte{'x'}, size)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		ends[whole.Len()] = true
	}
	members := whole.Len()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	whole.WriteString("whatever follows")
	for at := range whole.Len() + 1 {
		want := whole.Bytes()[:at]
		for how, in := range map[string]io.Reader{"at once": bytes.NewReader(want), "in halves": iotest.HalfReader(bytes.NewReader(want)), "byte by byte": iotest.OneByteReader(bytes.NewReader(want))} {
			got, err := io.ReadAll(&tarred{Reader: in})
			if !bytes.Equal(got, want) {
				t.Fatalf("cut off at %d, %s: %d bytes passed", at, how, len(got))
			}
			whole := ends[at] || at >= members+tarBlock
			if (err == nil) != whole || err != nil && !strings.Contains(err.Error(), "cut off") {
				t.Errorf("cut off at %d, %s: %v", at, how, err)
			}
		}
	}
}

func FuzzTar(f *testing.F) {
	f.Add([]byte("toc.dat"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, _ := io.ReadAll(&tarred{Reader: iotest.HalfReader(bytes.NewReader(b))})
		if !bytes.Equal(got, b) {
			t.Errorf("%d bytes became %d", len(b), len(got))
		}
	})
}
