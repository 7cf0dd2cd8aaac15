package backup

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkScan looks at 500 backups of 20 items: what /backups and each look of the watcher cost.
func BenchmarkScan(b *testing.B) {
	root := b.TempDir()
	for i := range 500 {
		at := time.Now().UTC().AddDate(0, 0, -i).Truncate(time.Second)
		m := Manifest{Version: 1, Token: "t", Started: at}
		dir := filepath.Join(root, at.Format(stampForm))
		if err := os.Mkdir(dir, 0o700); err != nil {
			b.Fatal(err)
		}
		for j := range 20 {
			m.Files = append(m.Files, Saved{Artefact: fmt.Sprint("postgres:db", j), Name: fmt.Sprint("postgres.db", j, ".dump"), Size: 1, SHA256: strings.Repeat("ab", 32), Started: at})
			if err := os.WriteFile(filepath.Join(dir, m.Files[j].Name), []byte("x"), 0o600); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, manifestName), m.body(), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	s := must(New(Options{Stack: "x", Root: root}))
	for b.Loop() {
		if seen := s.scanNow(); len(seen.copies) != 20 || len(seen.copies["postgres:db3"]) != 500 {
			b.Fatal(len(seen.copies))
		}
	}
}

// BenchmarkSum is what reading a copy back costs at least.
func BenchmarkSum(b *testing.B) {
	file := filepath.Join(b.TempDir(), "x")
	if err := os.WriteFile(file, make([]byte, 64<<20), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(64 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := sum(b.Context(), file); err != nil {
			b.Fatal(err)
		}
	}
}
