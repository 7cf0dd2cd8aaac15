package data

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Stats are figures about the store, for metrics.
type Stats struct {
	Entries   int64 // in the journal
	Docs      int64
	Updates   int64 // remembered
	Unhandled int64 // of them
	Bytes     int64 // on disk

	Commits uint64        // since the store was opened
	Writes  uint64        // calls that these served
	Failed  uint64        // commits that did not work
	Busy    time.Duration // spent in commits
	Slowest time.Duration // commit
}

// Stats counts. It reads a few indexes, so it is for every half minute, not for every request.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	stats := s.counters.read()
	err := s.reads.QueryRowContext(ctx, `SELECT (SELECT COALESCE(MAX(seq), 0) FROM head), (SELECT COUNT(*) FROM docs),
		(SELECT COUNT(*) FROM updates), (SELECT COUNT(*) FROM updates WHERE handled = 0)`).
		Scan(&stats.Entries, &stats.Docs, &stats.Updates, &stats.Unhandled)
	if err != nil {
		return stats, fmt.Errorf("counting what is in the store: %w", s.engine.explain(err))
	}
	stats.Unhandled = max(0, stats.Unhandled-int64(s.marks.waiting()))
	stats.Bytes, err = s.Size(ctx)
	return stats, err
}

// Size is how many bytes the store takes on disk.
func (s *Store) Size(ctx context.Context) (int64, error) { return s.engine.size(ctx, s.reads) }

type counters struct {
	mu    sync.Mutex // guards stats
	stats Stats
}

func (c *counters) committed(writes int, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.stats.Failed++
		return
	}
	c.stats.Commits++
	c.stats.Writes += uint64(writes)
	c.stats.Busy += took
	c.stats.Slowest = max(c.stats.Slowest, took)
}

func (c *counters) read() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
