package realtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"vigie/ops"
	"vigie/ops/postgres"
	"vigie/ops/postgres/postgrestest"
)

// BenchmarkRestore restores a database of 0.3 GB, or of BENCH_GB, beside the bare pg_restore, and tells how long the switch-over, the undo
// and a rehearsal take, and how much memory we take for it. It is part of make bench.
func BenchmarkRestore(b *testing.B) {
	gb := 0.3
	if given := os.Getenv("BENCH_GB"); given != "" {
		var err error
		if gb, err = strconv.ParseFloat(given, 64); err != nil {
			b.Fatalf("BENCH_GB: %v", err)
		}
	}
	w := &world{box: newBox(b), db: "n8n", dir: b.TempDir()}
	w.system = postgres.New(w.options())
	w.sql(b, "postgres", `CREATE ROLE n8n_app LOGIN PASSWORD 'app''s own'`)
	w.sql(b, "postgres", `CREATE DATABASE n8n OWNER n8n_app`)
	if err := postgrestest.Fill(b.Context(), func(_ context.Context, sql string) error {
		_, err := w.try("n8n", "SET ROLE n8n_app; "+sql)
		return err
	}, gb); err != nil {
		b.Fatal(err)
	}
	dump := w.dump(b, "n8n-20260101_025500.dump", "-Fc")
	file, err := w.system.Verify(b.Context(), dump)
	if err != nil {
		b.Fatal(err)
	}
	d := w.desk(b)
	for b.Loop() {
		b.StopTimer()
		bare := bare(b, w, dump)
		var top uint64
		ended := make(chan struct{})
		sampled := make(chan struct{})
		go func() { // waited for below
			defer close(sampled)
			for {
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				top = max(top, m.HeapInuse)
				select {
				case <-ended:
					return
				case <-time.After(20 * time.Millisecond):
				}
			}
		}()
		b.StartTimer()
		r := d.must("postgres.restore database=n8n dump=" + file.Name)
		b.StopTimer()
		undone := d.must("vigie.undo run=" + r.ID)
		rehearsed, err := w.system.Rehearse(b.Context(), dump)
		if err != nil {
			b.Fatal(err)
		}
		close(ended)
		<-sampled
		took := func(steps []ops.StepRun, kind string) float64 {
			for _, s := range steps {
				if s.Step.Kind == kind {
					return s.Ended.Sub(s.Began).Seconds()
				}
			}
			b.Fatalf("no step %s", kind)
			return 0
		}
		b.Log(told(r))
		restored := took(r.Steps, "postgres.scratch")
		b.Logf("a database of %s", w.sql(b, "n8n", `SELECT pg_size_pretty(pg_database_size('n8n'))`))
		b.ReportMetric(bare.Seconds(), "s/bare")
		b.ReportMetric(restored, "s/restored")
		b.ReportMetric(restored/bare.Seconds(), "x/bare")
		b.ReportMetric(took(r.Steps, "postgres.swap"), "s/swap")
		b.ReportMetric(undone.Ended.Sub(undone.Began).Seconds(), "s/undo")
		b.ReportMetric(rehearsed.Took.Seconds(), "s/rehearsal")
		b.ReportMetric(float64(top)/1e6, "MB/heap")
		for name := range strings.FieldsSeq(w.sql(b, "postgres", `SELECT datname FROM pg_database WHERE datname LIKE 'n8n!_%' ESCAPE '!'`)) {
			w.sql(b, "postgres", `DROP DATABASE "`+name+`"`)
		}
		b.StartTimer()
	}
}

// bare is how long pg_restore takes by itself, with the options that a careful person gives it.
func bare(b testing.TB, w *world, dump string) time.Duration {
	b.Helper()
	w.sql(b, "postgres", `CREATE DATABASE bare OWNER n8n_app TEMPLATE template0`)
	in, err := os.Open(filepath.Clean(dump))
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close() // read only
	begun := time.Now()
	cmd := exec.Command("docker", "exec", "-i", "-e", "PGPASSWORD="+password, w.name, "pg_restore", "-U", "postgres", "-d", "bare", "--exit-on-error", "--single-transaction")
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	took := time.Since(begun)
	w.sql(b, "postgres", `DROP DATABASE bare`)
	return took
}
