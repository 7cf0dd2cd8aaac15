package runs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"vigie/data/datatest"
	"vigie/data/runs"
)

// BenchmarkStart is how long it takes from Start to the first step.
func BenchmarkStart(b *testing.B) {
	for name, place := range map[string]datatest.Place{"sqlite": datatest.SQLite, "postgres": datatest.Postgres} {
		b.Run(name, func(b *testing.B) {
			d := durable(b, datatest.Open(b, place(b)))
			first := make(chan struct{}, 1)
			if err := d.Launch(context.Background(), func(context.Context, string, int) (bool, error) {
				first <- struct{}{}
				return false, nil
			}); err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				if err := d.Start(context.Background(), fmt.Sprint("r", i), json.RawMessage(`{}`)); err != nil {
					b.Fatal(err)
				}
				<-first
			}
			if err := d.Close(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkLaunch is how long the engine takes to be ready, cold (it makes its tables) and warm, how long
// it takes to stop, and what it adds to the resident memory.
func BenchmarkLaunch(b *testing.B) {
	for name, place := range map[string]datatest.Place{"sqlite": datatest.SQLite, "postgres": datatest.Postgres} {
		b.Run(name, func(b *testing.B) {
			var cold, warm, stop time.Duration
			var memory int64
			for b.Loop() {
				b.StopTimer()
				s := datatest.Open(b, place(b))
				b.StartTimer()
				for _, took := range []*time.Duration{&cold, &warm} {
					before, began := resident(b), time.Now()
					d, err := runs.NewDBOS(context.Background(), s, runs.Options{})
					if err != nil {
						b.Fatal(err)
					}
					if err := d.Launch(context.Background(), func(context.Context, string, int) (bool, error) { return false, nil }); err != nil {
						b.Fatal(err)
					}
					*took += time.Since(began)
					memory += resident(b) - before
					ending := time.Now()
					if err := d.Close(context.Background()); err != nil {
						b.Fatal(err)
					}
					stop += time.Since(ending)
				}
				b.StopTimer()
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			n := float64(b.N)
			b.ReportMetric(float64(cold.Milliseconds())/n, "cold-ms/op")
			b.ReportMetric(float64(warm.Milliseconds())/n, "warm-ms/op")
			b.ReportMetric(float64(stop.Milliseconds())/n/2, "stop-ms/op")
			b.ReportMetric(float64(memory)/n/2/1e6, "MB/op")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func resident(b *testing.B) int64 {
	b.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int64
	if _, err := fmt.Sscan(strings.TrimSpace(string(status)), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
