package qdrant

import (
	"context"
	"os"
	"strings"
	"time"
)

// Names of collections that are only there for a while begin with these.
const (
	rehearsing = "vigie_rehearsal_"
	restoring  = "vigie_restore_"
)

// Ours reports whether a collection is one that this package makes for a while: nobody's data.
func Ours(collection string) bool {
	return strings.HasPrefix(collection, rehearsing) || strings.HasPrefix(collection, restoring)
}

// Rehearse loads the snapshot at path into a collection that it makes and drops again, and counts its points. What a rehearsal that ended
// in the middle left goes first.
func (s *System) Rehearse(ctx context.Context, path string) (points int64, took time.Duration, err error) {
	c, err := read(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	all, err := s.Collections(ctx)
	if err != nil {
		return 0, 0, err
	}
	for _, name := range all {
		if strings.HasPrefix(name, rehearsing) {
			if err := s.drop(ctx, name); err != nil {
				return 0, 0, harmless(err)
			}
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, unreadable(path, err)
	}
	defer f.Close()
	begun, name := time.Now(), rehearsing+c.Sum[:8]
	defer func() { // what stays is dropped next time
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askTime)
		defer cancel()
		_ = s.drop(ctx, name)
	}()
	if err := s.load(ctx, name, f); err != nil {
		return 0, 0, err
	}
	if _, err := s.settled(ctx, name); err != nil {
		return 0, 0, err
	}
	points, err = s.count(ctx, name)
	return points, time.Since(begun), err
}
